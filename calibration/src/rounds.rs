//! Steps taken in rounds, so that what repeats of one step differ by is what the machine does over seconds, and a limit on the time of all.

use serde::{Deserialize, Serialize};
use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::lane::Make;
use crate::spread;
use crate::team::{self, Pace};

/// How far a calibration is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Measurements done.
    pub done: u64,
    /// Of how many.
    pub total: u64,
    /// About how long the rest takes.
    pub left: Nanoseconds,
    /// What is measured next, such as `fp32 fma-avx512, 2 threads`.
    pub step: String,
}

/// One measurement of a round.
pub(crate) struct Step<'a> {
    pub(crate) label: String,
    pub(crate) threads: usize,
    pub(crate) make: Box<Make<'a>>,
    pub(crate) pace: Pace,
    pub(crate) keep: Keep,
    /// How long it takes, as far as is known beforehand.
    pub(crate) expected: Nanoseconds,
}

/// What of a round's laps is its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// What the machine can do.
    Fastest,
    /// What it gave.
    Median,
}

/// How often, and for how long at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) rounds: u64,
    pub(crate) budget: Nanoseconds,
}

/// What the rounds gave.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Readings {
    /// By step, then part, then round.
    pub(crate) values: Vec<Vec<Vec<f64>>>,
    /// Rounds in which every step was taken.
    pub(crate) complete: u64,
    /// Why threads could not be kept on processors of their own.
    pub(crate) unpinned: Option<String>,
}

/// Takes all `steps` `limits.rounds` times, but none that would end after the budget.
pub(crate) fn run<C: Clock>(
    clock: &C,
    cpus: &[usize],
    steps: &[Step<'_>],
    limits: Limits,
    progress: &mut dyn FnMut(&Progress),
) -> Readings {
    let began = clock.now();
    let mut expected: Vec<Nanoseconds> = steps.iter().map(|step| step.expected).collect();
    let mut readings = Readings {
        values: steps.iter().map(|_| Vec::new()).collect(),
        ..Readings::default()
    };
    for round in 0..limits.rounds {
        for (index, step) in steps.iter().enumerate() {
            let start = clock.now();
            let spent = start.saturating_sub(began);
            if spent + expected[index] > limits.budget {
                return readings;
            }
            progress(&ahead(steps, &expected, limits, spent, (round, index)));
            let laps = team::run(clock, step.threads, cpus, &step.make, step.pace);
            readings.add(index, step.keep, laps);
            expected[index] = clock.now().saturating_sub(start);
        }
        readings.complete += 1;
    }
    readings
}

impl Readings {
    fn add(&mut self, step: usize, keep: Keep, laps: team::Laps) {
        let values = &mut self.values[step];
        values.resize(laps.per_s.len().max(values.len()), Vec::new());
        for (part, rates) in values.iter_mut().zip(&laps.per_s) {
            part.extend(match keep {
                Keep::Fastest => spread::greatest(rates),
                Keep::Median => spread::middle(rates),
            });
        }
        self.unpinned = self.unpinned.take().or(laps.unpinned);
    }
}

fn ahead(
    steps: &[Step<'_>],
    expected: &[Nanoseconds],
    limits: Limits,
    spent: Nanoseconds,
    (round, index): (u64, usize),
) -> Progress {
    let sum = |times: &[Nanoseconds]| times.iter().map(|time| time.as_nanos()).sum::<u64>();
    let rounds_after = limits.rounds - round - 1;
    let left = sum(&expected[index..]) + rounds_after * sum(expected);
    let most = limits.budget.saturating_sub(spent);
    let count = steps.len() as u64;
    Progress {
        done: round * count + index as u64,
        total: limits.rounds * count,
        left: Nanoseconds::from_nanos(left).min(most),
        step: steps[index].label.clone(),
    }
}

#[cfg(test)]
mod tests;
