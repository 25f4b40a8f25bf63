//! How a gate ends, what that rests on, and the exit code that follows.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::block::{Contention, Fault, Side, SideFigure};
use crate::evidence::median;
use crate::limits::Limits;
use crate::metric::Metric;
use crate::statistic::Statistic;

/// How a gate ends.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict", content = "why")]
pub enum Verdict {
    /// Not as much worse as must be detected.
    Pass,
    /// A pass, and better by more than the tolerance.
    Improvement,
    /// Worse than the tolerance.
    Regression,
    /// Neither could be shown; why, each with what would decide it.
    Inconclusive(Vec<Obstacle>),
    /// Not a comparison that could be judged.
    Invalid(Vec<Flaw>),
}

/// What an exit code says, the strongest last, which of several gates is that of all: a regression that was shown is none the
/// less one because another gate was not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExitClass {
    /// 0: nothing is worse.
    Passed,
    /// 3: inconclusive or invalid, as the machine, the time or the figures would have it.
    NotDecided,
    /// 4: a process crashed, hung, failed requests, or computes something else.
    Failed,
    /// 1: something is.
    Regressed,
}

impl ExitClass {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Regressed => 1,
            Self::NotDecided => 3,
            Self::Failed => 4,
        }
    }

    /// That of many gates together; of none, nothing was shown.
    pub fn of_all<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let classes = verdicts.into_iter().map(Verdict::exit_class);
        classes.max().unwrap_or(Self::NotDecided)
    }
}

impl Verdict {
    /// What its exit code says.
    pub fn exit_class(&self) -> ExitClass {
        match self {
            Self::Pass | Self::Improvement => ExitClass::Passed,
            Self::Regression => ExitClass::Regressed,
            Self::Inconclusive(why) if why.iter().any(Obstacle::is_failure) => ExitClass::Failed,
            Self::Invalid(why) if why.iter().any(Flaw::is_failure) => ExitClass::Failed,
            Self::Inconclusive(_) | Self::Invalid(_) => ExitClass::NotDecided,
        }
    }

    /// In one word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Improvement => "improvement",
            Self::Regression => "regression",
            Self::Inconclusive(_) => "inconclusive",
            Self::Invalid(_) => "invalid",
        }
    }

    /// Why, where it was not decided: a line each.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Self::Pass | Self::Improvement | Self::Regression => Vec::new(),
            Self::Inconclusive(obstacles) => obstacles.iter().map(ToString::to_string).collect(),
            Self::Invalid(flaws) => flaws.iter().map(ToString::to_string).collect(),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What kept a gate from a decision, and what would decide it.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "obstacle")]
pub enum Obstacle {
    /// The budget ended.
    #[error(
        "the budget ended after {blocks} blocks, and the next look takes {next}: allow more time"
    )]
    OutOfTime {
        /// Blocks that were made.
        blocks: usize,
        /// Those of the next look.
        next: usize,
    },
    /// All blocks were made.
    #[error(
        "all {blocks} blocks show neither that it is worse than the tolerance nor that it is not as bad as must be detected: measure on a quieter machine, or set the two further apart"
    )]
    Undecided {
        /// So many.
        blocks: usize,
    },
    /// Requests waited for a core, and nothing corrects for it.
    #[error(
        "{:.1}% of the {side}'s requests waited for a core, {:.0}% at the most without a run delay to correct by: measure on a quieter machine",
        100.0 * delayed, 100.0 * most
    )]
    Delayed {
        /// Whose.
        side: Side,
        /// The share of requests that was delayed.
        delayed: f64,
        /// The largest that is still fine.
        most: f64,
    },
    /// One side waits for a core more than the other, so that leaving the waiting out may excuse it.
    #[error(
        "the baseline waited for a core {:.1}% of its time, the candidate {:.1}%: one of them may keep its own cores busy: hold its library's own threads to one with a variable such as env=OMP_NUM_THREADS=1, or give both sides --threads 2, by which no waiting is left out; where it has no other threads, end what else runs",
        100.0 * baseline, 100.0 * candidate
    )]
    SidesWait {
        /// The baseline's share of time.
        baseline: f64,
        /// The candidate's.
        candidate: f64,
    },
    /// Too few requests in a process.
    #[error(
        "a process of the {side} timed {requests} requests, and {needed} are needed: give its scenario so many, as in --scenario single-stream:min={needed}"
    )]
    TooFewRequests {
        /// Whose.
        side: Side,
        /// So many.
        requests: u64,
        /// At least so many are needed.
        needed: u64,
    },
    /// A process failed.
    #[error("{side}: {fault}; mend it and gate again")]
    Process {
        /// Whose.
        side: Side,
        /// How.
        fault: Fault,
    },
    /// Too few processes of the candidate beside a stored baseline.
    #[error("the candidate ran in {processes} processes, and {needed} are needed: allow more time")]
    TooFewProcesses {
        /// So many.
        processes: usize,
        /// At least so many are needed.
        needed: usize,
    },
    /// The outputs could not be compared with the baseline's, so that nobody knows whether the candidate computes the same.
    #[error(
        "the outputs could not be compared with the stored baseline's: {why}; store the baseline anew, or allow different outputs \
         where that is meant"
    )]
    OutputsUnknown {
        /// What is missing.
        why: String,
    },
    /// The stored days differ too much for the bounds to decide.
    #[error(
        "the days of the stored baseline differ too much to tell: gate against a baseline that runs beside the candidate"
    )]
    TooWide,
    /// A stored baseline was measured on other days, and nobody knows how much days differ here.
    #[error(
        "{days} days of the baseline are stored, and it takes {needed} to know how much days differ: gate against a baseline that runs beside the candidate"
    )]
    DaysUnknown {
        /// Days that are stored.
        days: usize,
        /// Days that are needed.
        needed: usize,
    },
}

