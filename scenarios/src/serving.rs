//! How requests under load are served, and the objective they are held to.

use std::fmt;

use tare_statistics::Percentile;
use tare_units::Nanoseconds;

/// Who serves the requests of a scenario under load, and what becomes of those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serving {
    /// Sessions that share the weights, each on a thread of its own.
    pub workers: u64,
    /// Requests that are executed together at the most.
    pub max_batch: u64,
    /// How long a request waits for others to be executed with; counts from when it was due.
    pub batch_delay: Nanoseconds,
    /// Requests that may wait; one more is rejected, which is a failure.
    pub queue: u64,
    /// A request that was not begun this long after it was due has failed; `None` waits for ever.
    pub timeout: Option<Nanoseconds>,
    /// What a request's latency is held to.
    pub objective: Option<Objective>,
    /// Whether the rate is the highest that keeps the objective, which is searched.
    pub search: bool,
}

/// A bound on a percentile of the latency, such as `p99<20ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Objective {
    /// The percentile.
    pub percentile: Percentile,
    /// It stays below this.
    pub bound: Nanoseconds,
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}<{}", self.percentile, self.bound)
    }
}
