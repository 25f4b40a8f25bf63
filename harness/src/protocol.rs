//! What parent and worker say to each other: one JSON message a line, versioned.
//!
//! The parent writes one [`Request`] and then, whenever the worker waits, an [`Answer`]; the worker tells [`Message`]s. The
//! worker's standard output carries nothing else: what a framework prints goes to standard error.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tare_adapter_api::{Device, LoadRequest, Options, RuntimeFacts};
use tare_models::Inputs;
use tare_results::{
    Batches, Cut, Decision, Latency, Load, Missing, Phase, Profile, SampleFile, ScheduleSkew,
    Serving, Throughput,
};
use tare_scenarios::{ScenarioSpec, Seed};
use tare_units::{Bytes, Nanoseconds};

use crate::check::Check;
use crate::desk::{Consideration, Description};
use crate::inspect::Inspection;
use crate::serve::ROOM;
use crate::warmup::Bounds;

/// The name and version of this protocol.
pub const PROTOCOL: &str = "tare.worker/5";

/// Requests whose batches are looked at beforehand: enough that a batch that comes later is as good as never timed.
const DRAWN: u64 = 100_000;

/// What the parent writes when the worker may go on to its next phase.
pub const GO: &str = "go";

/// What the parent answers a worker that waits; `go`, or `more` and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on to the next phase.
    Go,
    /// Issue further requests for this long, and say so with [`Message::Stretched`]. Only a worker that measures and is done
    /// with its timed requests is answered this.
    More(Nanoseconds),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Go => f.write_str(GO),
            Self::More(length) => write!(f, "more {}", length.as_nanos()),
        }
    }
}

impl FromStr for Answer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let strange = || format!("the parent said '{text}' where go or more is expected");
        match text.split_once(' ') {
            None if text == GO => Ok(Self::Go),
            Some(("more", nanos)) => {
                let nanos = nanos.parse().map_err(|_| strange())?;
                Ok(Self::More(Nanoseconds::from_nanos(nanos)))
            }
            _ => Err(strange()),
        }
    }
}

/// Requests that a worker issued after its timed ones, so that their energy is known better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// When the first was issued, on CLOCK_MONOTONIC.
    pub from_ns: Nanoseconds,
    /// When the last was done.
    pub to_ns: Nanoseconds,
    /// Samples that they carried.
    pub samples: u64,
    /// What the request said that failed, after which none was issued.
    pub error: Option<String>,
}

/// What a worker is asked to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// Say whether an adapter can run here.
    Describe {
        /// [`PROTOCOL`].
        protocol: String,
        /// The adapter's name.
        adapter: String,
        /// The version asked for; `None` where any will do.
        version: Option<String>,
        /// Its options.
        options: Options,
    },
    /// Say of each of these whether the adapter can do it.
    Consider {
        /// [`PROTOCOL`].
        protocol: String,
        /// The adapter's name.
        adapter: String,
        /// What it would have to load.
        requests: Vec<LoadRequest>,
    },
    /// Do a job.
    Run(Box<Job>),
}

/// What one worker does: it loads a model, and then what it is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// [`PROTOCOL`].
    pub protocol: String,
    /// The adapter's name.
    pub adapter: String,
    /// What it loads, and how.
    pub load: LoadRequest,
    /// What the requests are fed; the first of them is the check input.
    pub inputs: Inputs,
    /// How long the warm-up may take.
    pub warmup: Bounds,
    /// Where the outputs of the check input go; `None` keeps none.
    pub outputs: Option<PathBuf>,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a worker is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Timing requests.
    Measure(Timing),
    /// Letting the framework say where its time goes.
    Profile(Effort),
    /// Giving outputs to compare with.
    Reference,
}

/// How requests are timed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timing {
    /// The scenario with its options.
    pub scenario: ScenarioSpec,
    /// Samples a request carries.
    pub batch: u64,
    /// What the schedule draws from.
    pub seed: Seed,
    /// The SHA-256 of the arrivals that the scenario replays; `None` where it replays none.
    pub trace_sha256: Option<String>,
    /// Timed work of a repeat.
    pub duration_ns: Nanoseconds,
    /// Timed requests at the most; samples are kept for as many.
    pub max_requests: u64,
    /// How long requests under way at the end are waited for, under load.
    pub drain_ns: Nanoseconds,
    /// Whose run delay is read around each request.
    pub run_delay: RunDelayOf,
    /// The time that the worker has in all, from when it is asked.
    pub deadline_ns: Nanoseconds,
    /// Where the samples go; `None` keeps none.
    pub samples: Option<PathBuf>,
}

/// Whose waiting for a core is read around each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunDelayOf {
    /// Nobody's.
    Nobody,
    /// The thread's that executes: no other works, and its latency without it is an effective one.
    Executing,
    /// All threads' of the process: it tells a disturbed request, and corrects none.
    All,
}

impl Timing {
    /// Requests that there is room for: those that are timed, and those of a trial of the rate where it is searched.
    pub(crate) fn room(&self) -> u64 {
        match self.scenario.budget() {
            Some(_) => self.max_requests.max(ROOM),
            None => self.max_requests,
        }
    }

