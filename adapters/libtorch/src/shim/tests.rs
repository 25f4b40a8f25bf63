//! The shim against libtorch itself.

use std::fs;

use tch::{Device, Kind};

use tch::Tensor;

use super::*;

fn filled(shape: &[i64], value: f64) -> Tensor {
    Tensor::full(shape, value, (Kind::Float, Device::Cpu))
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.flatten(0, -1)).expect("floats")
}

/// Of `body` on one input of two elements.
fn traced(body: impl Fn(&Tensor) -> Vec<Tensor>) -> Module {
    let input = filled(&[2], 1.0);
    Module::trace(&[&input], || Ok::<_, ShimError>(body(&input))).expect("records")
}

#[test]
fn the_library_says_where_and_what_it_is() {
    assert_eq!(version(), "2.11.0");
    let file = library().expect("a file");
    assert_eq!(file.file_name().expect("a name"), "libtorch_cpu.so");
    assert!(file.is_file(), "{file:?}");
}

#[test]
fn switches_stay_as_they_were_set() {
    let set = Switches {
        mkldnn: false,
        tf32: true,
        cudnn_benchmark: true,
        cudnn_deterministic: false,
    };
    let opposite = Switches {
        mkldnn: true,
        tf32: false,
        cudnn_benchmark: false,
        cudnn_deterministic: true,
    };
    for switches in [set, opposite] {
        switches.apply().expect("sets");
        assert_eq!(Switches::in_force(), switches);
    }
}

#[test]
fn inference_mode_ends_with_its_guard() {
    assert!(!Inference::is_on());
    {
        let guard = Inference::enter();
        assert!(guard.is_some() && Inference::is_on());
        assert!(Inference::enter().is_none(), "it is on already");
        assert!(Inference::is_on());
    }
    assert!(!Inference::is_on());
}

#[test]
fn only_the_outermost_operators_are_recorded_in_order() {
    let (x, weight) = (filled(&[2, 3], 1.0), filled(&[4, 3], 0.5));
    let recorder = Recorder::begin().expect("free");
    let y = x.linear(&weight, None::<&Tensor>).relu();
    let calls = recorder.end().expect("ends");
    let kinds: Vec<&str> = calls.iter().map(|call| call.kind.as_str()).collect();
    assert_eq!(kinds, ["aten::linear", "aten::relu"]);
    assert!(
        calls.iter().all(|call| call.count == 1 && call.time_ns > 0),
        "{calls:?}"
    );
    assert_eq!(numbers(&y), [1.5; 8]);
}

#[test]
fn one_thread_is_recorded_at_a_time_and_a_dropped_recording_ends() {
    let recorder = Recorder::begin().expect("free");
    let refusal = std::thread::spawn(|| Recorder::begin().map(|_| ()))
        .join()
        .expect("no panic");
    assert!(
        refusal
            .expect_err("taken")
            .to_string()
            .contains("one session at a time")
    );
    drop(recorder);
    let recorder = Recorder::begin().expect("free again");
    let _ = filled(&[1], 1.0);
    assert_eq!(recorder.end().expect("ends").len(), 1);
}

#[test]
fn a_trace_computes_what_was_traced_with_its_constants_in_place() {
    let weight = filled(&[2], 3.0);
    let module = traced(|x| vec![x * &weight, weight.shallow_clone()]);
    let outputs = module.run(&[filled(&[2], 2.0)]).expect("runs");
    assert_eq!(numbers(&outputs[0]), [6.0; 2]);
    assert_eq!(outputs[1].data_ptr(), weight.data_ptr(), "a copy was made");
}

#[test]
fn a_tensor_is_traced_where_it_depends_on_the_inputs() {
    let constant = filled(&[2], 3.0);
    assert!(!is_traced(&constant));
    traced(|x| {
        let sum = x + &constant;
        assert!(is_traced(x) && is_traced(&sum) && !is_traced(&constant));
        vec![sum]
    });
}

#[test]
fn a_trace_that_fails_leaves_none_behind() {
    let input = filled(&[2], 1.0);
    let failed = Module::trace(&[&input], || Err(ShimError::new("no")));
    assert_eq!(
        failed.err().map(|error| error.to_string()),
        Some("no".to_owned())
    );
    assert!(!is_traced(&input));
    let panicked = std::panic::catch_unwind(|| traced(|_| panic!("no")).run(&[]));
    assert!(panicked.is_err() && !is_traced(&input));
    let module = traced(|x| vec![x.relu()]);
    assert!(module.run(&[filled(&[2], -1.0)]).is_ok());
}

#[test]
fn preparing_a_module_keeps_what_it_computes() {
    let weight = filled(&[3, 2], 0.5);
    let bias = filled(&[3], 1.0);
    let expected = vec![2.0f32; 3];
    let make = || traced(|x| vec![x.view([1, 2]).linear(&weight, Some(&bias)).relu()]);
    let frozen = make().freeze().expect("freezes");
    let optimized = make()
        .freeze()
        .and_then(Module::optimize)
        .expect("optimises");
    for module in [make(), frozen, optimized] {
        for _ in 0..4 {
            let outputs = module.run(&[filled(&[2], 1.0)]).expect("runs");
            assert_eq!(numbers(&outputs[0]), expected, "{}", module.graph());
        }
    }
}

