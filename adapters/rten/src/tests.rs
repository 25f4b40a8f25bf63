//! The adapter as a whole, against small models made here.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use tare_adapter_api::{
    Adapter, AdapterError, DataType, Device, LoadRequest, Options, OutputSpec, Precision, Session,
    Tensor, TensorSpec,
};
use tare_models::Dim;
use tare_models::build::{Builder, Init, Weights, write};
use tare_models::proto::{ModelProto, StringStringEntryProto, type_proto};

use crate::Rten;
use crate::capture::capture_stdout;

/// Set in the process that runs one test alone, with standard output left as it is.
const ALONE: &str = "TARE_TEST_ALONE";

/// An input and an output of each type: products of `x` [batch, 4], and `i + 1`, `not b`, `d + d`, each [batch].
fn model() -> ModelProto {
    let mut graph = Builder::new("types", Weights::Seeded(3));
    let rows = Dim::Symbol("batch".to_owned());
    let batch = std::slice::from_ref(&rows);
    let x = graph.input("x", DataType::F32, &[rows.clone(), Dim::Fixed(4)]);
    let i = graph.input("i", DataType::I64, batch);
    let b = graph.input("b", DataType::Bool, batch);
    let d = graph.input("d", DataType::F64, batch);
    let weight = graph.weight("weight", &[4, 4], Init::fan_in(4, 1.0));
    let product = graph.op("MatMul", &[&x, &weight]);
    let product = graph.op("MatMul", &[&product, &weight]);
    let sum = graph.op("Add", &[&product, &product]);
    let one = graph.index(1);
    let next = graph.op("Add", &[&i, &one]);
    let not = graph.op("Not", &[&b]);
    let twice = graph.op("Add", &[&d, &d]);
    graph.output("product", &sum, &[rows.clone(), Dim::Fixed(4)]);
    for (name, value) in [("next", &next), ("not", &not), ("twice", &twice)] {
        graph.output(name, value, batch);
    }
    let mut model = graph.finish();
    for (output, dtype) in model
        .graph
        .as_mut()
        .expect("a graph")
        .output
        .iter_mut()
        .zip(TYPES)
    {
        if let Some(type_proto::Value::TensorType(tensor)) = output
            .r#type
            .as_mut()
            .and_then(|r#type| r#type.value.as_mut())
        {
            tensor.elem_type = Some(dtype.to_onnx());
        }
    }
    model
}

const TYPES: [DataType; 4] = [DataType::F32, DataType::I64, DataType::Bool, DataType::F64];

fn request(path: &Path, threads: usize) -> LoadRequest {
    let spec = |(name, dtype, shape): (&str, DataType, &[usize])| TensorSpec {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
    };
    let inputs: [(&str, DataType, &[usize]); 4] = [
        ("x", DataType::F32, &[2, 4]),
        ("i", DataType::I64, &[2]),
        ("b", DataType::Bool, &[2]),
        ("d", DataType::F64, &[2]),
    ];
    let outputs = ["product", "next", "not", "twice"]
        .iter()
        .zip(TYPES)
        .map(|(name, dtype)| OutputSpec {
            name: (*name).to_owned(),
            dtype,
        })
        .collect();
    LoadRequest {
        threads: NonZeroUsize::new(threads).expect("not zero"),
        ..LoadRequest::new(path.to_owned(), inputs.map(spec).to_vec(), outputs)
    }
}

fn inputs(i: i64) -> Vec<Tensor> {
    vec![
        Tensor::from_values(vec![2, 4], vec![0.5f32; 8]).expect("fits"),
        Tensor::from_values(vec![2], vec![i, -3]).expect("fits"),
        Tensor::from_bools(vec![2], &[true, false]).expect("fits"),
        Tensor::from_values(vec![2], vec![0.25f64, -1.5]).expect("fits"),
    ]
}

fn with_session<R>(body: impl FnOnce(&mut dyn Session) -> R) -> R {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    write(&model(), &path).expect("written");
    let loaded = Rten.load(&request(&path, 1)).expect("loads");
    let mut session = loaded.session().expect("a session");
    body(session.as_mut())
}

fn run(session: &mut dyn Session, inputs: &[Tensor]) -> Result<Vec<Tensor>, AdapterError> {
    session.run(inputs).and_then(|()| session.outputs())
}

fn refusal(change: impl FnOnce(&mut LoadRequest)) -> AdapterError {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    write(&model(), &path).expect("written");
    let mut request = request(&path, 1);
    change(&mut request);
    Rten.load(&request).map(|_| ()).expect_err("refused")
}

#[test]
fn types_that_rten_lacks_are_converted_there_and_back() {
    let outputs = with_session(|session| run(session, &inputs(41))).expect("runs");
    let [product, next, not, twice] = outputs.as_slice() else {
        panic!("{} outputs", outputs.len());
    };
    assert_eq!(product.dtype(), DataType::F32);
    assert_eq!(
        next,
        &Tensor::from_values(vec![2], vec![42i64, -2]).expect("fits")
    );
    assert_eq!(
        not,
        &Tensor::from_bools(vec![2], &[false, true]).expect("fits")
    );
    assert_eq!(
        twice,
        &Tensor::from_values(vec![2], vec![0.5f64, -3.0]).expect("fits")
    );
}

#[test]
fn an_integer_beyond_32_bits_fails_the_request_and_leaves_no_outputs() {
    with_session(|session| {
        assert!(run(session, &inputs(1)).is_ok());
        let error = run(session, &inputs(1 << 31)).expect_err("too large");
        assert_eq!(
            error.to_string(),
            "the request failed: input 'i' holds 2147483648, but rten has 32-bit integers only: keep its values within ±2147483647"
        );
        assert!(session.outputs().is_err());
        assert!(run(session, &inputs(i64::from(i32::MIN))).is_ok());
    });
}

#[test]
fn misaligned_inputs_give_the_same_outputs() {
    let mut misaligned = inputs(1);
    for tensor in &mut misaligned {
        let mut bytes = vec![0u8; 1];
        bytes.extend_from_slice(tensor.bytes());
        let odd = Bytes::from(bytes).slice(1..);
        *tensor = Tensor::from_bytes(tensor.dtype(), tensor.shape().to_vec(), odd).expect("fits");
    }
    let (aligned, copied) =
        with_session(|session| (run(session, &inputs(1)), run(session, &misaligned)));
    assert_eq!(aligned, copied);
}

#[test]
fn the_body_runs_on_the_thread_that_executes() {
    with_session(|session| {
        let caller = std::thread::current().id();
        let mut names = Vec::new();
        session.enter(&mut |session| {
            assert_ne!(std::thread::current().id(), caller);
            names.push(std::thread::current().name().map(str::to_owned));
            session.run(&inputs(1)).expect("runs");
        });
        assert_eq!(names, [Some("rten-0".to_owned())]);
    });
}

#[test]
fn what_the_cell_asks_and_rten_cannot_do_is_refused_by_name() {
    let message = |change: fn(&mut LoadRequest)| refusal(change).to_string();
    assert_eq!(
        message(|request| request.device = Device::Cuda(1)),
        "rten executes on the cpu, not on cuda:1: ask for --device cpu"
    );
    assert_eq!(
        message(|request| request.precision = Some(Precision::Fp16)),
        "rten executes in the file's fp32, not in fp16: leave --precision out"
    );
    assert_eq!(
        message(|request| request.outputs[0].dtype = DataType::F16),
        "rten has no f16, which output 'product' needs: use f32, f64, i64, i32, i8, u8 or bool"
    );
}

#[test]
fn a_shape_that_the_file_rules_out_is_refused_at_load() {
    let wrong = refusal(|request| request.inputs[0].shape = vec![2, 5]).to_string();
    assert!(
        wrong.starts_with("cannot load the model: input 'x' was asked for with shape [2, 5]"),
        "{wrong}"
    );
    let rank = refusal(|request| request.inputs[1].shape = vec![2, 1]).to_string();
    assert!(
        rank.contains("input 'i' was asked for with shape [2, 1]"),
        "{rank}"
    );
}

#[test]
fn an_operator_that_rten_lacks_is_named_before_and_at_loading() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    let mut lacking = model();
    let nodes = &mut lacking.graph.as_mut().expect("a graph").node;
    let known = nodes[0].op_type.replace("NoSuchOperator".to_owned());
    write(&lacking, &path).expect("written");
    let request = request(&path, 1);
    let named = "rten lacks operator NoSuchOperator (domain ai.onnx, opset 17)";
    let refusal = Rten.accepts(&request).expect_err("lacks");
    assert_eq!(refusal.to_string(), named);
    let refusal = Rten.load(&request).map(|_| ()).expect_err("lacks");
    assert_eq!(refusal.to_string(), named);
    lacking.graph.as_mut().expect("a graph").node[0].op_type = known;
    write(&lacking, &path).expect("written");
    assert_eq!(Rten.accepts(&request), Ok(()));
}

