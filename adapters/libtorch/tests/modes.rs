//! Both modes compute the same, and the profile shows each call that is said to be dispatched.

mod common;

use common::{Zoo, zoo};
use tare_adapter_api::{
    Adapter, DataType, LoadRequest, Loaded, RequestProfile, Tensor, TensorSpec,
};
use tare_adapter_libtorch::Libtorch;
use tare_models::Dim;
use tare_models::build::{Builder, Weights, write};
use tare_models::zoo::Form;

const TWIN: Form = Form::Hollow { rung: 16 };

fn load(zoo: &Zoo, options: &[(&str, &str)]) -> Box<dyn Loaded> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let request = LoadRequest {
        options: options.iter().map(owned).collect(),
        ..zoo.request.clone()
    };
    Libtorch.load(&request).expect("loads")
}

/// Of the third request, when TorchScript has compiled for the first two.
fn outputs(zoo: &Zoo, options: &[(&str, &str)]) -> Vec<Tensor> {
    let loaded = load(zoo, options);
    let mut session = loaded.session().expect("a session");
    for index in [0, 1, 2] {
        session.run(&zoo.inputs.generate(index)).expect("runs");
    }
    session.outputs().expect("outputs")
}

/// The largest one, relative to the magnitude where that is above one.
fn difference(ours: &Tensor, reference: &Tensor) -> f32 {
    assert_eq!(ours.shape(), reference.shape());
    let (ours, reference) = (ours.values::<f32>(), reference.values::<f32>());
    let (ours, reference) = (ours.expect("f32"), reference.expect("f32"));
    let pairs = ours.iter().zip(reference.iter());
    pairs
        .map(|(a, b)| (a - b).abs() / b.abs().max(1.0))
        .fold(0.0, f32::max)
}

fn profiled(zoo: &Zoo, options: &[(&str, &str)], requests: usize) -> Vec<RequestProfile> {
    let loaded = load(zoo, options);
    let mut session = loaded.session().expect("a session");
    let inputs = zoo.inputs.generate(0);
    for _ in 0..3 {
        session.run(&inputs).expect("runs");
    }
    session.start_profile().expect("offered");
    for _ in 0..requests {
        session.run(&inputs).expect("runs");
    }
    session.end_profile().expect("a profile")
}

fn samples() -> Vec<Zoo> {
    vec![
        zoo("bert-tiny", Form::Full, &[("seq", 12), ("batch", 2)]),
        zoo("mlp:width=64,depth=2", Form::Full, &[]),
        zoo("gpt2:layers=2,vocab=500", Form::Full, &[("seq", 9)]),
        zoo("resnet-18", TWIN, &[]),
        zoo("vit-b-32", TWIN, &[]),
        zoo("mobilebert", TWIN, &[]),
    ]
}

#[test]
fn script_gives_what_eager_gives_however_it_is_prepared() {
    for zoo in samples() {
        let eager = outputs(&zoo, &[]);
        for preparation in [
            ("optimize", "true"),
            ("optimize", "false"),
            ("freeze", "false"),
        ] {
            let script = outputs(&zoo, &[("mode", "script"), preparation]);
            assert_eq!(eager.len(), script.len());
            for (script, eager) in script.iter().zip(&eager) {
                let difference = difference(script, eager);
                let inputs = &zoo.request.inputs;
                assert!(
                    difference < 1e-4,
                    "{preparation:?} of {inputs:?}: {difference}"
                );
            }
        }
    }
}

#[test]
fn modes_of_execution_do_not_change_the_outputs() {
    let zoo = zoo("resnet-18", TWIN, &[]);
    let usual = outputs(&zoo, &[]);
    for option in [("inference_mode", "false"), ("mkldnn", "false")] {
        let other = outputs(&zoo, &[option]);
        assert!(difference(&other[0], &usual[0]) < 1e-4, "{option:?}");
    }
}

