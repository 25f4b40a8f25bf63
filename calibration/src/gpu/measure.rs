//! Preparing each step once, then all steps in rounds, within a limit on the time of all.

use tare_clock::Clock;
use tare_units::Nanoseconds;

use super::device::{Device, Facts, Fault, Prepared, Work};
use super::plan::{Task, Way};
use crate::rounds::Limits;
use crate::spread;

/// How long a stretch of work lasts on the device.
const LAP: Nanoseconds = Nanoseconds::from_millis(20);

/// Stretches of a round, of which the fastest counts.
const LAPS: u64 = 3;

/// Single launches of a round, of which the median counts.
const SINGLES: u64 = 51;

/// Launches in a row: fewer than a device keeps waiting before the host has to.
const IN_A_ROW: u64 = 256;

/// How long the device works before ways are compared, so that its clocks are up.
const WARM_UP: Nanoseconds = Nanoseconds::from_millis(300);

/// By task, its parts' values by round, or why there are none.
pub(crate) type Outcome = Result<Vec<Vec<f64>>, Fault>;

/// What the rounds gave.
#[derive(Debug, PartialEq)]
pub(crate) struct Readings {
    /// In the order of the tasks; values are empty where time ran out before the first round.
    pub(crate) outcomes: Vec<Outcome>,
    /// Rounds in which every task was taken that did not fail.
    pub(crate) complete: u64,
}

/// Takes all `tasks` `limits.rounds` times, but none that would end after the budget; one that fails is not taken again.
pub(crate) fn run<C: Clock>(
    device: &dyn Device,
    tasks: &[Task],
    limits: Limits,
    clock: &C,
) -> Readings {
    let began = clock.now();
    let left = || {
        limits
            .budget
            .saturating_sub(clock.now().saturating_sub(began))
    };
    let mut lanes: Vec<Lane<'_>> = Vec::new();
    for task in tasks {
        let cold = lanes.is_empty();
        let parts = match left() {
            Nanoseconds::ZERO => Ok(None),
            _ => ready(device, task, cold, clock, began + limits.budget).map(Some),
        };
        lanes.push(Lane::new(task, parts));
    }
    let mut complete = 0;
    'rounds: for _ in 0..limits.rounds {
        for lane in &mut lanes {
            if !lane.take(clock, left()) {
                break 'rounds;
            }
        }
        complete += 1;
    }
    let outcomes = lanes.into_iter().map(Lane::outcome).collect();
    Readings { outcomes, complete }
}

/// A task on its way.
struct Lane<'d> {
    /// None where there was no time to prepare them.
    parts: Result<Option<Vec<Part<'d>>>, Fault>,
    values: Vec<Vec<f64>>,
    expected: Nanoseconds,
}

impl<'d> Lane<'d> {
    fn new(task: &Task, parts: Result<Option<Vec<Part<'d>>>, Fault>) -> Self {
        let takes = |parts: &Vec<Part<'_>>| parts.iter().map(Part::expected).sum::<u64>();
        let known = parts.as_ref().ok().and_then(Option::as_ref);
        Self {
            expected: Nanoseconds::from_nanos(known.map_or(0, takes)),
            values: vec![Vec::new(); task.parts.len()],
            parts,
        }
    }

    /// Whether there was time for it; a fault ends the lane, not the round.
    fn take<C: Clock>(&mut self, clock: &C, left: Nanoseconds) -> bool {
        let parts = match &mut self.parts {
            Err(_) => return true,
            Ok(Some(parts)) if self.expected <= left => parts,
            Ok(_) => return false,
        };
        let start = clock.now();
        let values: Result<Vec<f64>, Fault> =
            parts.iter_mut().map(|part| part.measure(clock)).collect();
        self.expected = clock.now().saturating_sub(start);
        match values {
            Err(fault) => self.parts = Err(fault),
            Ok(values) => {
                let rows = self.values.iter_mut().zip(values);
                rows.for_each(|(row, value)| row.push(value));
            }
        }
        true
    }

    fn outcome(self) -> Outcome {
        self.parts.map(|_| self.values)
    }
}

/// Work that is ready to be measured.
struct Part<'d> {
    prepared: Box<dyn Prepared + 'd>,
    way: Way,
    /// Of one execution.
    amount: f64,
    variant: usize,
    /// Executions of a stretch.
    times: u64,
    /// Nanoseconds of one execution.
    each: u64,
}

fn ready<'d, C: Clock>(
    device: &'d dyn Device,
    task: &Task,
    cold: bool,
    clock: &C,
    deadline: Nanoseconds,
) -> Result<Vec<Part<'d>>, Fault> {
    let parts = task.parts.iter();
    parts
        .map(|&(work, way)| {
            let mut part = Part::new(device.prepare(work)?, work, way, device.facts());
            match way {
                Way::Rate => part.choose(cold, clock, deadline)?,
                _ => part.finish(1)?,
            }
            Ok(part)
        })
        .collect()
}

