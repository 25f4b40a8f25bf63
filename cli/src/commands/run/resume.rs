//! Going on with a run that was stopped: only with the same machine, the same program and the same models.

use std::path::Path;

use tare_harness::plan::replan;
use tare_results::Run;
use tare_results::store::{Resumed, Store};

use super::super::short;
use super::super::show::warn_of_torn;
use super::settings::check_limits;
use super::tuning::Held;
use super::{Ready, binary_sha256, surroundings, worker};
use crate::arguments::RunOptions;
use crate::exit::Failed;

/// The run as it was planned, with what is done of it.
///
/// # Errors
/// Where there is no such run, someone else is writing it, or something that would change its numbers has changed.
pub fn resume(
    store: &Store,
    spec: &str,
    options: &RunOptions,
    held: &mut Held,
) -> Result<Ready, Failed> {
    check_limits(options)?;
    let Resumed {
        mut run,
        records,
        torn,
        writer,
    } = store.resume(spec).map_err(Failed::input)?;
    warn_of_torn(&run.id, torn.as_ref());
    refuse_side(&run)?;
    held.begin_again(&run, options.tune)?;
    let machine = tare_hardware::machine(Path::new("/"));
    if machine.fingerprint != run.machine.fingerprint {
        return Err(Failed::told(format!(
            "run {} was made on another machine (fingerprint {}, here {}): its numbers cannot be mixed; start a new run",
            run.id,
            short(&run.machine.fingerprint),
            short(&machine.fingerprint)
        )));
    }
    let binary = binary_sha256();
    if binary != run.producer.binary_sha256 {
        return Err(Failed::told(format!(
            "run {} was made by another build of tare (sha256 {}, this one {}): use that build or start a new run",
            run.id,
            run.producer
                .binary_sha256
                .as_deref()
                .map_or("unknown", short),
            binary.as_deref().map_or("unknown", short)
        )));
    }
    let plan = worker::with_desk(|desk| replan(&run, desk).map_err(Failed::input))?;
    run.deadline_ns = options.deadline.unwrap_or(run.deadline_ns);
    let cells = run.cells.iter().map(|planned| &planned.cell);
    run.findings = surroundings::checked((run.checks, &run.strict), &machine, cells)?;
    keep_meter(&mut run, options);
    run.memory_limit_bytes = options.memory_limit.or(run.memory_limit_bytes);
    Ok(Ready {
        run,
        plan,
        done: records,
        writer,
    })
}

/// A side alone would no longer go in turns with the other.
fn refuse_side(run: &Run) -> Result<(), Failed> {
    match run.side {
        None => Ok(()),
        Some(_) => Err(Failed::told(format!(
            "run {} is one side of a gate, whose sides go in turns: gate anew, with tare gate",
            run.id
        ))),
    }
}

/// With its own accuracy, where the meter is another one.
fn keep_meter(run: &mut Run, options: &RunOptions) {
    if options.meter.is_some() {
        (run.meter, run.meter_accuracy) = (options.meter.clone(), options.meter_accuracy);
    }
}
