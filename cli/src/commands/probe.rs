//! `tare probe`, hidden: what the machine gives now, or what a GPU can do, in a process of its own beside whoever asks.

use std::io::stdin;
use std::path::PathBuf;

use rustix::process::{Signal, set_parent_process_death_signal};
use tare_calibration::gpu::{self, GpuRequest};
use tare_calibration::{ProbeRequest, Prober, answer};
use tare_clock::MonotonicClock;
use tare_hardware::checks::GPU_ORDER;
use tare_units::Nanoseconds;

use super::print;
use super::worker::this_program;
use crate::exit::{Exit, Failed};

/// A probe takes a tenth of a second with its process; a machine that needs this long is not measuring anything.
const DEADLINE: Nanoseconds = Nanoseconds::from_secs(5);
/// What opening a GPU and compiling its kernels may take, beside the time for measuring.
const OPENING: Nanoseconds = Nanoseconds::from_secs(30);

/// Reads a request, a line of JSON, and prints the answer.
///
/// # Errors
/// Where the request is none, or nobody takes the answer.
pub fn run(is_gpu: bool) -> Result<Exit, Failed> {
    // Whoever asked may be killed, and a GPU's driver may hang.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| {
        Failed::told(format!("the probe cannot be tied to its parent: {error}"))
    })?;
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(Failed::input)?;
    let none = |error| Failed::told(format!("not a request for a probe: {error}"));
    let answer = if is_gpu {
        let request: GpuRequest = serde_json::from_str(&line).map_err(none)?;
        gpu::answer(&request, &MonotonicClock)
    } else {
        let request: ProbeRequest = serde_json::from_str(&line).map_err(none)?;
        answer(&request, &MonotonicClock)
    };
    print(&format!("{answer}\n"))
}

/// This program as the one that probes the processors.
///
/// # Errors
/// Where its path cannot be found out.
pub fn prober() -> Result<Prober, Failed> {
    Ok(Prober {
        path: this_program()?,
        arguments: vec!["probe".into()],
        environment: Vec::new(),
        deadline: DEADLINE,
    })
}

/// The program at `path` as the one that measures a GPU for `budget`.
pub fn gpu_prober(path: PathBuf, budget: Nanoseconds) -> Prober {
    let (name, value) = GPU_ORDER;
    Prober {
        path,
        arguments: vec!["probe".into(), "--gpu".into()],
        environment: vec![(name.to_owned(), value.to_owned())],
        deadline: budget + OPENING,
    }
}
