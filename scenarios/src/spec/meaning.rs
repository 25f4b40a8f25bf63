//! What a scenario's options mean for those who measure it.

use std::path::Path;

use tare_statistics::Percentile;
use tare_units::Nanoseconds;

use super::ScenarioSpec;
use crate::catalogue::{self, Arrival, Key, Pattern, Think, Value};
use crate::error::SpecError;
use crate::{RequestRate, Serving, sizes};

/// A percentile that a repeat goes on for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The percentile.
    pub percentile: Percentile,
    /// Timed work at the most.
    pub limit: Nanoseconds,
}

impl Value {
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(*count),
            _ => None,
        }
    }

    pub(super) fn time(&self) -> Option<Nanoseconds> {
        match self {
            Self::Time(time) => Some(*time),
            _ => None,
        }
    }
}

impl ScenarioSpec {
    /// The batch where the scenario sets it, as `fixed-batch` and `multi-stream` do; of `random-batch` the mean.
    pub fn fixed_batch(&self) -> Option<u64> {
        self.entry.batch.map(|key| self.count(key))
    }

    /// Samples that are executed together at the most, where a request carries `batch`, or that many on average.
    pub fn largest_batch(&self, batch: u64) -> u64 {
        match self.entry.arrival {
            Arrival::RandomBatch => sizes::largest(batch),
            Arrival::Open | Arrival::Clients => {
                batch.saturating_mul(self.count(&catalogue::MAX_BATCH))
            }
            Arrival::ClosedLoop | Arrival::Offline => batch,
        }
    }

    /// The batches to measure: the scenario's own where it sets one, else those asked for, else 1.
    ///
    /// # Errors
    /// Where the scenario sets the batch and another is asked for.
    pub fn batches(&self, asked: &[u64]) -> Result<Vec<u64>, SpecError> {
        let Some(own) = self.fixed_batch() else {
            return Ok(if asked.is_empty() {
                vec![1]
            } else {
                asked.to_vec()
            });
        };
        match asked.iter().find(|batch| **batch != own) {
            None => Ok(vec![own]),
            Some(other) => Err(self.conflict(own, *other)),
        }
    }

    /// Why single requests have no latency and no skew under this scenario; `None` where they do.
    pub fn latency_missing(&self) -> Option<&'static str> {
        match self.entry.arrival {
            Arrival::Offline => {
                Some("offline measures throughput only: all its samples wait from the start")
            }
            _ => None,
        }
    }

    /// Whether requests of one batch are executed one after the other and nothing else takes time, so that the sum of their latencies
    /// is the time in which their samples were done.
    pub fn is_plain(&self) -> bool {
        matches!(self.entry.arrival, Arrival::ClosedLoop)
    }

    /// How requests under load are served; `None` of scenarios that keep one session busy.
    pub fn serving(&self) -> Option<Serving> {
        let queue = match self.entry.arrival {
            Arrival::Open => self.count(&catalogue::QUEUE),
            Arrival::Clients => self.count(&catalogue::CLIENTS),
            _ => return None,
        };
        let objective = self.given(&catalogue::SLO).and_then(|value| match value {
            Value::Objective(objective) => Some(*objective),
            _ => None,
        });
        Some(Serving {
            workers: self.count(&catalogue::WORKERS),
            max_batch: self.count(&catalogue::MAX_BATCH),
            batch_delay: self.time(&catalogue::BATCH_DELAY).unwrap_or_default(),
            queue,
            timeout: self.time(&catalogue::TIMEOUT),
            objective,
            search: self.is_searched(),
        })
    }

    /// The percentile that a repeat goes on for, and for how long.
    pub fn decision(&self) -> Option<Decision> {
        match self.given(&catalogue::DECIDE) {
            Some(Value::Percentile(percentile)) => Some(Decision {
                percentile: *percentile,
                limit: self.time(&catalogue::LIMIT)?,
            }),
            _ => None,
        }
    }

    /// Requests a second that are due on average; `None` where the rate is searched or requests arrive otherwise.
    pub fn rate(&self) -> Option<RequestRate> {
        match self.given(&catalogue::RATE) {
            Some(Value::Rate(rate)) => Some(*rate),
            _ => None,
        }
    }

    /// How long the search for the highest rate may take; `None` where none is made.
    pub fn budget(&self) -> Option<Nanoseconds> {
        self.time(&catalogue::BUDGET).filter(|_| self.is_searched())
    }

    /// The same scenario at `rate`, as a search tries it; `None` where the rate is not searched. Budget and duration are the
    /// whole search's and left out: how long a rate is tried, the limits say that its schedule is given.
    pub fn at_rate(&self, rate: RequestRate) -> Option<Self> {
        let mut at_rate = self.clone();
        at_rate.options.remove(catalogue::BUDGET.name);
        at_rate.options.remove(catalogue::DURATION.name);
        let searched = at_rate
            .options
            .insert(catalogue::RATE.name, Value::Rate(rate));
        (searched == Some(Value::Highest)).then_some(at_rate)
    }

    /// The same as it is tried, for which the limits alone say how long and how many requests: neither is left that the
    /// timed requests are held to.
    pub fn tried_at(&self, rate: RequestRate) -> Option<Self> {
        let mut tried = self.at_rate(rate)?;
        for key in [&catalogue::MIN, &catalogue::MAX] {
            tried.options.remove(key.name);
        }
        Some(tried)
    }

    /// A phase of arrivals and the pause after it; none where they do not come in phases.
    pub fn cycle(&self) -> Nanoseconds {
        let time = |key| self.time(key).unwrap_or_default();
        match self.pattern() {
            Pattern::Bursty => time(&catalogue::ON) + time(&catalogue::OFF),
            Pattern::Poisson | Pattern::Constant => Nanoseconds::ZERO,
        }
    }

    /// The file of arrivals to replay.
    pub fn trace_path(&self) -> Option<&Path> {
        match self.given(&catalogue::TRACE) {
            Some(Value::File(file)) => Some(Path::new(file)),
            _ => None,
        }
    }

    fn is_searched(&self) -> bool {
        self.given(&catalogue::RATE) == Some(&Value::Highest)
    }

    pub(super) fn own_seed(&self) -> Option<u64> {
        self.given(&catalogue::SEED).and_then(Value::count)
    }

    pub(super) fn pattern(&self) -> Pattern {
        match self.value(&catalogue::ARRIVALS) {
            Some(Value::Pattern(pattern)) => *pattern,
            _ => Pattern::Poisson,
        }
    }

    pub(super) fn think(&self) -> Think {
        match self.value(&catalogue::THINK) {
            Some(Value::Think(think)) => *think,
            _ => Think::Constant(Nanoseconds::ZERO),
        }
    }

    /// An option that has a count, given or by default.
    pub(super) fn count(&self, key: &'static Key) -> u64 {
        self.value(key).and_then(Value::count).unwrap_or(1)
    }

    pub(super) fn time(&self, key: &'static Key) -> Option<Nanoseconds> {
        self.value(key).and_then(Value::time)
    }

    pub(super) fn conflict(&self, own: u64, asked: u64) -> SpecError {
        SpecError::Batch {
            scenario: self.to_string(),
            own,
            asked,
            key: self.entry.batch.map_or("batch", |key| key.name),
        }
    }
}
