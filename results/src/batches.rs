//! Which batches the requests of a repeat had, where they had several; where requests are executed together, the executions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The batches of the timed requests, in samples; where requests are executed together, of their executions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Batches {
    /// The smallest.
    pub smallest: u64,
    /// Samples a request, or an execution, on average.
    pub mean: f64,
    /// The largest.
    pub largest: u64,
    /// Batches that no request of the warm-up had: what a framework does the first time was timed with them.
    pub first_met: u64,
}
