//! The highest rate that keeps an objective: rates are served one after another by the same sessions until it is bracketed.

use std::sync::Arc;

use tare_clock::Clock;
use tare_results::{RateSearch, SearchEnd};
use tare_scenarios::search::{Bracket, CONFIDENCE, Effort, End, Search, Told, Trial};
use tare_scenarios::{CellSchedule, Objective, RequestRate, ScenarioSpec, Serving};
use tare_units::Nanoseconds;

use super::engine::Engine;
use super::measure::length;
use super::slots::Slots;
use super::trial::{deciding, judged};
use crate::job::JobError;
use crate::protocol::Timing;

/// Requests that a trial has room for.
pub const ROOM: u64 = 1 << 20;
/// A trial lasts so long at the least.
const SHORTEST: Nanoseconds = Nanoseconds::from_millis(500);
/// And so many phases of arrivals with the pauses between them.
const FEWEST_CYCLES: u64 = 20;
/// A request that took less may as well have taken no time.
const QUICKEST: Nanoseconds = Nanoseconds::from_micros(1);
/// What is tried first, as a share of what the sessions could do without a pause.
const FIRST: f64 = 0.5;

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
    /// Times the trials.
    pub clock: &'a C,
}

impl<C: Clock + Clone + 'static> Searching<'_, C> {
    /// The cell's timing at the highest rate that kept the objective, and how it was found.
    ///
    /// # Errors
    /// `Job` where no rate kept it, and what a session said that can serve no longer.
    pub fn run(
        mut self,
        budget: Nanoseconds,
        schedule: impl Fn(&Timing) -> Result<CellSchedule, JobError>,
    ) -> Result<(Timing, RateSearch), JobError> {
        let objective = self.serving.objective;
        let objective = objective.ok_or_else(|| wrong("it has no objective: give slo="))?;
        let usual = self.usual.max(QUICKEST).as_secs_f64();
        let first = FIRST * self.serving.workers as f64 / usual;
        let mut search = Search::new(first, self.effort(objective, budget));
        while let Some(trial) = search.trial() {
            let began = self.clock.now();
            let timing = self.trying(trial, search.bracket().trials)?;
            let told = self.try_one(&timing, objective, schedule(&timing)?)?;
            search.tell(told, self.clock.now().saturating_sub(began));
        }
        let found = search.bracket();
        let told = told(found).ok_or_else(|| {
            wrong(&format!(
                "no rate down to {:.3} requests a second was shown to keep {objective} within {budget}: raise the \
                 objective's time or budget=",
                found.lowest
            ))
        })?;
        let served = Timing {
            scenario: at(told.kept_per_s, |rate| self.timing.scenario.at_rate(rate))?,
            ..self.timing.clone()
        };
        Ok((served, told))
    }

    fn effort(&self, objective: Objective, budget: Nanoseconds) -> Effort {
        let cycles = self.timing.scenario.cycle().as_nanos();
        let cycles = Nanoseconds::from_nanos(cycles.saturating_mul(FEWEST_CYCLES));
        Effort {
            requests: deciding(objective),
            most: most_due(),
            shortest: SHORTEST.max(cycles),
            budget,
        }
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

    fn try_one(
        &mut self,
        timing: &Timing,
        objective: Objective,
        mut schedule: CellSchedule,
    ) -> Result<Told, JobError> {
        let length = length(timing, &schedule, self.usual);
        let until = self.clock.now() + length + timing.drain_ns;
        let slots = Arc::clone(self.slots);
        let served = self.engine.serve(&mut schedule, slots, until);
        let due = usize::try_from(served.issued.due).unwrap_or(usize::MAX);
        let (samples, _) = self.slots.to_samples(due);
        self.make_room(due);
        let load = served.load(self.serving.workers, served.issued.due);
        match served.first_error.filter(|_| !self.engine.is_whole()) {
            Some(error) => Err(JobError::Adapter(error)),
            None => Ok(judged(&samples, load, objective)),
        }
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

/// The mean of the requests that may be due in a trial. Of as many as drawn arrivals have, ten standard deviations more find
/// room, and where they come in phases another half of one.
fn most_due() -> u64 {
    let drawn = ((ROOM as f64 + 25.0).sqrt() - 5.0).powi(2);
    let cycles = FEWEST_CYCLES as f64;
    (drawn * cycles / (cycles + 1.0)) as u64
}

fn at(
    per_s: f64,
    scenario: impl Fn(RequestRate) -> Option<ScenarioSpec>,
) -> Result<ScenarioSpec, JobError> {
    let at_rate = RequestRate::from_per_s(per_s).and_then(scenario);
    at_rate.ok_or_else(|| wrong(&format!("{per_s} requests a second cannot be tried")))
}

fn told(found: Bracket) -> Option<RateSearch> {
    Some(RateSearch {
        kept_per_s: found.kept?,
        missed_per_s: found.missed,
        trials: u64::from(found.trials),
        confidence: CONFIDENCE,
        ended: match found.end {
            End::Narrow => SearchEnd::Narrow,
            End::Spent => SearchEnd::Budget,
            End::Undecided => SearchEnd::NotDecided,
        },
    })
}

fn wrong(why: &str) -> JobError {
    JobError::Job(format!("the highest rate was not found: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_has_room_for_ten_standard_deviations_more_than_are_due_on_average() {
        let most = most_due() as f64 * (1.0 + 1.0 / FEWEST_CYCLES as f64);
        let needed = most + 10.0 * most.sqrt();
        assert!((0.99..=1.0).contains(&(needed / ROOM as f64)), "{needed}");
    }
}
