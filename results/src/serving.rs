//! What became of requests under load: how many ended how, how they were put together, and the objective.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::Nanoseconds;

/// What became of the requests of a scenario under load. Every request that was due is in exactly one of the counts. By
/// default none was.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Serving {
    /// Sessions that shared the weights.
    pub workers: u64,
    /// Requests that were due.
    pub due: u64,
    /// Of these, done; within the objective or not.
    pub done: u64,
    /// Found the queue full.
    pub rejected: u64,
    /// Waited longer than allowed, or than the repeat could wait for them, and were never begun.
    pub timed_out: u64,
    /// Met an error of the framework.
    pub errors: u64,
    /// Were due and never issued before the repeat ended.
    pub never_sent: u64,
    /// Requests that waited at once, at the most.
    pub most_waiting: u64,
    /// Requests executed together, on average; `null` where none was.
    pub mean_batch: Option<f64>,
    /// Requests a second that were done within the objective's bound; `null` without an objective.
    pub goodput_per_s: Option<f64>,
    /// Whether the requests that wait grow without bound; `null` where that cannot be told.
    pub saturated: Option<bool>,
    /// The objective, and whether it holds.
    pub objective: Option<ObjectiveKept>,
    /// The search for the rate that was served, where it was searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<RateSearch>,
}

/// The highest rate that keeps an objective lies between the two; where none was kept, below the lowest that was not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RateSearch {
    /// The highest that kept the objective, in requests a second: the one that was served; `null` where none was shown to,
    /// and nothing was served.
    pub kept_per_s: Option<f64>,
    /// The lowest that did not; `null` where none was found in time.
    pub missed_per_s: Option<f64>,
    /// How many rates were tried.
    pub trials: u64,
    /// Each of them, in their order.
    #[serde(default)]
    pub tried: Vec<TriedRate>,
    /// How likely it is, at the least, that the highest rate lies between the two, from 0 to 1; of several repeats, that
    /// each one's does.
    pub confidence: f64,
    /// Why the bracket is no narrower, such as `narrow`.
    pub ended: SearchEnd,
}

/// A rate that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TriedRate {
    /// Requests a second.
    pub per_s: f64,
    /// Whether it keeps the objective. Where the generator's lag is too much of the latency, it is not said that it does not.
    pub met: Met,
    /// How late requests of the trial were issued, at the 99th percentile; `null` where none was, and of earlier versions.
    #[serde(default)]
    pub skew_p99_ns: Option<Nanoseconds>,
}

/// Why a search for a rate ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SearchEnd {
    /// The bracket is as narrow as was wanted.
    Narrow,
    /// Its time was over.
    Budget,
    /// A rate in between could not be decided.
    NotDecided,
}

impl Serving {
    /// Every request that was due is in exactly one count, and nothing is counted that was not due: what contradicts that,
    /// or a figure that cannot be, with its values. `None` where the counts hold.
    pub fn contradiction(&self) -> Option<String> {
        let counts = [
            self.done,
            self.rejected,
            self.timed_out,
            self.errors,
            self.never_sent,
        ];
        let sum = counts.iter().map(|count| u128::from(*count)).sum::<u128>();
        if sum != u128::from(self.due) {
            let [done, rejected, timed_out, errors, never_sent] = counts;
            return Some(format!(
                "{due} requests were due, but {done} done + {rejected} rejected + {timed_out} timed out + {errors} errors + \
                 {never_sent} never sent are {sum}",
                due = self.due,
            ));
        }
        self.impossible()
    }

    /// Requests that were due and not done.
    pub fn failed(&self) -> u64 {
        self.due.saturating_sub(self.done)
    }

    fn impossible(&self) -> Option<String> {
        let (due, failed) = (self.due, self.failed());
        if let Some(batch) = self
            .mean_batch
            .filter(|batch| batch.is_nan() || *batch < 1.0)
        {
            return Some(format!("requests were executed {batch} at a time"));
        }
        if let Some(rate) = self
            .goodput_per_s
            .filter(|rate| rate.is_nan() || *rate < 0.0)
        {
            return Some(format!("the goodput is {rate} requests a second"));
        }
        let over = self.objective.as_ref()?.over;
        if over < failed || over > due {
            return Some(format!(
                "{over} of {due} requests missed the objective, but {failed} failed"
            ));
        }
        None
    }
}

/// An objective and whether it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveKept {
    /// Such as `p99`.
    pub percentile: String,
    /// The percentile stays below this.
    pub bound_ns: Nanoseconds,
    /// Requests that did not: slower, or failed.
    pub over: u64,
    /// The effective sample size that this is decided by; `null` where it is not known.
    #[serde(default)]
    pub effective_count: Option<f64>,
    /// Whether the percentile is below the bound and requests that wait do not grow without bound.
    pub met: Met,
}

impl fmt::Display for ObjectiveKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}<{}", self.percentile, self.bound_ns)
    }
}

/// Whether an objective holds, with the confidence of the interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Met {
    /// It does.
    Met,
    /// It does not.
    NotMet,
    /// Too few requests to say.
    NotDecided,
}

impl From<Option<bool>> for Met {
    fn from(is_met: Option<bool>) -> Self {
        match is_met {
            Some(true) => Self::Met,
            Some(false) => Self::NotMet,
            None => Self::NotDecided,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serving() -> Serving {
        Serving {
            workers: 2,
            due: 1_000,
            done: 990,
            rejected: 4,
            timed_out: 3,
            errors: 2,
            never_sent: 1,
            most_waiting: 7,
            mean_batch: Some(1.5),
            goodput_per_s: Some(98.0),
            search: None,
            saturated: Some(false),
            objective: Some(ObjectiveKept {
                percentile: "p99".to_owned(),
                bound_ns: Nanoseconds::from_millis(20),
                over: 12,
                effective_count: Some(800.0),
                met: Met::NotDecided,
            }),
        }
    }

    #[test]
    fn counts_that_hold_contradict_nothing() {
        assert_eq!(serving().contradiction(), None);
        assert_eq!(serving().failed(), 10);
        let objective = serving().objective.expect("an objective");
        assert_eq!(objective.to_string(), "p99<20.0 ms");
    }

    #[test]
    fn a_request_that_is_in_no_count_is_a_contradiction_with_its_values() {
        let lost = Serving {
            done: 989,
            ..serving()
        };
        let told = "1000 requests were due, but 989 done + 4 rejected + 3 timed out + 2 errors + 1 never sent are 999";
        assert_eq!(lost.contradiction().as_deref(), Some(told));
        let huge = Serving {
            errors: u64::MAX,
            ..serving()
        };
        assert!(huge.contradiction().is_some());
    }

    #[test]
    fn figures_that_cannot_be_are_contradictions() {
        let wrong: [fn(&mut Serving); 5] = [
            |one| one.mean_batch = Some(0.5),
            |one| one.mean_batch = Some(f64::NAN),
            |one| one.goodput_per_s = Some(-1.0),
            |one| one.objective.as_mut().expect("one").over = 9,
            |one| one.objective.as_mut().expect("one").over = 1_001,
        ];
        for break_it in wrong {
            let mut broken = serving();
            break_it(&mut broken);
            assert!(broken.contradiction().is_some(), "{broken:?}");
        }
    }
}
