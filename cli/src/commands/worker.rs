//! `tare worker`, hidden: the fresh process that does one repeat; and which program is whose worker.

use std::path::PathBuf;

use tare_adapter_api::{Adapter, AdapterSpec, Options};
use tare_adapter_registry::{ADAPTERS, Home, REFERENCES, find};
use tare_clock::MonotonicClock;
use tare_harness::{Absent, WorkerDesk, WorkerProgram};

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
fn linked(name: &str) -> Option<&'static dyn Adapter> {
    match find(name).ok()?.home {
        Home::Linked(adapter) => Some(adapter),
        Home::Worker { .. } | Home::NotBuilt(_) => None,
    }
}

/// This program as its own worker.
///
/// # Errors
/// Where the path of this program cannot be found out.
pub fn program() -> Result<WorkerProgram, Failed> {
    Ok(program_at(this_program()?, Vec::new()))
}

/// The `tare` at `path` as its own worker, with these variables in its environment.
pub fn program_at(path: PathBuf, environment: Vec<(String, String)>) -> WorkerProgram {
    WorkerProgram {
        path,
        arguments: vec!["worker".into()],
        environment,
        ..WorkerProgram::default()
    }
}

/// Runs `ask` with a desk over every adapter of the registry.
///
/// # Errors
/// Those of `ask`, and where the path of this program cannot be found out.
pub fn with_desk<T>(
    ask: impl FnOnce(&WorkerDesk<'_, MonotonicClock>) -> Result<T, Failed>,
) -> Result<T, Failed> {
    with_desk_of(&program()?, ask)
}

/// The same where `tare`, another build of `tare` as its own worker, stands for this program.
///
/// # Errors
/// Those of `ask`.
pub fn with_desk_of<T>(
    tare: &WorkerProgram,
    ask: impl FnOnce(&WorkerDesk<'_, MonotonicClock>) -> Result<T, Failed>,
) -> Result<T, Failed> {
    let shown = ADAPTERS.iter().filter(|entry| !entry.hidden);
    let references = REFERENCES.iter().map(|name| AdapterSpec {
        name: (*name).to_owned(),
        version: None,
        options: Options::new(),
    });
    let programs = |name: &str| program_of(name, tare);
    ask(&WorkerDesk::new(
        shown.map(|entry| entry.name).collect(),
        references.collect(),
        &programs,
        MonotonicClock,
    ))
}

fn program_of(name: &str, tare: &WorkerProgram) -> Result<WorkerProgram, Absent> {
    let entry = find(name).map_err(|error| Absent::Unknown(error.to_string()))?;
    match entry.home {
        Home::Linked(_) => Ok(tare.clone()),
        Home::NotBuilt(remedy) => Err(Absent::Unavailable {
            reason: "it is not built into this program".to_owned(),
            remedy: remedy.to_owned(),
        }),
        Home::Worker { program, remedy } => {
            let path = tare.path.with_file_name(program);
            match path.is_file() {
                true => Ok(WorkerProgram {
                    path,
                    arguments: Vec::new(),
                    environment: tare.environment.clone(),
                    ..WorkerProgram::default()
                }),
                false => Err(Absent::Unavailable {
                    reason: format!("its worker program {} is not there", path.display()),
                    remedy: remedy.to_owned(),
                }),
            }
        }
    }
}

/// The file of this program.
///
/// # Errors
/// Where the operating system does not tell it.
pub fn this_program() -> Result<PathBuf, Failed> {
    std::env::current_exe()
        .map_err(|error| Failed::told(format!("cannot find this program's own file: {error}")))
}
