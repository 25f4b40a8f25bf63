//! A scenario as it is written on the command line, `name[:key=value,…]`, and what it means.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tare_units::Nanoseconds;

use crate::bounds::Bounds;
use crate::catalogue::{self, Arrival, Entry, Key};
use crate::closed_loop::ClosedLoop;
use crate::error::{LimitsError, SpecError};
use crate::offline::Offline;
use crate::{Progress, Schedule, Step};

/// A scenario and the options it was given; only what exists can be written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ScenarioSpec {
    entry: &'static Entry,
    options: BTreeMap<&'static str, u64>,
}

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

/// Any scenario's schedule without a call through a pointer, since the choice is made anew at each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellSchedule {
    /// One request in flight.
    ClosedLoop(ClosedLoop),
    /// As fast as requests are taken.
    Offline(Offline),
}

impl Schedule for CellSchedule {
    #[inline]
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        match self {
            Self::ClosedLoop(schedule) => schedule.next(now, progress),
            Self::Offline(schedule) => schedule.next(now, progress),
        }
    }
}

impl ScenarioSpec {
    /// Such as `single-stream`.
    pub fn name(&self) -> &'static str {
        self.entry.name
    }

    /// The options that were given, as they are recorded.
    pub fn options(&self) -> BTreeMap<String, String> {
        let text = |(key, value): (&&str, &u64)| ((*key).to_owned(), value.to_string());
        self.options.iter().map(text).collect()
    }

    /// The batch where the scenario sets it, as `fixed-batch` and `multi-stream` do.
    pub fn fixed_batch(&self) -> Option<u64> {
        self.entry.batch.map(|key| self.value(key))
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
            Arrival::ClosedLoop => None,
            Arrival::Offline => {
                Some("offline measures throughput only: all its samples wait from the start")
            }
        }
    }

    /// The schedule of one repeat.
    ///
    /// `offline:samples=N` issues N rounded up to whole batches, since a cell's shapes are fixed, however long it takes.
    ///
    /// # Errors
    /// Where a limit is zero, contradicts the batch that the scenario sets, or allows fewer requests than it asks for.
    pub fn schedule(&self, limits: Limits) -> Result<CellSchedule, LimitsError> {
        let bounds = self.bounds(&limits)?;
        Ok(match self.entry.arrival {
            Arrival::ClosedLoop => CellSchedule::ClosedLoop(ClosedLoop::new(limits.batch, bounds)),
            Arrival::Offline => CellSchedule::Offline(Offline::new(limits.batch, bounds)),
        })
    }

    /// How long the timed work of one repeat is, where every request takes `request`.
    ///
    /// # Errors
    /// As [`Self::schedule`].
    pub fn timed(&self, limits: Limits, request: Nanoseconds) -> Result<Nanoseconds, LimitsError> {
        Ok(self.bounds(&limits)?.timed(request))
    }

    fn bounds(&self, limits: &Limits) -> Result<Bounds, LimitsError> {
        limits.check(self)?;
        if let Some(samples) = self.options.get(catalogue::SAMPLES.name) {
            let requests = samples.div_ceil(limits.batch);
            self.allows(requests, limits)?;
            return Ok(Bounds::new(Nanoseconds::MAX, requests, requests));
        }
        let minimum = match self.options.get(catalogue::MIN.name) {
            Some(minimum) => self.allows(*minimum, limits)?,
            None => catalogue::MIN.default.min(limits.max_requests),
        };
        Ok(Bounds::new(limits.duration, minimum, limits.max_requests))
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

    fn value(&self, key: &Key) -> u64 {
        self.options.get(key.name).copied().unwrap_or(key.default)
    }

    fn conflict(&self, own: u64, asked: u64) -> SpecError {
        SpecError::Batch {
            scenario: self.to_string(),
            own,
            asked,
            key: self.entry.batch.map_or("batch", |key| key.name),
        }
    }
}

impl Limits {
    fn check(&self, spec: &ScenarioSpec) -> Result<(), LimitsError> {
        let zero = [
            ("duration", self.duration.as_nanos()),
            ("number of requests", self.max_requests),
            ("batch", self.batch),
        ];
        if let Some((what, _)) = zero.iter().find(|(_, value)| *value == 0) {
            return Err(LimitsError::Zero { what });
        }
        match spec.fixed_batch() {
            Some(own) if own != self.batch => {
                Err(LimitsError::Batch(spec.conflict(own, self.batch)))
            }
            _ => Ok(()),
        }
    }
}

impl FromStr for ScenarioSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (name, tail) = text.split_once(':').unwrap_or((text, ""));
        let entry = catalogue::find(name).ok_or_else(|| SpecError::Unknown {
            text: text.to_owned(),
            known: catalogue::names(),
        })?;
        let mut options = BTreeMap::new();
        for part in tail.split(',').filter(|part| !part.is_empty()) {
            let (key, value) = entry.option(text, part)?;
            if options.insert(key.name, value).is_some() {
                return Err(SpecError::Twice {
                    text: text.to_owned(),
                    key: key.name,
                });
            }
        }
        entry.compatible(text, &options)?;
        Ok(Self { entry, options })
    }
}

impl fmt::Display for ScenarioSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.entry.name.to_owned();
        for (index, (key, value)) in self.options.iter().enumerate() {
            text.push(if index == 0 { ':' } else { ',' });
            text.push_str(&format!("{key}={value}"));
        }
        f.pad(&text)
    }
}

impl From<ScenarioSpec> for String {
    fn from(spec: ScenarioSpec) -> Self {
        spec.to_string()
    }
}

impl TryFrom<String> for ScenarioSpec {
    type Error = SpecError;

    fn try_from(text: String) -> Result<Self, SpecError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests;
