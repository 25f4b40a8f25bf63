//! Where the time of a request went, by the framework's own profiler.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::{Bytes, Flops};

use crate::device_time::DeviceTime;

/// What the framework's profiler said in a pass of its own; times are medians over its requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// Profiled latency over unprofiled latency, both medians.
    pub perturbation: Option<f64>,
    /// Requests that were profiled; where the framework tells of no operators, those in which the device was watched.
    pub requests: u64,
    /// Their median latency, by the harness's clock.
    pub latency_p50_ns: f64,
    /// By kind of operator, largest first; empty where the framework tells of none and only the device was watched.
    pub operators: Vec<OperatorShare>,
    /// By operator, largest first; empty where the framework tells of kinds only.
    pub nodes: Vec<NodeShare>,
    /// Of the operators that do most of the arithmetic, by what they compute, largest first.
    #[serde(default)]
    pub families: Vec<FamilyShare>,
    /// How long the device was busy; `null` where the host itself executes operators.
    #[serde(default)]
    pub device: Option<DeviceTime>,
}

impl Profile {
    /// Whether the framework told of operators; else only the device was watched.
    pub fn tells_operators(&self) -> bool {
        !self.operators.is_empty()
    }
}

/// The share of one kind of operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperatorShare {
    /// The framework's name.
    pub kind: String,
    /// Executed in one request.
    pub count: u64,
    /// Their time in one request.
    pub time_ns: f64,
    /// Of all operators' time, from 0 to 1.
    pub share: f64,
    /// Their arithmetic, where known.
    pub flops: Option<Flops>,
    /// What they read and write, where that is known.
    #[serde(default)]
    pub bytes: Option<Bytes>,
}

/// The share of one operator, or of several alike that the framework tells of together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeShare {
    /// The framework's name of this operator; of several alike, that of one of them.
    pub name: String,
    /// The framework's name of its kind.
    pub kind: String,
    /// Executed in one request: more than one where the framework tells of operators of the same kind and shapes together.
    #[serde(default = "one")]
    pub count: u64,
    /// Its time in one request, or theirs together.
    pub time_ns: f64,
    /// Of all operators' time, from 0 to 1.
    pub share: f64,
    /// Its arithmetic, or theirs together, where it is an operator of the model under its own name.
    #[serde(default)]
    pub flops: Option<Flops>,
    /// What it reads and writes, or they together.
    #[serde(default)]
    pub bytes: Option<Bytes>,
}

fn one() -> u64 {
    1
}

/// What operators compute.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Products of matrices, of whatever framework and fused with whatever.
    MatrixProducts,
    /// Convolutions of any rank.
    Convolutions,
}

impl Family {
    /// As a person reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MatrixProducts => "matrix products",
            Self::Convolutions => "convolutions",
        }
    }
}

/// The share of all operators that compute the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FamilyShare {
    /// What they compute.
    pub family: Family,
    /// Executed in one request.
    pub count: u64,
    /// Their time in one request.
    pub time_ns: f64,
    /// Of all operators' time, from 0 to 1.
    pub share: f64,
    /// Their arithmetic; `null` where not as many are executed as the model has.
    pub flops: Option<Flops>,
    /// What they read and write; likewise.
    #[serde(default)]
    pub bytes: Option<Bytes>,
}