#[test]
fn a_file_of_another_name_is_read_and_data_beside_it_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("weights-and-all");
    write(&model(), &path).expect("written");
    assert!(Rten.load(&request(&path, 1)).is_ok());
    let mut external = model();
    let tensor = &mut external.graph.as_mut().expect("a graph").initializer[0];
    let data = tensor.raw_data.take().expect("raw");
    std::fs::write(folder.path().join("weights.data"), &data).expect("written");
    tensor.data_location = Some(1);
    tensor.external_data = [
        ("location", "weights.data".to_owned()),
        ("offset", "0".to_owned()),
        ("length", data.len().to_string()),
    ]
    .map(|(key, value)| StringStringEntryProto {
        key: Some(key.to_owned()),
        value: Some(value),
    })
    .to_vec();
    write(&external, &path).expect("written");
    let error = Rten
        .load(&request(&path, 1))
        .map(|_| ())
        .expect_err("refused")
        .to_string();
    assert!(
        error.ends_with("beside a model whose name ends in .onnx: rename it"),
        "{error}"
    );
    let named = folder.path().join("model.onnx");
    write(&external, &named).expect("written");
    assert!(Rten.load(&request(&named, 1)).is_ok());
}

#[test]
fn options_change_how_and_not_what() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    write(&model(), &path).expect("written");
    let outputs =
        [("true", "true"), ("false", "true"), ("true", "false")].map(|(prepack, optimize)| {
            let mut request = request(&path, 2);
            request.options = Options::from([
                ("prepack".to_owned(), prepack.to_owned()),
                ("optimize".to_owned(), optimize.to_owned()),
            ]);
            let loaded = Rten.load(&request).expect("loads");
            assert_eq!(loaded.runtime().options, request.options);
            let mut session = loaded.session().expect("a session");
            run(session.as_mut(), &inputs(1)).expect("runs")
        });
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(outputs[0], outputs[2]);
}