impl Obstacle {
    /// Whether more blocks would not remove it.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Process { .. } | Self::TooFewRequests { .. })
    }

    /// Whether a program is to blame.
    fn is_failure(&self) -> bool {
        matches!(self, Self::Process { fault, .. } if fault.is_failure())
    }
}

/// Why there is nothing to judge.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "flaw")]
pub enum Flaw {
    /// A process has no figure that counts.
    #[error("{side}: {fault}")]
    Process {
        /// Whose.
        side: Side,
        /// Why.
        fault: Fault,
    },
    /// The sides compute different things.
    #[error(
        "the candidate's outputs differ from the baseline's: {why}; allow different outputs where that is meant"
    )]
    DifferentOutputs {
        /// Which, and by how much.
        why: String,
    },
    /// A figure is none.
    #[error("{side}: a {metric} of {value} is no figure above zero")]
    NoFigure {
        /// Whose.
        side: Side,
        /// Of what.
        metric: Metric,
        /// As it was given.
        value: f64,
    },
}

impl Flaw {
    /// Whether a program is to blame.
    fn is_failure(&self) -> bool {
        match self {
            Self::Process { fault, .. } => fault.is_failure(),
            Self::DifferentOutputs { .. } => true,
            Self::NoFigure { .. } => false,
        }
    }
}

/// How much worse the candidate is, as a share: 0.05 is a ratio of 1.05 (of the candidate's figure over the baseline's, or the
/// other way where higher is better), and what is below zero is better.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize)]
pub struct Effect {
    /// The estimate.
    pub value: f64,
    /// Lower bound; `None` where there are too few blocks for one.
    pub low: Option<f64>,
    /// Upper bound; `None` where there are too few blocks for one.
    pub high: Option<f64>,
    /// How likely bounds that are made so hold the truth, however many looks were made.
    pub confidence: f64,
}

/// What a gate found, with all that it rests on.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
pub struct Outcome {
    /// What was asked for.
    pub metric: Metric,
    /// The statistic that decided.
    pub statistic: Statistic,
    /// What was allowed.
    pub limits: Limits,
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How much worse; `None` where no block gave a figure of both sides.
    pub effect: Option<Effect>,
    /// Blocks that gave a figure of both sides.
    pub blocks: usize,
    /// Each side's evidence, baseline first.
    pub sides: [SideEvidence; 2],
}

/// What is known of one side over all blocks.
#[derive(Debug, Clone, Copy, PartialEq, Default, JsonSchema, Serialize)]
pub struct SideEvidence {
    /// The median of its figures, in the metric's unit; `None` of none.
    pub median: Option<f64>,
    /// Requests that were timed, in all processes; `None` of a stored baseline that does not say.
    pub requests: Option<u64>,
    /// The mean share of requests that were delayed, over the processes of which that was read; `None` of none.
    pub delayed: Option<f64>,
    /// The mean share of time that was spent waiting, over the same processes; `None` of none.
    pub waited: Option<f64>,
    /// Processes with requests of which neither was read.
    pub unread: usize,
}

impl SideEvidence {
    /// Of the processes that gave these figures.
    pub fn of(figures: &[SideFigure]) -> Self {
        let read: Vec<Contention> = figures.iter().filter_map(|one| one.contention).collect();
        let mean = |of: fn(&Contention) -> f64| {
            let sum: f64 = read.iter().map(of).sum();
            (!read.is_empty()).then(|| sum / read.len() as f64)
        };
        let unread = |one: &&SideFigure| one.requests > 0 && one.contention.is_none();
        Self {
            median: median(figures.iter().map(|one| one.value).collect()),
            requests: Some(figures.iter().map(|one| one.requests).sum()),
            delayed: mean(|contention| contention.delayed),
            waited: mean(|contention| contention.waited),
            unread: figures.iter().filter(unread).count(),
        }
    }
}
