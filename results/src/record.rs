//! What one worker did: one repeat of one cell. The truth on disk, never rewritten.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::batches::Batches;
use crate::cell::{Cell, ModelFacts, Runtime};
use crate::counters::Counters;
use crate::decision::Decision;
use crate::doubt::Doubt;
use crate::energy::Energy;
use crate::fidelity::Fidelity;
use crate::measures::{HarnessCost, Latency, Load, Memory, SampleFile, ScheduleSkew, Throughput};
use crate::peaks::{CellPeaks, ProbesBeside};
use crate::profile::Profile;
use crate::serving::Serving;
use crate::twin::TwinFacts;
use crate::verdict::{Missing, Verdict, WrongOutputs};

/// The name and version of this format.
pub const RECORD_SCHEMA: &str = "tare.record/1";

/// One repeat of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// `tare.record/1`.
    pub schema: String,
    /// The cell's identity: [`Cell::id`].
    pub id: String,
    /// The run it belongs to.
    pub run: String,
    /// When the worker ended, UTC, RFC 3339.
    pub created: String,
    /// What wrote it.
    pub producer: Producer,
    /// What the worker was for.
    pub kind: Kind,
    /// Which repeat, from 0.
    pub repeat: u64,
    /// What was measured.
    pub cell: Cell,
    /// The model at the cell's shapes.
    pub model: ModelFacts,
    /// The library that ran; `null` where the worker ended before it said.
    pub runtime: Option<Runtime>,
    /// The fingerprint of the machine; its facts stand in the run.
    pub machine: String,
    /// What the machine could do at the time of the repeat.
    #[serde(default)]
    pub peaks: Option<CellPeaks>,
    /// The readings that the peaks were corrected by.
    #[serde(default)]
    pub probe: Option<ProbesBeside>,
    /// What the harness itself costs in this run.
    pub harness: Option<HarnessCost>,
    /// Getting ready.
    pub load: Option<Load>,
    /// From host inputs ready to host outputs ready, by the wall clock.
    pub latency: Option<Latency>,
    /// The batches of the timed requests; of scenarios whose requests have several only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batches: Option<Batches>,
    /// Wall clock less run delay.
    pub effective_latency: Option<Latency>,
    /// How fast samples were done.
    pub throughput: Option<Throughput>,
    /// How late the generator was.
    pub schedule: Option<ScheduleSkew>,
    /// What became of requests under load; of scenarios that serve only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serving: Option<Serving>,
    /// Whether the percentile that the repeat went on for was decided; of scenarios that name one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Resident memory of the worker.
    pub memory: Option<Memory>,
    /// What the timed requests cost the processor; `null` where nothing was timed.
    #[serde(default)]
    pub counters: Option<Counters>,
    /// What the timed requests cost in joules.
    #[serde(default)]
    pub energy: Option<Energy>,
    /// What was really run; of `kind: "twin"`, and of a profile of the twin. The cell and model stay the original's.
    /// Where no twin could be made, `missing` says why in the measurements, at `twin`.
    #[serde(default)]
    pub twin: Option<TwinFacts>,
    /// Where the time went; of `kind: "profile"` only.
    pub profile: Option<Profile>,
    /// How close the outputs are to the reference's; of `kind: "measurement"` only.
    pub fidelity: Option<Fidelity>,
    /// Reasons not to trust it fully.
    pub doubts: Vec<Doubt>,
    /// Whether it counts.
    pub verdict: Verdict,
    /// Why it does not count.
    pub reasons: Vec<String>,
    /// What of that is wrong with the outputs, where it is no distance from the reference's; older records tell it in words alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wrong_outputs: Vec<WrongOutputs>,
    /// Why a figure is `null`, by dotted path.
    pub missing: Missing,
    /// What ended the worker early.
    pub failure: Option<Failure>,
    /// Every sample.
    pub samples: Option<SampleFile>,
}

/// What a worker was for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Timing the cell.
    Measurement,
    /// Timing the cell's hollow twin.
    Twin,
    /// Profiling the cell.
    Profile,
    /// Giving outputs to compare with.
    Reference,
    /// Timing the adapter that does nothing.
    Harness,
}

impl Kind {
    /// Whether requests are timed.
    pub fn is_timed(self) -> bool {
        self.times_a_cell() || self == Self::Harness
    }

    /// Whether requests are timed that a cell, or its twin, is judged by.
    pub fn times_a_cell(self) -> bool {
        matches!(self, Self::Measurement | Self::Twin)
    }
}

/// The program that wrote a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Producer {
    /// Of tare.
    pub version: String,
    /// The commit it was built from, where known.
    pub commit: Option<String>,
    /// `release` or `debug`.
    pub profile: String,
    /// Of the program file; a run is resumed by the same file only.
    pub binary_sha256: Option<String>,
}

/// What a worker was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Starting and filling the inputs.
    Start,
    /// Loading the model.
    Load,
    /// The first request and the warm-up.
    Warmup,
    /// Timed requests.
    Run,
    /// Further requests, so that their energy is known better.
    Stretch,
    /// Writing samples and outputs.
    Finish,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Start => "starting",
            Self::Load => "loading the model",
            Self::Warmup => "warming up",
            Self::Run => "running timed requests",
            Self::Stretch => "running further requests for their energy",
            Self::Finish => "writing its results",
        })
    }
}

/// What ended a worker early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// What it was doing.
    pub phase: Phase,
    /// What happened, which value, which remedy.
    pub message: String,
    /// The last lines of its standard error.
    pub stderr: Option<String>,
}