#[test]
fn every_dispatched_call_is_in_the_profile_once() {
    for zoo in samples() {
        let loaded = load(&zoo, &[]);
        let inputs = zoo.inputs.generate(0);
        let mut session = loaded.session().expect("a session");
        session.run(&inputs).expect("runs");
        session.start_profile().expect("offered");
        session.run(&inputs).expect("runs");
        let profile = session.end_profile().expect("a profile").remove(0);
        assert!(profile.iter().all(|call| call.count == 1));
        let calls = loaded.runtime().dispatched_calls;
        assert_eq!(
            Some(profile.len() as u64),
            calls,
            "{:?}",
            zoo.request.inputs
        );
    }
}

#[test]
fn libtorch_walks_a_module_by_itself() {
    let zoo = zoo("mlp:width=64,depth=2", Form::Full, &[]);
    let loaded = load(&zoo, &[("mode", "script")]);
    assert_eq!(loaded.runtime().dispatched_calls, None);
}

#[test]
fn a_profile_takes_no_longer_than_its_requests() {
    let zoo = zoo("bert-tiny", Form::Full, &[("seq", 64)]);
    for mode in ["eager", "script"] {
        let start = times();
        let profiles = profiled(&zoo, &[("mode", mode)], 20);
        let spent = times() - start;
        let summed: u64 = profiles.iter().flatten().map(|call| call.time_ns).sum();
        assert_eq!(profiles.len(), 20);
        assert!(
            summed > 0 && summed < spent,
            "{mode}: {summed} of {spent} ns"
        );
    }
}

#[test]
fn kernels_of_onednn_run_only_where_they_are_wanted() {
    let zoo = zoo("resnet-18", TWIN, &[]);
    for (wanted, runs) in [("true", true), ("false", false)] {
        let profile = profiled(&zoo, &[("mode", "script"), ("mkldnn", wanted)], 1);
        let mut kinds = profile[0].iter().map(|call| call.kind.as_str());
        let found = kinds.find(|kind| kind.contains("mkldnn"));
        assert_eq!(found.is_some(), runs, "mkldnn={wanted}: {found:?}");
    }
}

/// Nanoseconds since this machine started, from the kernel.
fn times() -> u64 {
    let uptime = std::fs::read_to_string("/proc/uptime").expect("Linux");
    let seconds: f64 = uptime
        .split(' ')
        .next()
        .and_then(|text| text.parse().ok())
        .expect("seconds");
    (seconds * 1e9) as u64
}

#[test]
fn a_request_that_fails_says_why_in_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    let mut graph = Builder::new("pick", Weights::Absent);
    let x = graph.input("x", DataType::F32, &[Dim::Fixed(3)]);
    let at = graph.input("at", DataType::I64, &[Dim::Fixed(1)]);
    let picked = graph.op("Gather", &[&x, &at]);
    graph.output("y", &picked, &[Dim::Fixed(1)]);
    write(&graph.finish(), &path).expect("written");
    let inputs = |at| {
        let x = Tensor::from_values(vec![3], vec![1.0f32, 2.0, 3.0]);
        let at = Tensor::from_values(vec![1], vec![at]);
        [x.expect("fits"), at.expect("fits")]
    };
    let specs = ["x", "at"]
        .iter()
        .zip(inputs(0i64))
        .map(|(name, tensor)| TensorSpec {
            name: (*name).to_owned(),
            dtype: tensor.dtype(),
            shape: tensor.shape().to_vec(),
        });
    let mut request = LoadRequest::new(path, specs.collect(), Vec::new());
    for mode in ["eager", "script"] {
        request.options.insert("mode".to_owned(), mode.to_owned());
        let loaded = Libtorch.load(&request).expect("loads");
        let mut session = loaded.session().expect("a session");
        let error = session
            .run(&inputs(7))
            .expect_err("no such element")
            .to_string();
        assert!(error.contains("out of "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(session.outputs().is_err());
        assert_eq!(session.run(&inputs(1)), Ok(()));
    }
}
