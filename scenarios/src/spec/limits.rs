//! What bounds one repeat of a cell: the scenario's own limits, else the cell's.

use tare_units::Nanoseconds;

use super::ScenarioSpec;
use crate::bounds::Bounds;
use crate::catalogue::{self, Arrival, Think};
use crate::error::LimitsError;

/// What bounds one repeat of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Timed work.
    pub duration: Nanoseconds,
    /// Requests at the most.
    pub max_requests: u64,
    /// Samples each request carries.
    pub batch: u64,
}

impl ScenarioSpec {
    /// `limits` with what the scenario itself says in their place: its `duration` and `max`, and its `limit` where it goes on
    /// until a percentile is decided.
    pub fn limits(&self, limits: Limits) -> Limits {
        let own = match self.decision() {
            Some(decision) => Some(decision.limit),
            None => self
                .given(&catalogue::DURATION)
                .and_then(|value| value.time()),
        };
        let max = self.given(&catalogue::MAX).and_then(|value| value.count());
        Limits {
            duration: own.unwrap_or(limits.duration),
            max_requests: max.unwrap_or(limits.max_requests),
            ..limits
        }
    }

    /// Requests that a repeat has at the least because the scenario itself says so, where each carries so many samples; 0 where it
    /// says nothing.
    pub fn requests_asked_for(&self, batch: u64) -> u64 {
        let samples = self.given(&catalogue::SAMPLES);
        let of_samples = samples.and_then(|value| value.count());
        let of_samples = of_samples.map(|samples| samples.div_ceil(batch.max(1)));
        of_samples.or_else(|| self.minimum()).unwrap_or(0)
    }

    /// Whether a repeat can keep `limits`, before any trace is read.
    ///
    /// # Errors
    /// Where a limit is zero, contradicts the batch that the scenario sets, or allows fewer requests than it asks for.
    pub fn check(&self, limits: Limits) -> Result<(), LimitsError> {
        self.bounds(limits).map(|_| ())
    }

    /// How long the timed work of one repeat is, where every request takes `request`: under load as long as the schedule,
    /// for a replayed trace and a rate that is searched the duration, with the search's budget before it.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn timed(&self, limits: Limits, request: Nanoseconds) -> Result<Nanoseconds, LimitsError> {
        let bounds = self.bounds(limits)?;
        let timed = match self.entry.arrival {
            Arrival::ClosedLoop | Arrival::RandomBatch | Arrival::Offline => bounds.timed(request),
            Arrival::Open => match self.rate() {
                Some(rate) => bounds.at_rate(rate.per_s()),
                None => bounds.duration(),
            },
            Arrival::Clients => bounds.at_rate(self.closed_rate(request)),
        };
        Ok(self.budget().unwrap_or_default() + timed)
    }

    /// The same where nobody knows what a request takes: the duration, or longer where that is known.
    pub fn timed_at_least(&self, limits: Limits) -> Nanoseconds {
        let known = self.timed(limits, Nanoseconds::ZERO);
        known.unwrap_or_default().max(self.limits(limits).duration)
    }

    /// Requests a second that the clients can ask for and the workers can do, whichever is less.
    fn closed_rate(&self, request: Nanoseconds) -> f64 {
        let count = |key| self.count(key) as f64;
        let request = request.as_secs_f64();
        let think = match self.think() {
            Think::Constant(time) | Think::Exponential(time) => time.as_secs_f64(),
        };
        let asked = count(&catalogue::CLIENTS) / (request + think);
        asked.min(count(&catalogue::WORKERS) / request)
    }

    pub(super) fn bounds(&self, limits: Limits) -> Result<Bounds, LimitsError> {
        self.positive(&limits)?;
        let limits = self.limits(limits);
        let samples = self.given(&catalogue::SAMPLES);
        if let Some(samples) = samples.and_then(|value| value.count()) {
            let requests = samples.div_ceil(limits.batch);
            self.allows(requests, &limits)?;
            return Ok(Bounds::new(Nanoseconds::MAX, requests, requests));
        }
        let minimum = match self.minimum() {
            Some(minimum) => self.allows(minimum, &limits)?,
            // A trace says itself what comes and when.
            None if self.trace_path().is_some() => 0,
            None => catalogue::FEWEST.min(limits.max_requests),
        };
        Ok(Bounds::new(limits.duration, minimum, limits.max_requests))
    }

    /// The minimum of requests that was asked for.
    pub(super) fn minimum(&self) -> Option<u64> {
        self.given(&catalogue::MIN).and_then(|value| value.count())
    }

    fn allows(&self, requests: u64, limits: &Limits) -> Result<u64, LimitsError> {
        if requests > limits.max_requests {
            return Err(LimitsError::TooFew {
                scenario: self.to_string(),
                requests,
                max_requests: limits.max_requests,
            });
        }
        Ok(requests)
    }

    fn positive(&self, limits: &Limits) -> Result<(), LimitsError> {
        let zero = [
            ("duration", limits.duration.as_nanos()),
            ("number of requests", limits.max_requests),
            ("batch", limits.batch),
        ];
        if let Some((what, _)) = zero.iter().find(|(_, value)| *value == 0) {
            return Err(LimitsError::Zero { what });
        }
        match self.fixed_batch() {
            Some(own) if own != limits.batch => {
                Err(LimitsError::Batch(self.conflict(own, limits.batch)))
            }
            _ => Ok(()),
        }
    }
}
