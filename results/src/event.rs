//! What happens while a run goes on, a JSON object a line in `events.jsonl`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::Nanoseconds;

use crate::record::{Kind, Phase};

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run began or was resumed.
    RunStarted {
        /// Workers to be run.
        workers: u64,
        /// Of these, done before.
        done: u64,
    },
    /// A worker was spawned.
    WorkerStarted {
        /// The cell.
        cell: String,
        /// Which repeat.
        repeat: u64,
        /// What for.
        kind: Kind,
        /// Its process.
        pid: u32,
    },
    /// A worker went on to another phase.
    PhaseReached {
        /// The cell.
        cell: String,
        /// Which repeat.
        repeat: u64,
        /// What it does now.
        phase: Phase,
    },
    /// A worker goes on after its timed requests, so that their energy is known better.
    WorkerStretched {
        /// The cell.
        cell: String,
        /// Which repeat.
        repeat: u64,
        /// For how long.
        length_ns: Nanoseconds,
    },
    /// A worker ended and its record was written.
    WorkerFinished {
        /// The cell.
        cell: String,
        /// Which repeat.
        repeat: u64,
        /// What for.
        kind: Kind,
        /// The median latency, where there is one.
        p50_ns: Option<f64>,
        /// Why it failed, where it did.
        failure: Option<String>,
        /// Estimate of what is left of the run.
        left_ns: Option<Nanoseconds>,
    },
    /// The run ended.
    RunFinished {
        /// Workers that failed.
        failed: u64,
        /// Whether it was stopped before its end.
        interrupted: bool,
    },
}