#[test]
fn a_module_that_was_saved_is_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.pt");
    traced(|x| vec![x + 1.0]).save(&path).expect("writes");
    let module = Module::load(&path, "cpu").expect("reads");
    let outputs = module.run(&[filled(&[2], 1.0)]).expect("runs");
    assert_eq!(numbers(&outputs[0]), [2.0; 2]);
}

#[test]
fn every_tensor_of_a_result_comes_out_in_order() {
    let source = "
def forward(self, x):
    both = [x + 3.0, x + 4.0]
    return x + 1.0, {\"b\": x + 2.0, \"a\": (both, None)}, None
";
    let module = Module::define(&source.replace("(both, None)", "both[0]")).expect("compiles");
    let outputs = module.run(&[filled(&[1], 0.0)]).expect("runs");
    let outputs: Vec<f32> = outputs.iter().flat_map(numbers).collect();
    assert_eq!(outputs, [1.0, 2.0, 3.0]);
    let nested = Module::define("def forward(self, x):\n    return [x + 1.0, x], (x + 2.0, None)")
        .expect("compiles");
    let outputs = nested.run(&[filled(&[1], 0.0)]).expect("runs");
    let outputs: Vec<f32> = outputs.iter().flat_map(numbers).collect();
    assert_eq!(outputs, [1.0, 0.0, 2.0]);
}

#[test]
fn a_result_without_tensors_is_an_error() {
    let module = Module::define("def forward(self, x):\n    return x.size(0)").expect("compiles");
    let error = module.run(&[filled(&[1], 0.0)]).expect_err("an integer");
    assert!(
        error.to_string().contains("returns a Int, not tensors"),
        "{error}"
    );
}

#[test]
fn what_a_module_takes_is_known() {
    let arity = |source| Module::define(source).expect("compiles").arity();
    assert_eq!(
        arity("def forward(self, x, y):\n    return x + y"),
        Ok((2, 2))
    );
    assert_eq!(
        arity("def forward(self, x, y: Optional[Tensor] = None):\n    return x"),
        Ok((1, 2))
    );
    assert_eq!(
        arity("def forward(self, x, n: int = 2):\n    return x + n"),
        Ok((1, 1))
    );
    let error = arity("def forward(self, x, n: int):\n    return x + n").expect_err("an integer");
    assert!(
        error
            .to_string()
            .contains("its input 'n' is a int, not a tensor"),
        "{error}"
    );
}

#[test]
fn writing_to_an_input_or_keeping_it_is_seen() {
    let disturbs = |body: &str| {
        let source = format!(
            "def forward(self, x):\n    {}\n",
            body.replace("; ", "\n    ")
        );
        Module::define(&source).expect("compiles").may_disturb(0)
    };
    assert_eq!(disturbs("return x.relu_()"), Ok(true));
    assert_eq!(disturbs("return x[0].add_(1.0)"), Ok(true));
    assert_eq!(disturbs("return x.relu().add_(1.0)"), Ok(false));
    assert_eq!(
        disturbs("parts = [x]; parts.append(x + 1.0); return torch.cat(parts)"),
        Ok(false)
    );
    assert_eq!(
        disturbs("return self.inner(x)\ndef inner(self, x):\n    return x.add_(1.0)"),
        Ok(true)
    );
    assert!(traced(|x| vec![x.relu()]).may_disturb(1).is_err());
}

#[test]
fn writing_onto_a_constant_is_seen() {
    let own = filled(&[2], 1.0);
    let writes = traced(|x| vec![own.shallow_clone().g_add_(x)]);
    assert_eq!(writes.may_remember(), Ok(true));
    assert_eq!(writes.may_disturb(0), Ok(false));
    let reads = traced(|x| vec![&own + x]);
    assert_eq!(reads.may_remember(), Ok(false));
}

#[test]
fn keeping_an_input_in_an_attribute_is_seen() {
    let module =
        Module::define("def forward(self, x):\n    self.training = x.size(0) > 1\n    return x");
    assert_eq!(module.expect("compiles").may_disturb(0), Ok(true));
}

#[test]
fn an_exception_is_an_error_and_the_next_call_runs() {
    let module = Module::define("def forward(self, x):\n    return x @ x").expect("compiles");
    let error = module.run(&[filled(&[2, 3], 1.0)]).expect_err("shapes");
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
    assert!(
        error
            .to_string()
            .contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
        "{error}"
    );
    assert!(module.run(&[filled(&[2, 2], 1.0)]).is_ok());
}

#[test]
fn files_that_are_no_torchscript_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.pt");
    traced(|x| vec![x + 1.0]).save(&path).expect("writes");
    let whole = fs::read(&path).expect("reads");
    let refusal = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("writes");
        let refusal = Module::load(&path, "cpu").err();
        refusal.expect("refused").to_string()
    };
    assert!(refusal(b"this is no model").ends_with("not a ZIP archive"));
    assert!(refusal(b"").ends_with("not a ZIP archive"));
    for length in [whole.len() / 2, whole.len() - 10] {
        assert!(refusal(&whole[..length]).ends_with("failed finding central directory"));
    }
    fs::remove_file(&path).expect("removes");
    let missing = Module::load(&path, "cpu").err().expect("missing");
    assert!(missing.to_string().contains("No such file"), "{missing}");
    let weights = folder.path().join("weights.pt");
    Tensor::save_multi(&[("w", filled(&[2], 1.0))], &weights).expect("writes");
    let refusal = Module::load(&weights, "cpu").err().expect("no forward");
    assert!(
        refusal.to_string().contains("no method forward"),
        "{refusal}"
    );
}