/// Runs the test of this name in a process of its own, where nothing catches what is printed.
fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        body();
        return;
    }
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ALONE, "1")
        .output()
        .expect("runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{stdout}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        stdout.contains("before\n") && stdout.contains("after\n"),
        "{stdout}"
    );
    assert!(
        !stdout.contains("evaluated") && !stdout.contains("caught"),
        "{stdout}"
    );
}

#[test]
fn a_profile_has_every_operator_and_leaves_standard_output_as_it_was() {
    alone(
        "tests::a_profile_has_every_operator_and_leaves_standard_output_as_it_was",
        || {
            println!("before");
            let profiles = with_session(|session| {
                session.start_profile()?;
                session.run(&inputs(1))?;
                session.run(&inputs(2))?;
                session.end_profile()
            })
            .expect("a profile");
            println!("after");
            assert_eq!(profiles.len(), 2);
            let rows = &profiles[1];
            let counts: Vec<(&str, u64)> = rows
                .iter()
                .map(|time| (time.kind.as_str(), time.count))
                .collect();
            let adds = [("Add", 1); 3];
            assert_eq!(counts, [&adds[..], &[("MatMul", 2), ("Not", 1)]].concat());
            assert!(rows.iter().all(|time| time.time_ns > 0), "{rows:?}");
            assert!(rows.iter().all(|time| time.name.is_some()), "{rows:?}");
        },
    );
}

#[test]
fn standard_output_comes_back_after_a_panic() {
    alone("tests::standard_output_comes_back_after_a_panic", || {
        println!("before");
        let outcome = std::panic::catch_unwind(|| {
            capture_stdout(|| {
                println!("caught");
                std::panic::resume_unwind(Box::new(1));
            })
        });
        assert!(outcome.is_err());
        println!("after");
        let (text, number) = capture_stdout(|| {
            print!("caught again");
            7
        })
        .expect("captured");
        assert_eq!((text.as_str(), number), ("caught again", 7));
    });
}

#[test]
fn a_profile_of_inputs_that_do_not_fit_is_the_requests_error() {
    alone(
        "tests::a_profile_of_inputs_that_do_not_fit_is_the_requests_error",
        || {
            println!("before");
            let error = with_session(|session| {
                session.start_profile()?;
                session.run(&[])
            })
            .expect_err("no inputs");
            println!("after");
            assert_eq!(
                error.to_string(),
                "the request failed: the model takes 4 inputs but 0 were given"
            );
        },
    );
}
