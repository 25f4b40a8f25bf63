//! `tare worker`, hidden: the fresh process that does one repeat.

use tare_adapter_api::Adapter;
use tare_adapter_registry::{Home, find};
use tare_harness::WorkerProgram;

use crate::exit::{Exit, Failed};

/// Serves one request of the parent.
///
/// # Errors
/// Where the parent is gone.
pub fn run() -> Result<Exit, Failed> {
    match tare_harness::worker::serve(&linked) {
        Ok(true) => Ok(Exit::Done),
        Ok(false) => Ok(Exit::CellFailed),
        Err(error) => Err(Failed::told(format!("the worker lost its parent: {error}"))),
    }
}

/// The adapter of this name, where it is linked into this program.
pub fn linked(name: &str) -> Option<&'static dyn Adapter> {
    match find(name).ok()?.home {
        Home::Linked(adapter) => Some(adapter),
        Home::Worker(_) | Home::NotBuilt(_) => None,
    }
}

/// This program as its own worker.
///
/// # Errors
/// Where the path of this program cannot be found out.
pub fn program() -> Result<WorkerProgram, Failed> {
    let path = std::env::current_exe()
        .map_err(|error| Failed::told(format!("cannot find this program's own file: {error}")))?;
    Ok(WorkerProgram {
        path,
        arguments: vec!["worker".into()],
        environment: Vec::new(),
    })
}
