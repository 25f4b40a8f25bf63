//! `tare probe`, hidden: what the machine gives now, in a process of its own beside a worker.

use std::io::stdin;

use tare_calibration::{ProbeRequest, answer};
use tare_clock::MonotonicClock;

use super::print;
use crate::exit::{Exit, Failed};

/// Reads a request, a line of JSON, and prints the answer.
///
/// # Errors
/// Where the request is none, or nobody takes the answer.
pub fn run() -> Result<Exit, Failed> {
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(Failed::input)?;
    let request: ProbeRequest = serde_json::from_str(&line)
        .map_err(|error| Failed::told(format!("not a request for a probe: {error}")))?;
    print(&format!("{}\n", answer(&request, &MonotonicClock)))
}
