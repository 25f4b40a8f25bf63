//! The highest rate that keeps an objective: rates are served one after another by the same sessions until it is bracketed.

use std::sync::Arc;

use tare_clock::Clock;
use tare_results::{RateSearch, SearchEnd};
use tare_scenarios::search::{Bracket, End, Search, Told, Trial};
use tare_scenarios::{CellSchedule, Objective, RequestRate, Seed, Serving};
use tare_statistics::{Standing, fewest, kept};
use tare_units::Nanoseconds;

use super::engine::Engine;
use super::slots::Slots;
use crate::figures::wall;
use crate::job::JobError;
use crate::protocol::Timing;

/// The confidence with which a trial is decided: that of early stopping.
const CONFIDENCE: f64 = 0.99;
/// Requests of a trial over those that decide where none depends on another: those that wait for each other are worth less.
const TIMES: u64 = 4;
/// A trial lasts so long at the least.
const SHORTEST: Nanoseconds = Nanoseconds::from_millis(500);

/// What a search is made of.
pub struct Searching<'a, C> {
    /// Serves the trials.
    pub engine: &'a mut Engine<C>,
    /// How the cell is timed.
    pub timing: &'a Timing,
    /// How requests are served.
    pub serving: &'a Serving,
    /// What one request took, the first of all.
    pub first: Nanoseconds,
    /// Times the trials.
    pub clock: &'a C,
}

impl<C: Clock + Clone + 'static> Searching<'_, C> {
    /// The cell's timing at the highest rate that kept the objective, and how it was found.
    ///
    /// # Errors
    /// `Job` where no rate kept it.
    pub fn run(
        mut self,
        budget: Nanoseconds,
        schedule: impl Fn(&Timing) -> Result<CellSchedule, JobError>,
    ) -> Result<(Timing, RateSearch), JobError> {
        let objective = self.serving.objective;
        let objective = objective.ok_or_else(|| wrong("it has no objective: give slo="))?;
        let first = self.serving.workers as f64 / self.first.as_secs_f64().max(1e-9);
        let requests = TIMES * fewest(objective.percentile);
        let mut search = Search::new(first, requests, SHORTEST, budget);
        while let Some(trial) = search.trial() {
            let began = self.clock.now();
            let seed = self.timing.seed.of_trial(search.bracket().trials);
            let timing = self.at(trial, seed)?;
            let told = self.try_one(&timing, objective, schedule(&timing)?);
            search.tell(told, self.clock.now().saturating_sub(began));
        }
        let found = search.bracket();
        let told = told(found).ok_or_else(|| {
            let lowest = found.missed.map_or(first, |missed| missed);
            wrong(&format!(
                "no rate down to {lowest:.3} requests a second was shown to keep {objective} within {budget}: raise the objective's \
                 time or budget="
            ))
        })?;
        let served = Trial {
            per_s: told.kept_per_s,
            duration: self.timing.duration_ns,
        };
        let served = self.at(served, self.timing.seed)?;
        Ok((served, told))
    }

    /// The timing of a trial; each trial draws arrivals of its own.
    fn at(&self, trial: Trial, seed: Seed) -> Result<Timing, JobError> {
        let rate = RequestRate::from_per_s(trial.per_s);
        let scenario = rate.and_then(|rate| self.timing.scenario.at_rate(rate));
        let scenario = scenario.ok_or_else(|| {
            wrong(&format!(
                "{} requests a second cannot be tried",
                trial.per_s
            ))
        })?;
        Ok(Timing {
            scenario,
            duration_ns: trial.duration,
            seed,
            ..self.timing.clone()
        })
    }

    fn try_one(
        &mut self,
        timing: &Timing,
        objective: Objective,
        mut schedule: CellSchedule,
    ) -> Told {
        let most = usize::try_from(timing.max_requests).unwrap_or(usize::MAX);
        let slots = Arc::new(Slots::with_capacity(most));
        let until = self.clock.now() + timing.duration_ns + timing.drain_ns;
        let served = self.engine.serve(&mut schedule, Arc::clone(&slots), until);
        let due = usize::try_from(served.issued.due).unwrap_or(most);
        let (samples, _) = slots.to_samples(due.min(most));
        match kept(wall(&samples), objective.percentile, objective.bound).standing {
            Standing::Met => Told::Kept,
            Standing::NotMet => Told::Missed,
            Standing::NotDecided => Told::Undecided,
        }
    }
}

fn told(found: Bracket) -> Option<RateSearch> {
    Some(RateSearch {
        kept_per_s: found.kept?,
        missed_per_s: found.missed,
        trials: u64::from(found.trials),
        confidence: (1.0 - f64::from(found.trials) * (1.0 - CONFIDENCE)).max(0.0),
        ended: match found.end {
            End::Narrow => SearchEnd::Narrow,
            End::Spent | End::NoneKept => SearchEnd::Budget,
            End::Undecided => SearchEnd::NotDecided,
        },
    })
}

fn wrong(why: &str) -> JobError {
    JobError::Job(format!("the highest rate was not found: {why}"))
}
