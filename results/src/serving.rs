//! What became of requests under load: how many ended how, how they were put together, and the objective.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::Nanoseconds;

/// What became of the requests of a scenario under load. Every request that was due is in exactly one of the counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Serving {
    /// Sessions that shared the weights.
    pub workers: u64,
    /// Requests that were due.
    pub due: u64,
    /// Of these, done; within the objective or not.
    pub done: u64,
    /// Found the queue full.
    pub rejected: u64,
    /// Waited longer than allowed and were never begun.
    pub timed_out: u64,
    /// Met an error of the framework.
    pub errors: u64,
    /// Were due and never issued before the repeat ended.
    pub never_sent: u64,
    /// Requests that waited at once, at the most.
    pub most_waiting: u64,
    /// Requests executed together, on average; `null` where none was.
    pub mean_batch: Option<f64>,
    /// Requests a second that were done within the objective's bound; `null` without an objective.
    pub goodput_per_s: Option<f64>,
    /// Whether the requests that wait grow without bound; `null` where that cannot be told.
    pub saturated: Option<bool>,
    /// The objective, and whether it holds.
    pub objective: Option<ObjectiveKept>,
}

/// An objective and whether it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveKept {
    /// Such as `p99`.
    pub percentile: String,
    /// The percentile stays below this.
    pub bound_ns: Nanoseconds,
    /// Requests that did not: slower, or failed.
    pub over: u64,
    /// Whether the percentile is below the bound.
    pub met: Met,
}

/// Whether an objective holds, with the confidence of the interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Met {
    /// It does.
    Met,
    /// It does not.
    NotMet,
    /// Too few requests to say.
    NotDecided,
}
