//! The highest rate that keeps an objective: rates are served one after another by the same sessions until it is bracketed.

use std::sync::Arc;

use tare_clock::Clock;
use tare_results::{Met, RateSearch, SearchEnd, TriedRate};
use tare_scenarios::search::{CONFIDENCE, End, Told, Trial};
use tare_scenarios::{CellSchedule, RequestRate, ScenarioSpec, Serving};
use tare_units::Nanoseconds;

use super::allowed::Allowed;
use super::engine::Engine;
use super::measure::length;
use super::slots::Slots;
use super::trial::{Found, ROOM, Sought, Tried};
use crate::job::JobError;
use crate::protocol::Timing;

/// One rate is tried even where no time is left, so that the record says which.
const SOME: Nanoseconds = Nanoseconds::from_nanos(1);
/// What a trial's requests are waited for at the most where the search has no time left; less where the objective is shorter.
const LAST_WAIT: Nanoseconds = Nanoseconds::from_secs(1);
/// But no less than so many executions take of as many requests as are executed together: a session that is at one is not to
/// be taken for one that hangs.
const LAST_EXECUTIONS: u64 = 2;

/// What a search is made of.
pub struct Searching<'a, C> {
    /// Serves the trials.
    pub engine: &'a mut Engine<C>,
    /// How the cell is timed.
    pub timing: &'a Timing,
    /// How requests are served.
    pub serving: &'a Serving,
    /// What one request usually takes.
    pub usual: Nanoseconds,
    /// Room for [`ROOM`] requests.
    pub slots: &'a mut Arc<Slots>,
    /// Until when trials may take.
    pub allowed: Allowed<'a, C>,
    /// Times the trials.
    pub clock: &'a C,
}

impl<C: Clock + Clone + 'static> Searching<'_, C> {
    /// The cell's timing at the highest rate that kept the objective, and how it was found; no timing where none kept it.
    ///
    /// # Errors
    /// What a session said that can serve no longer.
    pub fn run(
        mut self,
        budget: Nanoseconds,
        schedule: impl Fn(&Timing) -> Result<CellSchedule, JobError>,
    ) -> Result<(Option<Timing>, RateSearch), JobError> {
        let objective = self.serving.objective;
        let sought = Sought {
            objective: objective.ok_or_else(|| wrong("it has no objective: give slo="))?,
            workers: self.serving.workers,
            usual: self.usual,
            cycle: self.timing.scenario.cycle(),
            budget: budget.min(self.allowed.left()).max(SOME),
        };
        let clock = self.clock;
        let ends = clock.now() + sought.budget;
        let found = sought.search(
            || clock.now(),
            |trial, number| {
                let timing = self.trying(trial, number)?;
                self.try_one(&timing, schedule(&timing)?, (ends, sought.objective.bound))
            },
        )?;
        let at_rate = |per_s| at(per_s, |rate| self.timing.scenario.at_rate(rate));
        let served = match found.bracket.kept {
            None => None,
            Some(per_s) => Some(Timing {
                scenario: at_rate(per_s)?,
                ..self.timing.clone()
            }),
        };
        Ok((served, told(found)))
    }

    /// The timing of a trial; each draws arrivals of its own.
    fn trying(&self, trial: Trial, number: u32) -> Result<Timing, JobError> {
        Ok(Timing {
            scenario: at(trial.per_s, |rate| self.timing.scenario.tried_at(rate))?,
            duration_ns: trial.duration,
            max_requests: ROOM,
            seed: self.timing.seed.of_trial(number),
            ..self.timing.clone()
        })
    }

    /// One trial of a search that ends at `ends`, for requests that are to be done within `bound`.
    fn try_one(
        &mut self,
        timing: &Timing,
        mut schedule: CellSchedule,
        (ends, bound): (Nanoseconds, Nanoseconds),
    ) -> Result<Tried, JobError> {
        let length = length(timing, &schedule, self.usual);
        let left = ends.saturating_sub(self.clock.now() + length);
        let wait = left.max(self.last_wait(bound)).min(timing.drain_ns);
        let until = self.allowed.until(length + wait);
        let slots = Arc::clone(self.slots);
        let served = self.engine.serve(&mut schedule, slots, until);
        let due = usize::try_from(served.issued.due).unwrap_or(usize::MAX);
        let (samples, _) = self.slots.to_samples(due);
        self.make_room(due);
        let load = served.load(self.serving.workers, served.issued.due);
        match served.first_error.filter(|_| !self.engine.is_whole()) {
            Some(error) => Err(JobError::Adapter(error)),
            None => Ok(Tried {
                samples,
                load,
                is_whole: served.issued.cut.is_none(),
                is_waited_for: served.left_waiting.is_none_or(|(_, after)| after >= bound),
            }),
        }
    }

    /// How long requests are waited for though the search's time is over.
    fn last_wait(&self, bound: Nanoseconds) -> Nanoseconds {
        let together = self.serving.max_batch.max(1);
        let executions = LAST_EXECUTIONS.saturating_mul(together);
        let executing = self.usual.as_nanos().saturating_mul(executions);
        bound.min(LAST_WAIT).max(Nanoseconds::from_nanos(executing))
    }

    /// The same slots again, or others where a thread that hangs may still write to them.
    fn make_room(&mut self, due: usize) {
        let capacity = self.slots.capacity();
        match Arc::get_mut(self.slots) {
            Some(slots) => slots.clear(due),
            None => *self.slots = Arc::new(Slots::with_capacity(capacity)),
        }
    }
}

fn at(
    per_s: f64,
    scenario: impl Fn(RequestRate) -> Option<ScenarioSpec>,
) -> Result<ScenarioSpec, JobError> {
    let at_rate = RequestRate::from_per_s(per_s).and_then(scenario);
    at_rate.ok_or_else(|| wrong(&format!("{per_s} requests a second cannot be tried")))
}

fn told(found: Found) -> RateSearch {
    let bracket = found.bracket;
    let tried = found.tried.into_iter().zip(found.skews);
    let tried = tried.map(|((per_s, told), skew)| TriedRate {
        per_s,
        met: match told {
            Told::Kept => Met::Met,
            Told::Missed => Met::NotMet,
            Told::Undecided => Met::NotDecided,
        },
        skew_p99_ns: skew.map(|skew| skew.skew_p99_ns),
    });
    RateSearch {
        kept_per_s: bracket.kept,
        missed_per_s: bracket.missed,
        trials: u64::from(bracket.trials),
        tried: tried.collect(),
        confidence: CONFIDENCE,
        ended: match bracket.end {
            End::Narrow => SearchEnd::Narrow,
            End::Spent => SearchEnd::Budget,
            End::Undecided => SearchEnd::NotDecided,
        },
    }
}

fn wrong(why: &str) -> JobError {
    JobError::Job(format!("the highest rate was not found: {why}"))
}
