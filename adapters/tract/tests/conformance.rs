//! tract passes the suite that every adapter passes.

use std::path::Path;

use tare_adapter_conformance::{
    Batching, IgnoreList, Kind, NODE_TESTS, WRITE, batches, contract, node_cases,
    refused_as_listed, zoo,
};
use tare_adapter_tract::Tract;

/// Of ONNX 1.19.1; another count is a change of what tract can do, to be looked at and written here.
const COUNTS: &str = "node cases: 967 of 1550 tensor cases passed (62.4%), 576 refused (153 for operators), 7 ignored, 0 failed, 0 stale; 65 other";
const REFUSED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance.refused");

#[test]
fn the_contract_is_kept() {
    assert_eq!(contract(&Tract, Kind::Framework), [""; 0]);
}

#[test]
fn requests_of_several_batches_are_taken() {
    assert_eq!(batches(&Tract, Kind::Framework), Ok(Batching::Taken));
}

#[test]
fn the_zoo_runs() {
    let small = ["mlp:width=64,depth=2", "bert-tiny"];
    assert_eq!(zoo(&Tract, &small), [""; 0]);
}

#[test]
fn onnx_node_cases_pass_are_refused_by_name_or_are_listed() {
    let ignore: IgnoreList = include_str!("../conformance.ignore")
        .parse()
        .expect("well formed");
    let folder = std::env::var_os(NODE_TESTS);
    let report = node_cases(&Tract, folder.as_deref(), &ignore).expect("the folder can be read");
    let Some(report) = report else {
        println!("node cases: not run: {NODE_TESTS} is not set");
        return;
    };
    println!("{report}");
    refused_as_listed(
        Path::new(REFUSED),
        &report,
        std::env::var_os(WRITE).is_some(),
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.to_string(), COUNTS);
}
