//! Blocks until the gate is decided or its budget is over: a function of two sides and a clock.

use tare_clock::Clock;
use tare_gate::{Block, Conditions, Fault, Gate, Limits, Metric, Next, PlanError, Side};
use tare_harness::{self as harness, Lockstep, RunError};
use tare_units::Nanoseconds;

use super::given::{Given, counts_delay, is_counted_whole};

/// What the two processes of a block gave, whichever statistic decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// Which side went first.
    pub first: Side,
    /// Of the baseline's process.
    pub baseline: Result<Given, Fault>,
    /// Of the candidate's process.
    pub candidate: Result<Given, Fault>,
}

/// A gate, and the blocks that it was given: another statistic can be made of them.
#[derive(Debug)]
pub struct Judge {
    metric: Metric,
    limits: Limits,
    conditions: Conditions,
    /// Whether the run delay counts by the blocks so far.
    counted: bool,
    made: Vec<Made>,
    gate: Gate,
}

/// Why no more blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The gate is decided, or cannot be.
    Over,
    /// The budget has no room for what the next look takes.
    OutOfTime,
    /// The user stopped it.
    Stopped,
}

/// Who is told of blocks while they are made.
pub trait Watcher {
    /// The block after those that `gate` has seen begins; so much time is left until its next look, and until its last.
    fn begins(&mut self, gate: &Gate, left: Option<(Nanoseconds, Nanoseconds)>);

    /// What a block gave.
    fn ended(&mut self, gate: &Gate);
}

impl Judge {
    /// Of no blocks yet.
    ///
    /// # Errors
    /// Where nothing could be decided by these limits.
    pub fn new(metric: Metric, limits: Limits, conditions: Conditions) -> Result<Self, PlanError> {
        Ok(Self {
            metric,
            limits,
            conditions,
            counted: conditions.run_delay,
            made: Vec::new(),
            gate: Gate::new(metric, limits, conditions)?,
        })
    }

    /// The gate as it stands.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// One more block. Where the run delay begins to count with it, or ends to, all blocks are judged anew. Once a look was taken, it
    /// can only end to, for good, and the looks that were taken are not taken again: so each look takes its share of the stated error
    /// once, by whichever statistic.
    pub fn push(&mut self, made: Made) {
        let first = self.gate.looks().first().map_or(1, |look| look.blocks);
        let is_looked = self.made.len() >= first;
        self.made.push(made);
        if self.made.len() >= first {
            self.refuse_counts_in_part();
        }
        let counts = self.conditions.run_delay && self.counts_delay();
        if counts != self.counted && (!is_looked || self.counted) {
            self.counted = counts;
            self.judge_again();
            if is_looked {
                self.gate.skip_looks_below(self.made.len());
            }
        } else if let Some(made) = self.made.last() {
            self.gate.push(block(made, &self.gate));
        }
    }

    /// Makes faults of the last block's figures where what counts them saw a part of most of their side's work.
    fn refuse_counts_in_part(&mut self) {
        let baseline = is_counted_whole(self.made.iter().flat_map(|made| &made.baseline));
        let candidate = is_counted_whole(self.made.iter().flat_map(|made| &made.candidate));
        let Some(last) = self.made.last_mut() else {
            return;
        };
        if let Err(fault) = baseline {
            last.baseline = Err(fault);
        }
        if let Err(fault) = candidate {
            last.candidate = Err(fault);
        }
    }

    fn counts_delay(&self) -> bool {
        let baseline = self.made.iter().flat_map(|made| &made.baseline);
        let candidate = self.made.iter().flat_map(|made| &made.candidate);
        counts_delay(baseline) && counts_delay(candidate)
    }

    fn judge_again(&mut self) {
        let conditions = Conditions {
            run_delay: self.counted,
            ..self.conditions
        };
        // The limits were accepted before, and they alone are what can be refused.
        if let Ok(gate) = Gate::new(self.metric, self.limits, conditions) {
            self.gate = gate;
        }
        for made in &self.made {
            self.gate.push(block(made, &self.gate));
        }
    }
}

fn block(made: &Made, gate: &Gate) -> Block {
    let figure = |given: &Result<Given, Fault>| match given {
        Ok(given) => given.figure(gate.statistic()),
        Err(fault) => Err(fault.clone()),
    };
    Block {
        first: made.first,
        baseline: figure(&made.baseline),
        candidate: figure(&made.candidate),
    }
}

/// Makes blocks until `judge` has decided, `until` has come, or a run is stopped; `read` tells what a block gave.
///
/// # Errors
/// Where a record cannot be kept.
pub fn decide<S: harness::Side>(
    lockstep: &mut Lockstep<S>,
    judge: &mut Judge,
    (clock, until): (&impl Clock, Nanoseconds),
    read: &dyn Fn(&harness::Block) -> Made,
    watcher: &mut dyn Watcher,
) -> Result<End, RunError> {
    let began = clock.now();
    loop {
        let Next::More { blocks: next } = judge.gate().next() else {
            return Ok(End::Over);
        };
        let made = judge.made.len();
        let most = judge.gate().looks().last().map_or(next, |look| look.blocks);
        let left = left(clock.now().saturating_sub(began), made, [next, most]);
        let needed = left.map_or(Nanoseconds::ZERO, |(next, _)| next);
        if clock.now() + needed > until {
            return Ok(End::OutOfTime);
        }
        watcher.begins(judge.gate(), left);
        let Some(block) = lockstep.block(clock, until)? else {
            return Ok(End::Stopped);
        };
        if clock.now() >= until {
            return Ok(End::OutOfTime);
        }
        judge.push(read(&block));
        watcher.ended(judge.gate());
    }
}

/// The time until there are so many blocks, at the pace of those that are made; `None` before the first.
fn left(
    spent: Nanoseconds,
    made: usize,
    [next, most]: [usize; 2],
) -> Option<(Nanoseconds, Nanoseconds)> {
    let pace = spent.as_nanos().checked_div(made as u64)?;
    let until = |blocks: usize| {
        Nanoseconds::from_nanos(pace.saturating_mul(blocks.saturating_sub(made) as u64))
    };
    Some((until(next), until(most)))
}

#[cfg(test)]
pub mod tests;
