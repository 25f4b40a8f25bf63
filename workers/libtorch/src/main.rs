//! The worker that links libtorch: `tare` starts it afresh for each repeat and speaks to it through its pipes.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use tare_adapter_api::Adapter;
use tare_adapter_libtorch::Libtorch;

/// The parent is gone, or spoke something else.
const BAD_INPUT: u8 = 2;
/// The repeat failed.
const CELL_FAILED: u8 = 4;

fn main() -> ExitCode {
    match tare_harness::worker::serve(&linked) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(CELL_FAILED),
        Err(error) => {
            eprintln!("error: the worker lost its parent: {error}");
            ExitCode::from(BAD_INPUT)
        }
    }
}

fn linked(name: &str) -> Option<&'static dyn Adapter> {
    (Libtorch.name() == name).then_some(&Libtorch)
}
