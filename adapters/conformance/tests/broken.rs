//! The suite finds what is broken: adapters that do less than they should do not pass.

use std::path::Path;

use tare_adapter_conformance::{IgnoreList, Kind, contract, node_cases, zoo};
use tare_adapter_fake::Fake;
use tare_adapter_null::Null;
use tare_models::DataType;
use tare_models::Dim;
use tare_models::build::{Builder, Weights, write};
use tare_models::proto::TensorProto;

/// The promises among lines `adapter: promise: how it is broken`.
fn promises(broken: &[String]) -> Vec<&str> {
    broken
        .iter()
        .filter_map(|line| line.split(": ").nth(1))
        .collect()
}

#[test]
fn an_adapter_that_does_nothing_breaks_every_promise_of_one_that_executes() {
    assert_eq!(
        promises(&contract(&Null, Kind::Framework)),
        [
            "outputs before the first request are an error",
            "inputs that do not fit are an error, and the next request runs",
            "another input gives another output, the same input the same",
            "the outputs are right",
            "a model that is missing or no model is an error",
            "a device that is not here is refused by name",
            "an input that the model lacks or needs is refused",
        ]
    );
}

#[test]
fn an_adapter_that_makes_up_its_outputs_is_found_out() {
    let broken = contract(&Fake::real(), Kind::Framework);
    assert_eq!(
        promises(&broken),
        [
            "the outputs are right",
            "a model that is missing or no model is an error",
            "a device that is not here is refused by name",
            "an input that the model lacks or needs is refused",
        ]
    );
}

#[test]
fn the_zoo_needs_outputs_that_depend_on_inputs() {
    assert_eq!(zoo(&Fake::real(), &[]), [""; 0]);
    let broken = zoo(&Null, &["mlp:width=16,depth=1"]);
    assert_eq!(
        broken.last().map(String::as_str),
        Some("null: mlp:width=16,depth=1: an output is missing or not finite")
    );
    assert!(broken.len() > 1);
}

/// A case in ONNX's layout, `y = x + x`, whose expected output is as given.
fn case(folder: &Path, expected: [f32; 2]) {
    let data = folder.join("test_data_set_0");
    std::fs::create_dir_all(&data).expect("a folder");
    let mut graph = Builder::new("case", Weights::Absent);
    let x = graph.input("x", DataType::F32, &[Dim::Fixed(2)]);
    let y = graph.op("Add", &[&x, &x]);
    graph.output("y", &y, &[Dim::Fixed(2)]);
    write(&graph.finish(), &folder.join("model.onnx")).expect("written");
    for (file, values) in [("input_0.pb", [1.0, 2.0]), ("output_0.pb", expected)] {
        let tensor = TensorProto {
            dims: vec![2],
            data_type: Some(DataType::F32.to_onnx()),
            float_data: values.to_vec(),
            ..TensorProto::default()
        };
        let bytes = prost::Message::encode_to_vec(&tensor);
        std::fs::write(data.join(file), bytes).expect("written");
    }
}

#[test]
fn wrong_outputs_fail_unless_they_are_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    case(&folder.path().join("node/test_double"), [2.0, 4.0]);
    std::fs::create_dir(folder.path().join("node/test_empty")).expect("a folder");
    let run = |list: &str| {
        let ignore: IgnoreList = list.parse().expect("well formed");
        let report = node_cases(&Fake::real(), Some(folder.path().as_os_str()), &ignore);
        report.expect("readable").expect("given").to_string()
    };
    let first = run("");
    assert!(
        first.starts_with("node cases: 0 of 2 tensor cases passed (0.0%), 1 refused (0 for operators), 0 ignored, 1 failed, 0 stale; 0 other\n  failed test_double: output 0: "),
        "{first}"
    );
    assert_eq!(
        run("test_double: it does not compute"),
        "node cases: 0 of 2 tensor cases passed (0.0%), 1 refused (0 for operators), 1 ignored, 0 failed, 0 stale; 0 other"
    );
    assert!(run("test_gone: once there").contains("stale test_gone: no such case"));
}

#[test]
fn without_the_data_the_node_cases_do_not_run() {
    let report = node_cases(&Fake::real(), None, &IgnoreList::default());
    assert_eq!(report.expect("nothing to read"), None);
}
