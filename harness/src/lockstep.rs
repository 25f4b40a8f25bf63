//! Two runs in lockstep: a block is a repeat of each, in an order that a coin decides, so that slow drift of the machine
//! meets both alike.

use tare_clock::Clock;
use tare_results::Record;
use tare_scenarios::{Seed, coin};
use tare_units::Nanoseconds;

use crate::pilot::Pilot;
use crate::run::{Progress, Repeats, RunError, RunOutcome, RunRequest};

/// One of the two.
pub trait Side {
    /// Makes its next repeat, whose worker takes `at_most` so long; `None` where the run was stopped over it.
    ///
    /// # Errors
    /// Where its record cannot be kept. A worker that fails is a record like any other.
    fn repeat(&mut self, at_most: Nanoseconds) -> Result<Option<Record>, RunError>;
}

/// A repeat of each side, one right after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The baseline's.
    pub baseline: Record,
    /// The candidate's.
    pub candidate: Record,
    /// Whether the candidate's came first.
    pub candidate_first: bool,
}

/// Two sides that take turns.
#[derive(Debug)]
pub struct Lockstep<S> {
    baseline: S,
    candidate: S,
    seed: u64,
    blocks: u64,
}

impl<S: Side> Lockstep<S> {
    /// Orders are drawn from `seed`.
    pub fn new(baseline: S, candidate: S, seed: u64) -> Self {
        Self {
            baseline,
            candidate,
            seed,
            blocks: 0,
        }
    }

    /// The next block, of which no worker lives on after `until`; `None` where a run was stopped over it.
    ///
    /// # Errors
    /// Where a record cannot be kept.
    pub fn block(
        &mut self,
        clock: &impl Clock,
        until: Nanoseconds,
    ) -> Result<Option<Block>, RunError> {
        let candidate_first = coin(Seed::new(self.seed, self.blocks));
        self.blocks += 1;
        let sides = match candidate_first {
            true => [&mut self.candidate, &mut self.baseline],
            false => [&mut self.baseline, &mut self.candidate],
        };
        let mut records = Vec::with_capacity(sides.len());
        for side in sides {
            match side.repeat(until.saturating_sub(clock.now()))? {
                Some(record) => records.push(record),
                None => return Ok(None),
            }
        }
        let (second, first) = (records.pop(), records.pop());
        let block = first.zip(second).map(|(first, second)| {
            let (baseline, candidate) = match candidate_first {
                true => (second, first),
                false => (first, second),
            };
            Block {
                baseline,
                candidate,
                candidate_first,
            }
        });
        Ok(block)
    }
}

impl<'a, C: Clock> Lockstep<Repeats<'a, C>> {
    /// Gets both runs ready. The run delay is read in both or in neither: it costs time that is part of the latency.
    ///
    /// # Errors
    /// Where a plan has no cell, or a record cannot be kept.
    pub fn begin(
        baseline: (RunRequest<'a>, &'a mut dyn Progress),
        candidate: (RunRequest<'a>, &'a mut dyn Progress),
        seed: u64,
        clock: &'a C,
    ) -> Result<Self, RunError> {
        let mut baseline = Repeats::begin(baseline.0, clock, baseline.1)?;
        let mut candidate = Repeats::begin(candidate.0, clock, candidate.1)?;
        let of_other = |side: &str, reason: &str| format!("not read of the {side}: {reason}");
        match (baseline.no_run_delay(), candidate.no_run_delay()) {
            (Some(reason), None) => {
                let reason = of_other("baseline", reason);
                candidate.forgo_run_delay(reason);
            }
            (None, Some(reason)) => {
                let reason = of_other("candidate", reason);
                baseline.forgo_run_delay(reason);
            }
            _ => {}
        }
        Ok(Self::new(baseline, candidate, seed))
    }

    /// A short go at each side, the baseline's first. How long all threads wait is read of both from then on or of neither: it
    /// costs time that is part of the latency.
    pub fn pilots(&mut self) -> [Pilot; 2] {
        let pilots = [self.baseline.pilot(), self.candidate.pilot()];
        if pilots.iter().any(|pilot| pilot.waiting.is_err()) {
            self.baseline.forgo_waiting();
            self.candidate.forgo_waiting();
        }
        pilots
    }

    /// No more requests than this in a repeat of either side from now on.
    pub fn limit_requests(&mut self, most: u64) {
        self.baseline.limit_requests(most);
        self.candidate.limit_requests(most);
    }

    /// Why the run delay is not read; `None` where it is.
    pub fn no_run_delay(&self) -> Option<&str> {
        self.baseline.no_run_delay()
    }

