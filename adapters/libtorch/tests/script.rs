//! TorchScript traced from ONNX files passes the suite that every adapter passes.

#[path = "common/with.rs"]
mod with;

use std::path::Path;

use tare_adapter_conformance::{
    Batching, IgnoreList, Kind, NODE_TESTS, WRITE, batches, contract, node_cases,
    refused_as_listed, zoo,
};
use with::With;

/// Of ONNX 1.19.1; another count is a change of what the adapter can do, to be looked at and written here.
const COUNTS: &str = "node cases: 908 of 1550 tensor cases passed (58.6%), 635 refused (44 for operators), 7 ignored, 0 failed, 0 stale; 65 other";
const REFUSED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/script.refused");
const SMALL: [&str; 2] = ["mlp:width=64,depth=2", "bert-tiny"];

#[test]
fn the_contract_is_kept() {
    assert_eq!(
        contract(&With(&[("mode", "script")]), Kind::Framework),
        [""; 0]
    );
}

#[test]
fn requests_of_several_batches_are_refused_as_a_trace_is_of_one() {
    let batching = batches(&With(&[("mode", "script")]), Kind::Framework);
    assert!(
        matches!(&batching, Ok(Batching::Refused(why)) if why.contains("mode=script")),
        "{batching:?}"
    );
}

#[test]
fn the_zoo_runs_optimised() {
    assert_eq!(zoo(&With(&[("mode", "script")]), &SMALL), [""; 0]);
}

#[test]
fn the_zoo_runs_frozen_only() {
    assert_eq!(
        zoo(&With(&[("mode", "script"), ("optimize", "false")]), &SMALL),
        [""; 0]
    );
}

#[test]
fn the_zoo_runs_as_it_was_traced() {
    assert_eq!(
        zoo(&With(&[("mode", "script"), ("freeze", "false")]), &SMALL),
        [""; 0]
    );
}

#[test]
fn onnx_node_cases_pass_are_refused_by_name_or_are_listed() {
    let ignore: IgnoreList = include_str!("../script.ignore")
        .parse()
        .expect("well formed");
    let folder = std::env::var_os(NODE_TESTS);
    let script = With(&[("mode", "script")]);
    let report = node_cases(&script, folder.as_deref(), &ignore).expect("the folder can be read");
    let Some(report) = report else {
        println!("node cases as TorchScript: not run: {NODE_TESTS} is not set");
        return;
    };
    println!("as TorchScript: {report}");
    refused_as_listed(
        Path::new(REFUSED),
        &report,
        std::env::var_os(WRITE).is_some(),
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.to_string(), COUNTS);
}
