//! What a block gives: one figure of each side, or what was wrong with its process.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// What one compares with.
    Baseline,
    /// What is judged.
    Candidate,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
        })
    }
}

/// How much the requests of a process waited for a core; shares from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Contention {
    /// Requests that were delayed, of all.
    pub delayed: f64,
    /// Time that was spent waiting, of their latencies by the wall's clock.
    pub waited: f64,
}

/// What one process of one side gave.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize)]
pub struct SideFigure {
    /// In the metric's unit, nanoseconds for latencies; above zero.
    pub value: f64,
    /// Requests that it is made of; 0 for a figure that is not made of requests.
    pub requests: u64,
    /// How much they waited; `None` where that was not read.
    pub contention: Option<Contention>,
}

impl SideFigure {
    /// A figure that a process gives once, such as its peak of memory.
    pub fn once(value: f64) -> Self {
        Self {
            value,
            requests: 0,
            contention: None,
        }
    }
}

/// Why a process has no figure that counts.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "fault")]
pub enum Fault {
    /// It crashed, hung, was killed, or never started.
    #[error("its process failed: {why}")]
    Failed {
        /// What was seen.
        why: String,
    },
    /// Its outputs are wrong.
    #[error("its outputs are wrong: {why}")]
    WrongOutputs {
        /// Which, and by how much.
        why: String,
    },
    /// Requests failed.
    #[error("{failed} of its {requests} requests failed")]
    FailedRequests {
        /// So many.
        failed: u64,
        /// Of so many.
        requests: u64,
    },
    /// The machine slowed itself down.
    #[error("the machine was throttled: {why}")]
    Throttled {
        /// What was seen.
        why: String,
    },
    /// Anything else that makes its record invalid.
    #[error("its record is invalid: {why}")]
    Invalid {
        /// The record's own reason.
        why: String,
    },
}

impl Fault {
    /// Whether the program is to blame, and not the machine: it crashed or hung, failed requests, or computes something wrong.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Failed { .. } | Self::WrongOutputs { .. } | Self::FailedRequests { .. } => true,
            Self::Throttled { .. } | Self::Invalid { .. } => false,
        }
    }
}

/// One fresh process of each side, one right after the other.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
pub struct Block {
    /// Which side went first, by an independent flip of a coin.
    pub first: Side,
    /// Of the baseline's process.
    pub baseline: Result<SideFigure, Fault>,
    /// Of the candidate's process.
    pub candidate: Result<SideFigure, Fault>,
}

impl Block {
    /// Each side with what it gave.
    pub fn sides(&self) -> [(Side, &Result<SideFigure, Fault>); 2] {
        [
            (Side::Baseline, &self.baseline),
            (Side::Candidate, &self.candidate),
        ]
    }

    /// The two figures, baseline first, where both sides gave one.
    pub fn figures(&self) -> Option<(SideFigure, SideFigure)> {
        let baseline = self.baseline.as_ref().ok()?;
        let candidate = self.candidate.as_ref().ok()?;
        Some((*baseline, *candidate))
    }
}