    /// Ends both runs: how the baseline's and the candidate's ended.
    pub fn finish(self) -> (RunOutcome, RunOutcome) {
        (self.baseline.finish(), self.candidate.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use tare_clock::SimulatedClock;

    use super::*;
    use crate::compose::tests::built;

    /// A repeat of these takes a second.
    const REPEAT: Nanoseconds = Nanoseconds::from_secs(1);
    const LATE: Nanoseconds = Nanoseconds::from_secs(1_000_000);

    /// Who was asked for a repeat, and how long it could take.
    type Asked = Rc<RefCell<Vec<(&'static str, Nanoseconds)>>>;

    /// Notes when it is asked, and stops at its `stops`-th repeat.
    struct Noted {
        name: &'static str,
        asked: Asked,
        clock: SimulatedClock,
        made: u64,
        stops: u64,
    }

    impl Side for Noted {
        fn repeat(&mut self, at_most: Nanoseconds) -> Result<Option<Record>, RunError> {
            self.asked.borrow_mut().push((self.name, at_most));
            self.clock.advance(REPEAT);
            if self.made == self.stops {
                return Ok(None);
            }
            let record = built::record(self.name, built::cell(1), self.made);
            self.made += 1;
            Ok(Some(record))
        }
    }

    fn lockstep(seed: u64, stops: [u64; 2]) -> (Lockstep<Noted>, SimulatedClock, Asked) {
        let clock = SimulatedClock::new();
        let asked = Asked::default();
        let side = |name, stops| Noted {
            name,
            asked: Rc::clone(&asked),
            clock: clock.clone(),
            made: 0,
            stops,
        };
        let (baseline, candidate) = (side("baseline", stops[0]), side("candidate", stops[1]));
        (Lockstep::new(baseline, candidate, seed), clock, asked)
    }

    fn orders(seed: u64, blocks: usize) -> Vec<bool> {
        let (mut lockstep, clock, _) = lockstep(seed, [u64::MAX; 2]);
        let mut block = || {
            let block = lockstep.block(&clock, LATE).expect("kept");
            block.expect("made").candidate_first
        };
        (0..blocks).map(|_| block()).collect()
    }

    #[test]
    fn a_block_is_a_repeat_of_each_side_in_the_order_that_it_says() {
        let (mut lockstep, clock, asked) = lockstep(7, [u64::MAX; 2]);
        for number in 0..20 {
            let block = lockstep.block(&clock, LATE).expect("kept").expect("made");
            let repeats = (block.baseline.repeat, block.candidate.repeat);
            assert_eq!(repeats, (number, number));
            let runs = (block.baseline.run.as_str(), block.candidate.run.as_str());
            assert_eq!(runs, ("baseline", "candidate"));
            let order: Vec<_> = asked.borrow_mut().drain(..).map(|(name, _)| name).collect();
            match block.candidate_first {
                true => assert_eq!(order, ["candidate", "baseline"]),
                false => assert_eq!(order, ["baseline", "candidate"]),
            }
        }
    }

    #[test]
    fn the_order_is_a_fair_coin_s_and_the_seed_s_alone() {
        let drawn = orders(7, 1_000);
        assert_eq!(drawn, orders(7, 1_000));
        assert_ne!(drawn, orders(8, 1_000));
        let first = drawn.iter().filter(|first| **first).count();
        assert!(first.abs_diff(500) < 64, "{first}: four standard errors");
        let changes = drawn.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(
            changes.abs_diff(500) < 64,
            "{changes}: four standard errors"
        );
    }

    #[test]
    fn no_worker_may_live_on_after_the_end_that_was_given() {
        let (mut lockstep, clock, asked) = lockstep(7, [u64::MAX; 2]);
        let until = Nanoseconds::from_secs(10);
        lockstep.block(&clock, until).expect("kept").expect("made");
        lockstep
            .block(&clock, Nanoseconds::from_secs(1))
            .expect("kept")
            .expect("made");
        let limits: Vec<u64> = asked
            .borrow()
            .iter()
            .map(|(_, most)| most.as_nanos() / 1_000_000_000)
            .collect();
        assert_eq!(limits, [10, 9, 0, 0]);
    }

    #[test]
    fn a_block_that_a_stop_interrupts_is_none() {
        for stops in [[2, u64::MAX], [u64::MAX, 2]] {
            let (mut lockstep, clock, _) = lockstep(7, stops);
            let mut is_made = || lockstep.block(&clock, LATE).expect("kept").is_some();
            assert_eq!([is_made(), is_made(), is_made()], [true, true, false]);
        }
    }
}
