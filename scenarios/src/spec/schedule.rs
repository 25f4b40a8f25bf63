//! The schedule that a scenario's options ask for.

use tare_units::Nanoseconds;

use super::{Limits, ScenarioSpec};
use crate::arrivals::Arrivals;
use crate::bounds::Bounds;
use crate::catalogue::{self, Arrival, Pattern};
use crate::clients::Clients;
use crate::closed_loop::ClosedLoop;
use crate::error::LimitsError;
use crate::offline::Offline;
use crate::open_loop::OpenLoop;
use crate::random::Seed;
use crate::sizes::{BatchSizes, Sizes};
use crate::{Progress, Schedule, Step, Trace};

/// Any scenario's schedule without a call through a pointer, since the choice is made anew at each request.
#[derive(Debug, Clone)]
pub enum CellSchedule {
    /// One request in flight.
    ClosedLoop(ClosedLoop),
    /// As fast as requests are taken.
    Offline(Offline),
    /// At times of their own.
    OpenLoop(OpenLoop),
    /// As clients think and wait.
    Clients(Clients),
}

impl CellSchedule {
    /// How long it lasts, from the start, before any request was issued; `None` where that depends on how long requests take.
    pub fn length(&self) -> Option<Nanoseconds> {
        match self {
            Self::OpenLoop(schedule) => Some(schedule.length()),
            Self::ClosedLoop(_) | Self::Offline(_) | Self::Clients(_) => None,
        }
    }
}

impl Schedule for CellSchedule {
    #[inline]
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        match self {
            Self::ClosedLoop(schedule) => schedule.next(now, progress),
            Self::Offline(schedule) => schedule.next(now, progress),
            Self::OpenLoop(schedule) => schedule.next(now, progress),
            Self::Clients(schedule) => schedule.next(now, progress),
        }
    }

    fn heeds_completions(&self) -> bool {
        match self {
            Self::ClosedLoop(schedule) => schedule.heeds_completions(),
            Self::Offline(schedule) => schedule.heeds_completions(),
            Self::OpenLoop(schedule) => schedule.heeds_completions(),
            Self::Clients(schedule) => schedule.heeds_completions(),
        }
    }
}

impl ScenarioSpec {
    /// The schedule of one repeat: of the same options, limits, seed and trace always the same.
    ///
    /// A `seed` among the options stands in the place of the cell's, the repeat stays. `trace` is what
    /// [`Self::trace_path`] holds, and needed only there.
    ///
    /// `offline:samples=N` issues N rounded up to whole batches, since a cell's shapes are fixed, however long it takes.
    ///
    /// # Errors
    /// Those of [`Self::check`]; where the trace is missing or too short; where the rate is searched, for which
    /// [`Self::at_rate`] is asked.
    pub fn schedule(
        &self,
        limits: Limits,
        seed: Seed,
        trace: Option<&Trace>,
    ) -> Result<CellSchedule, LimitsError> {
        let bounds = self.bounds(limits)?;
        let seed = self.seed(seed);
        let batch = limits.batch;
        Ok(match self.entry.arrival {
            Arrival::ClosedLoop => {
                CellSchedule::ClosedLoop(ClosedLoop::new(Sizes::Fixed(batch), bounds))
            }
            Arrival::RandomBatch => {
                let sizes = Sizes::Drawn(BatchSizes::new(batch, seed));
                CellSchedule::ClosedLoop(ClosedLoop::new(sizes, bounds))
            }
            Arrival::Offline => CellSchedule::Offline(Offline::new(batch, bounds)),
            Arrival::Open => {
                let arrivals = self.arrivals(seed, trace, bounds)?;
                CellSchedule::OpenLoop(OpenLoop::new(arrivals, batch, bounds))
            }
            Arrival::Clients => {
                let clients = self.count(&catalogue::CLIENTS);
                CellSchedule::Clients(Clients::new(clients, self.think(), seed, batch, bounds))
            }
        })
    }

    /// The samples of the requests of `random-batch` in their order, as [`Self::schedule`] has them; `None` of other
    /// scenarios.
    pub fn batch_sizes(&self, seed: Seed) -> Option<BatchSizes> {
        let drawn = self.entry.arrival == Arrival::RandomBatch;
        drawn.then(|| BatchSizes::new(self.count(&catalogue::MEAN), self.seed(seed)))
    }

    fn seed(&self, seed: Seed) -> Seed {
        self.own_seed().map_or(seed, |own| seed.in_place(own))
    }

    fn replayed(&self, trace: Option<&Trace>, bounds: Bounds) -> Result<Arrivals, LimitsError> {
        let scenario = self.to_string();
        let Some(trace) = trace else {
            return Err(LimitsError::NoTrace { scenario });
        };
        let (arrivals, requests) = (trace.arrivals().len() as u64, bounds.least());
        if requests > arrivals {
            return Err(LimitsError::ShortTrace {
                scenario,
                requests,
                arrivals,
            });
        }
        let duration = bounds.duration();
        let late = trace.arrivals().first().filter(|first| **first >= duration);
        match late.filter(|_| requests == 0) {
            None => Ok(Arrivals::replayed(trace)),
            Some(first) => Err(LimitsError::LateTrace {
                scenario,
                first: *first,
                duration,
                key: match self.decision() {
                    Some(_) => catalogue::LIMIT.name,
                    None => catalogue::DURATION.name,
                },
            }),
        }
    }

    fn arrivals(
        &self,
        seed: Seed,
        trace: Option<&Trace>,
        bounds: Bounds,
    ) -> Result<Arrivals, LimitsError> {
        let scenario = || self.to_string();
        if self.trace_path().is_some() {
            return self.replayed(trace, bounds);
        }
        let rate = self.rate().ok_or_else(|| LimitsError::NoRate {
            scenario: scenario(),
        })?;
        let phase = |key| self.time(key).unwrap_or_default();
        Ok(match self.pattern() {
            Pattern::Poisson => Arrivals::poisson(rate, seed),
            Pattern::Constant => Arrivals::constant(rate),
            Pattern::Bursty => {
                Arrivals::bursty(rate, phase(&catalogue::ON), phase(&catalogue::OFF), seed)
            }
        })
    }
}
