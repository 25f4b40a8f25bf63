//! The search for the highest rate, whoever serves its trials: where it begins, how long trials are, and whether a rate that
//! was tried keeps its objective, by its requests and by whether their queue grows.

use tare_results::samples::Sample;
use tare_results::{Missing, ScheduleSkew};
use tare_scenarios::Objective;
use tare_scenarios::search::{Bracket, Effort, RISK, Search, Told, Trial};
use tare_statistics::{Standing, fewest, kept};
use tare_units::Nanoseconds;

use super::objective::Pressure;
use super::saturation::is_saturated;
use crate::compose::late;
use crate::figures::{latency_of, skew_of, wall};

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
/// The share of a trial's risk that is left to the rule of the objective; the other half is the rule of saturation's.
const HALF: f64 = 0.5;
/// How often the rule of saturation errs where the load is exactly 1, over what it is asked for.
const REFLECTED: f64 = 2.0;

/// What is searched for.
#[derive(Debug, Clone, Copy)]
pub struct Sought {
    /// What rates are held to.
    pub objective: Objective,
    /// Sessions that serve.
    pub workers: u64,
    /// What one request usually takes.
    pub usual: Nanoseconds,
    /// A phase of arrivals and the pause after it; none where they do not come in phases.
    pub cycle: Nanoseconds,
    /// How long all trials may take together.
    pub budget: Nanoseconds,
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Its requests, in issue order.
    pub samples: Vec<Sample>,
    /// The share of the servers' time that all that were due would have needed.
    pub load: f64,
    /// Whether requests were issued to the end of their schedule.
    pub is_whole: bool,
    /// Whether all were done that were taken, or waited for as long as the objective allows.
    pub is_waited_for: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The rates between which the highest lies.
    pub bracket: Bracket,
    /// The rates that were tried, in their order.
    pub tried: Vec<(f64, Told)>,
    /// How late requests were issued in each of these trials; `None` where none was.
    pub skews: Vec<Option<ScheduleSkew>>,
}

impl Sought {
    /// Tries rates, which `serve` does for as long as a trial says; it is told how many there were before. By what `now` says,
    /// a trial takes the time until it is decided.
    ///
    /// # Errors
    /// The first one of `serve`.
    pub fn search<E>(
        &self,
        now: impl Fn() -> Nanoseconds,
        mut serve: impl FnMut(Trial, u32) -> Result<Tried, E>,
    ) -> Result<Found, E> {
        let usual = self.usual.max(QUICKEST).as_secs_f64();
        let first = FIRST * self.workers as f64 / usual;
        let mut search = Search::new(first, self.effort());
        let mut skews = Vec::new();
        while let Some(trial) = search.trial() {
            let began = now();
            let tried = serve(trial, search.bracket().trials)?;
            let told = tried.told(self.objective, RISK);
            skews.push(skew_of(&tried.samples));
            search.tell(told, now().saturating_sub(began));
        }
        Ok(Found {
            bracket: search.bracket(),
            tried: search.tried().to_vec(),
            skews,
        })
    }

    fn effort(&self) -> Effort {
        let cycles = self.cycle.as_nanos().saturating_mul(FEWEST_CYCLES);
        Effort {
            requests: deciding(self.objective),
            most: most_due(),
            shortest: SHORTEST.max(Nanoseconds::from_nanos(cycles)),
            budget: self.budget,
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

/// Requests that decide `objective` where hardly any depends on another: twice as many as are needed at the least, as drawn
/// arrivals may be fewer than they are on average, and one request over the bound too many.
fn deciding(objective: Objective) -> u64 {
    2 * fewest(objective.percentile, HALF * RISK)
}

/// Whether latencies hold so much of the generator's own lag that a repeat of them would be invalid.
fn is_late(samples: &[Sample]) -> bool {
    let latency = latency_of(wall(samples), "latency", &mut Missing::new());
    skew_of(samples).is_some_and(|skew| !late(&skew, &latency).is_empty())
}

impl Tried {
    /// What its requests say of `objective`.
    ///
    /// A rate at which the queue grows without bound does not keep any objective, however many requests of a short trial were
    /// within it. Where that is not told and the load is near 1, nothing is decided. Both rules together err with a chance
    /// of `risk` at the most. Nor is it decided that a rate misses the objective where that may be the generator's doing, or
    /// that of whoever did not wait for its requests.
    fn told(&self, objective: Objective, risk: f64) -> Told {
        let is_untold = |sample: &Sample| sample.skew == Sample::LONGEST_SKEW;
        if !self.is_whole || self.samples.iter().any(is_untold) {
            return Told::Undecided;
        }
        let asked = (objective.percentile, objective.bound);
        let pressure = Pressure {
            saturated: is_saturated(&self.samples, self.load, (1.0 - HALF) * risk / REFLECTED),
            load: self.load,
        };
        let by_latency = kept(wall(&self.samples), asked, HALF * risk).standing;
        let is_shown = self.is_waited_for || pressure.saturated == Ok(true);
        match pressure.allows(by_latency) {
            Standing::Met => Told::Kept,
            Standing::NotMet if is_shown && !is_late(&self.samples) => Told::Missed,
            Standing::NotMet | Standing::NotDecided => Told::Undecided,
        }
    }
}

#[cfg(test)]
mod tests;
