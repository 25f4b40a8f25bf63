//! TorchScript traced from ONNX files passes the suite that every adapter passes.

#[path = "common/with.rs"]
mod with;

use tare_adapter_conformance::{Kind, contract, zoo};
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
