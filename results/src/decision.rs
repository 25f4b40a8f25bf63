//! Whether a percentile was known well enough when a repeat ended that goes on until it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The last look at a percentile that decides when a repeat ends. Looks share 5% of error, so that this interval holds the
/// truth with at least 95% confidence though the repeat ended because of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Such as `p99`.
    pub percentile: String,
    /// Whether half the interval's width is at most `wanted` of the value.
    pub decided: bool,
    /// Half the interval's width over the value that was asked for.
    pub wanted: f64,
    /// That of the last look; `null` where too few requests give an interval.
    pub reach: Option<f64>,
    /// The percentile at the last look.
    pub value_ns: Option<f64>,
    /// Lower bound at the last look's confidence.
    pub low_ns: Option<f64>,
    /// Upper bound at the last look's confidence.
    pub high_ns: Option<f64>,
    /// That of the last look's interval, from 0 to 1.
    pub confidence: f64,
    /// Looks that were made.
    pub looks: u64,
    /// Requests at the last look.
    pub count: u64,
}