    /// The batches of the first requests in their order, where the scenario draws them.
    pub(crate) fn drawn(&self) -> Option<impl Iterator<Item = u64>> {
        let mut sizes = self.scenario.batch_sizes(self.seed)?;
        let requests = self.max_requests.min(DRAWN);
        Some((0..requests).map(move |place| sizes.of(place)))
    }
}

/// How much is profiled.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Effort {
    /// Profiled work; a few requests are profiled even where they take longer.
    pub duration_ns: Nanoseconds,
    /// Profiled requests at the most.
    pub max_requests: u64,
    /// Whether the device is watched too, where there is one.
    #[serde(default)]
    pub trace: bool,
}

impl Effort {
    /// Whether what `device` does is watched.
    pub(crate) fn watches(&self, device: Device) -> bool {
        self.trace && matches!(device, Device::Cuda(_))
    }
}

/// What a worker says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub enum Message {
    /// The answer to [`Request::Describe`].
    Described(Description),
    /// The answer to [`Request::Consider`], in its order.
    Considered {
        /// One a request.
        answers: Vec<Consideration>,
    },
    /// The worker goes on to a phase once the parent has answered.
    Phase(Reached),
    /// The worker has issued further requests, and waits again.
    Stretched(Stretch),
    /// The job is done.
    Outcome(Box<Outcome>),
    /// The worker could not go on, and says why.
    Failed {
        /// What happened, which value, which remedy.
        error: String,
    },
}

/// What a worker says that is about to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// What it does next.
    pub phase: Phase,
    /// Memory that is the harness's own: sample buffer and inputs.
    pub own_bytes: Bytes,
    /// The thread that says it, which issues the requests of a closed loop; workers of older versions do not say.
    #[serde(default)]
    pub thread: Option<u32>,
}

/// What a job gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The library that ran.
    pub runtime: RuntimeFacts,
    /// What it was for.
    pub given: Given,
}

/// What a job gave of what it was for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Given {
    /// Timed requests.
    Measured(Box<Measured>),
    /// A profile.
    Profiled {
        /// Getting ready.
        load: Load,
        /// Without what the parent alone knows; the reason where the adapter has no profiler.
        profile: Result<Box<Profile>, String>,
        /// Why a part of it is not there, by its dotted path in a record.
        #[serde(default)]
        missing: Missing,
    },
    /// Outputs in the file that was asked for.
    Referred(Inspection),
}

/// What timed requests gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// Getting ready.
    pub load: Load,
    /// By the wall clock; `None` where the scenario gives throughput only.
    pub latency: Option<Latency>,
    /// The batches of the requests, where they have several.
    pub batches: Option<Batches>,
    /// Samples that the requests carried, failed requests left out.
    pub samples_done: u64,
    /// Wall clock less run delay.
    pub effective_latency: Option<Latency>,
    /// How fast samples were done.
    pub throughput: Throughput,
    /// How late the generator was.
    pub schedule: Option<ScheduleSkew>,
    /// What became of requests under load; `None` where none were.
    pub serving: Option<Serving>,
    /// Why requests under load were issued no longer before their schedule was done, and after how long.
    pub cut: Option<(Cut, Nanoseconds)>,
    /// Requests that still waited when they were waited for no longer, and how long that was after the last of them was due.
    #[serde(default)]
    pub left_waiting: Option<(u64, Nanoseconds)>,
    /// The rise of the median from the first half of the requests to the second, as a share; `None` where there is none to
    /// speak of.
    pub drift: Option<f64>,
    /// Whether the percentile that requests went on for was decided; `None` where they did not.
    pub decision: Option<Decision>,
    /// Share of requests with a run delay; `None` where it was not read.
    pub delayed_share: Option<f64>,
    /// One reading of the clock, in nanoseconds.
    pub clock_ns: f64,
    /// One reading of the run delay, in nanoseconds, or why it cannot be read; of all threads' where theirs were asked for.
    pub run_delay_ns: Result<f64, String>,
    /// Requests that failed.
    pub failed_requests: u64,
    /// What the first failed request said.
    pub first_error: Option<String>,
    /// What became of the check input.
    pub check: Check,
    /// The file of samples; its path as the job gave it.
    pub samples: Option<SampleFile>,
    /// Why a figure is not there.
    pub missing: Missing,
}

impl Outcome {
    /// What timed requests gave, where the job was to time them.
    pub fn measured(&self) -> Option<&Measured> {
        match &self.given {
            Given::Measured(measured) => Some(measured),
            Given::Profiled { .. } | Given::Referred(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reads_back_and_anything_else_is_quoted() {
        for answer in [Answer::Go, Answer::More(Nanoseconds::from_millis(5_500))] {
            assert_eq!(answer.to_string().parse(), Ok(answer));
        }
        assert_eq!(
            "more 7".parse(),
            Ok(Answer::More(Nanoseconds::from_nanos(7)))
        );
        for strange in [
            "", "gone", "more", "more ", "more 1s", "more -1", "more 1 2",
        ] {
            let error = strange.parse::<Answer>().expect_err(strange);
            assert!(error.contains(&format!("'{strange}'")), "{error}");
        }
    }
}