impl<'d> Part<'d> {
    fn new(prepared: Box<dyn Prepared + 'd>, work: Work, way: Way, facts: &Facts) -> Self {
        Self {
            prepared,
            way,
            amount: work.amount(facts),
            variant: 0,
            times: 1,
            each: 0,
        }
    }

    /// Takes the way that is fastest when tried, once each after a first time that does not count.
    fn choose<C: Clock>(
        &mut self,
        cold: bool,
        clock: &C,
        deadline: Nanoseconds,
    ) -> Result<(), Fault> {
        let (mut best, mut refused) = (None, None);
        for variant in 0..self.prepared.variants() {
            if best.is_some() && clock.now() >= deadline {
                break;
            }
            match self.trial(variant, cold) {
                Ok(each) => best = best.into_iter().chain([(each, variant)]).min(),
                Err(fault) => refused = Some(fault),
            }
        }
        let none = || Fault::new("choosing a way", "there is none");
        let (each, variant) = best.ok_or_else(|| refused.unwrap_or_else(none))?;
        (self.each, self.variant) = (each, variant);
        self.times = stretch(LAP, each);
        Ok(())
    }

    /// Nanoseconds of one execution, over a quarter of a stretch.
    fn trial(&mut self, variant: usize, cold: bool) -> Result<u64, Fault> {
        let quarter = Nanoseconds::from_nanos(LAP.as_nanos() / 4);
        let first = self.prepared.timed(variant, 1)?.as_nanos().max(1);
        if cold {
            self.prepared.timed(variant, stretch(WARM_UP, first))?;
        }
        let times = stretch(quarter, first);
        let all = self.prepared.timed(variant, times)?.as_nanos();
        Ok((all / times).max(1))
    }

    /// About how long [`Part::measure`] takes, in nanoseconds.
    fn expected(&self) -> u64 {
        const START: u64 = 20_000;
        match self.way {
            Way::Rate => LAPS * self.times * self.each,
            Way::Start | Way::RoundTrip => SINGLES * START,
            Way::Starts => IN_A_ROW * START,
        }
    }

    fn measure<C: Clock>(&mut self, clock: &C) -> Result<f64, Fault> {
        match self.way {
            Way::Rate => self.rate(),
            Way::Start => self.median(clock, |part, clock| {
                let start = clock.now();
                part.prepared.start(0, 1)?;
                let taken = clock.now().saturating_sub(start);
                part.prepared.wait().map(|()| taken)
            }),
            Way::RoundTrip => self.median(clock, |part, clock| {
                let start = clock.now();
                part.finish(1)?;
                Ok(clock.now().saturating_sub(start))
            }),
            Way::Starts => {
                let start = clock.now();
                self.prepared.start(0, IN_A_ROW)?;
                let taken = clock.now().saturating_sub(start);
                self.prepared.wait()?;
                Ok(taken.as_nanos() as f64 / IN_A_ROW as f64)
            }
        }
    }

    /// Of the fastest of some stretches.
    fn rate(&mut self) -> Result<f64, Fault> {
        let mut rates = Vec::new();
        for _ in 0..LAPS {
            let taken = self.prepared.timed(self.variant, self.times)?;
            rates.push(self.amount * self.times as f64 / taken.as_secs_f64());
        }
        let sound = |rate: &f64| rate.is_finite() && *rate > 0.0;
        let none = || Fault::new("timing", "the device's clock did not move");
        let rates: Vec<f64> = rates.into_iter().filter(sound).collect();
        spread::greatest(&rates).ok_or_else(none)
    }

    fn median<C: Clock>(
        &mut self,
        clock: &C,
        once: impl Fn(&mut Self, &C) -> Result<Nanoseconds, Fault>,
    ) -> Result<f64, Fault> {
        let taken: Result<Vec<f64>, Fault> = (0..SINGLES)
            .map(|_| once(self, clock).map(|taken| taken.as_nanos() as f64))
            .collect();
        let none = || Fault::new("timing", "nothing was timed");
        spread::middle(&taken?).ok_or_else(none)
    }

    fn finish(&mut self, times: u64) -> Result<(), Fault> {
        self.prepared.start(0, times)?;
        self.prepared.wait()
    }
}

/// How often something that takes `each` nanoseconds fills `whole`; once at least.
fn stretch(whole: Nanoseconds, each: u64) -> u64 {
    const MOST: u64 = 10_000;
    whole.as_nanos().div_ceil(each.max(1)).clamp(1, MOST)
}

#[cfg(test)]
mod tests;
