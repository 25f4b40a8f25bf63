//! One execution of a set of cells: its plan, its machine, and what made it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::{Bytes, Nanoseconds};

use crate::cell::{Cell, ModelFacts};
use crate::check::{Checking, Finding};
use crate::machine::Machine;
use crate::record::Producer;

/// The name and version of this format.
pub const RUN_SCHEMA: &str = "tare.run/1";

/// What stands in `run.json`, written before the first worker starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// `tare.run/1`.
    pub schema: String,
    /// Unique in its store; begins with the date and time in UTC.
    pub id: String,
    /// When it began, UTC, RFC 3339.
    pub created: String,
    /// What wrote it.
    pub producer: Producer,
    /// The machine.
    pub machine: Machine,
    /// The suite it came from, where it came from one.
    pub suite: Option<String>,
    /// Fresh workers a cell.
    pub repeats: u64,
    /// Timed work of a repeat.
    pub duration_ns: Nanoseconds,
    /// Requests of a repeat at the most.
    pub max_requests: u64,
    /// How long a worker may take.
    pub deadline_ns: Nanoseconds,
    /// Resident memory a worker may take.
    pub memory_limit_bytes: Option<Bytes>,
    /// The adapter whose outputs the cells' are compared with, or `none`; `null` takes the best that is here.
    #[serde(default)]
    pub reference: Option<String>,
    /// Whether each cell is profiled once its repeats are done.
    #[serde(default)]
    pub profile: bool,
    /// Whether each cell's hollow twin is timed beside it, so that its latency can be split.
    #[serde(default)]
    pub twins: bool,
    /// What is done about what the checks of the machine find.
    #[serde(default)]
    pub checks: Checking,
    /// The checks that a strict run heeds; empty where it is not strict.
    #[serde(default)]
    pub strict: Vec<String>,
    /// Whether the workers are watched: memory, counters, energy, and what the machine gives beside each.
    #[serde(default = "watched")]
    pub probes: bool,
    /// The share below which the random part of the energy should stay, for which workers go on with further requests; `null` where none did.
    #[serde(default = "two_percent")]
    pub energy_bound: Option<f64>,
    /// The command of the external meter whose joules are told.
    #[serde(default)]
    pub meter: Option<String>,
    /// The typical relative error of that meter's gain, as it was given; `null` leaves it to the meter to say.
    #[serde(default)]
    pub meter_accuracy: Option<f64>,
    /// What they found before the first worker started.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// What tuning did to the machine before it was looked at; `null` where it was measured as it stood.
    #[serde(default)]
    pub tuned: Option<Tuning>,
    /// What the suite asked for and is not among the cells, a line each with the reason.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// The side of a gate that it is; left out where it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<GateSide>,
    /// The cells, in the order of the plan.
    pub cells: Vec<PlannedCell>,
}

/// Runs of earlier versions were.
fn watched() -> bool {
    true
}

/// A run that is one side of a gate: its repeats are one half of the gate's blocks each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateSide {
    /// The gate, by the id of its baseline's run, or of its only one.
    pub gate: String,
    /// Which side.
    pub role: GateRole,
    /// Variables that were set in the environment of its workers.
    pub environment: BTreeMap<String, String>,
    /// Of the `tare` whose workers it had, where that is another one than wrote it.
    #[serde(default)]
    pub program_sha256: Option<String>,
}

/// The sides of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GateRole {
    /// What the change began from.
    Baseline,
    /// What it led to.
    Candidate,
}

/// What was set on a machine for the time of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tuning {
    /// Settings that were changed, with what they were and became, a line each; empty where all were as wanted.
    pub changed: Vec<String>,
    /// Why others were left as they were, a line each.
    pub left: Vec<String>,
}

/// What runs of earlier versions asked for.
fn two_percent() -> Option<f64> {
    Some(0.02)
}

/// A cell of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedCell {
    /// [`Cell::id`].
    pub id: String,
    /// What is measured.
    pub cell: Cell,
    /// The model at the cell's shapes.
    pub model: ModelFacts,
    /// Where the model's file is.
    pub model_path: String,
    /// The inputs as they were written by hand, for a file that does not declare its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
}
