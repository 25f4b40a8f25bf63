//! One cell over its repeats: what everything that shows results reads; computed, never stored as truth.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use tare_results::{
    Batches, Cell, CellPeaks, Counters, Decision, Doubt, Energy, Fidelity, HarnessCost, Latency,
    Load, Machine, Memory, Missing, ModelFacts, ProbesBeside, Producer, Profile, Runtime,
    SampleFile, ScheduleSkew, Serving, Tax, Throughput, Tuning, TwinFigures, Verdict, schema_of,
};

/// The name and version of this format.
pub const SUMMARY_SCHEMA: &str = "tare.summary/1";

/// One cell over its repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// `tare.summary/1`.
    pub schema: String,
    /// The cell's identity: [`Cell::id`].
    pub id: String,
    /// The run it was measured in.
    pub run: String,
    /// When its last worker ended, or the run began; UTC, RFC 3339.
    pub created: String,
    /// What measured it.
    pub producer: Producer,
    /// What was measured.
    pub cell: Cell,
    /// Repeats that the figures are made of.
    pub repeats: u64,
    /// Requests of a repeat at the most by the run, where these are fewer than its 99th percentile takes: for the remedy that
    /// is told, and no part of the format.
    #[serde(skip)]
    pub max_requests: Option<u64>,
    /// The model at the cell's shapes.
    pub model: ModelFacts,
    /// The library that ran; `null` where no worker said.
    pub runtime: Option<Runtime>,
    /// The machine it was measured on.
    pub machine: Machine,
    /// What tuning did to it for the time of the run; `null` where it was measured as it stood.
    #[serde(default)]
    pub tuned: Option<Tuning>,
    /// What the machine could do at the time: means over the repeats.
    #[serde(default)]
    pub peaks: Option<CellPeaks>,
    /// The readings that the peaks were corrected by: means over the repeats.
    #[serde(default)]
    pub probe: Option<ProbesBeside>,
    /// What the harness itself costs in this run.
    pub harness: Option<HarnessCost>,
    /// Getting ready: means over the repeats; steady if all were.
    pub load: Option<Load>,
    /// Percentiles are means over the repeats with Student's t interval; mean and standard deviation are of all requests.
    pub latency: Option<Latency>,
    /// The batches of the timed requests: the smallest and the largest of all, the mean over the repeats of the others; of
    /// scenarios whose requests have several only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batches: Option<Batches>,
    /// The same of the wall clock less run delay.
    pub effective_latency: Option<Latency>,
    /// Means over the repeats.
    pub throughput: Option<Throughput>,
    /// Means over the repeats, and the largest of all.
    pub schedule: Option<ScheduleSkew>,
    /// What became of requests under load: sums over the repeats; of scenarios that serve only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serving: Option<Serving>,
    /// Of the repeat that knows the percentile least that it went on for; of scenarios that name one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Peaks are the largest of the repeats; all else is their mean.
    pub memory: Option<Memory>,
    /// What the timed requests cost the processor: means over the repeats; of threads the most.
    #[serde(default)]
    pub counters: Option<Counters>,
    /// What the timed requests cost in joules: means over the repeats.
    #[serde(default)]
    pub energy: Option<Energy>,
    /// The median latency in floor, inefficiency and tax.
    #[serde(default)]
    pub tax: Option<Tax>,
    /// What the hollow twin shows by itself.
    #[serde(default)]
    pub twin: Option<TwinFigures>,
    /// Where the time went, in a pass of its own.
    pub profile: Option<Profile>,
    /// How close the outputs are to the reference's: the repeat that is farthest off.
    pub fidelity: Option<Fidelity>,
    /// Of all repeats, and those that only appear between them.
    pub doubts: Vec<Doubt>,
    /// Valid where every planned repeat is.
    pub verdict: Verdict,
    /// Why it is not valid.
    pub reasons: Vec<String>,
    /// Why a figure is `null`, by dotted path.
    pub missing: Missing,
    /// The samples of each repeat that the figures are made of.
    pub samples: Vec<SampleFile>,
}

impl Summary {
    /// How many samples of a repeat its 99th percentile takes, where they were too few.
    pub(crate) fn samples_of_a_p99(&self) -> Option<u64> {
        let reason = self.missing.get("latency.p99")?;
        let needed = reason.strip_suffix(" samples")?.split(" of ").nth(1)?;
        needed.parse().ok()
    }
}

/// The JSON Schema of a summary.
pub fn summary_schema() -> Schema {
    schema_of::<Summary>(SUMMARY_SCHEMA)
}
