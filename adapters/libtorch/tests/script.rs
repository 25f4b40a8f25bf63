//! TorchScript traced from ONNX files passes the suite that every adapter passes.

#[path = "common/with.rs"]
mod with;

use tare_adapter_conformance::{IgnoreList, Kind, NODE_TESTS, contract, node_cases, zoo};
use with::With;

const SMALL: [&str; 2] = ["mlp:width=64,depth=2", "bert-tiny"];

#[test]
fn the_contract_is_kept() {
    assert_eq!(
        contract(&With(&[("mode", "script")]), Kind::Framework),
        [""; 0]
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
    assert!(report.is_clean(), "{report}");
}
