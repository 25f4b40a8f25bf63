//! What came of one schedule, as the engine knows it: no figure of a record yet.

use tare_adapter_api::AdapterError;
use tare_results::Cut;
use tare_units::Nanoseconds;

use super::generator::Issued;
use super::round::Worked;
use crate::batches::BatchCounts;
use crate::protocol::Stretch;

/// What came of one schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// What the generator did.
    pub issued: Issued,
    /// What the servers did.
    pub worked: Worked,
    /// When the last request ended; when the schedule was done where none did.
    pub ended: Nanoseconds,
    /// How long requests were issued, without the pauses between legs.
    pub issuing: Nanoseconds,
    /// How long they were served, without these pauses.
    pub serving: Nanoseconds,
    /// Requests that still waited when they were waited for no longer, though all were issued and a session was left to
    /// serve them, and how long after the end of the schedule that was.
    pub left_waiting: Option<(u64, Nanoseconds)>,
    /// The samples that were executed together, where these are not the same in all executions.
    pub batches: BatchCounts,
    /// What the first request said that failed.
    pub first_error: Option<AdapterError>,
}

impl Served {
    /// Whether requests were not issued, or not waited for, to the end of their schedule.
    pub fn is_cut(&self) -> bool {
        self.issued.cut.is_some() || self.left_waiting.is_some()
    }

    /// Why requests were issued no longer, and after how long, where the schedule went on.
    pub(super) fn cut(&self) -> Option<(Cut, Nanoseconds)> {
        Some((self.issued.cut?, self.issuing))
    }

    /// How long requests were due or done: what is done is over this time as what is due is, and never seems to be more.
    pub(super) fn lasted(&self) -> Nanoseconds {
        self.serving.max(self.issuing)
    }

    /// The share of the time of so many servers that all requests would have needed that were due.
    pub(super) fn load(&self, servers: u64, due: u64) -> f64 {
        let whole = self.lasted().as_secs_f64() * servers as f64;
        let busy = 1.0 - self.worked.idle.as_secs_f64() / whole;
        busy * due as f64 / self.worked.executed as f64
    }

    /// Samples that were done, where each request carried `batch`.
    pub(super) fn samples_done(&self, batch: u64) -> u64 {
        self.worked.done.saturating_mul(batch)
    }

    /// What the parent is told of further requests, each of `batch` samples.
    pub(super) fn told(&self, batch: u64) -> Stretch {
        Stretch {
            from_ns: self.issued.started,
            to_ns: self.ended,
            samples: self.samples_done(batch),
            error: self.first_error.as_ref().map(ToString::to_string),
        }
    }
}
