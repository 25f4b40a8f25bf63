//! One server: a session on a thread of its own that takes requests from the queue, alone or several together.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tare_adapter_api::{AdapterError, Session};
use tare_clock::{Clock, Pacer};
use tare_units::Nanoseconds;

use super::dispatch::Next;
use super::round::{Due, Round};
use super::sleeper::wait_for;
use super::slots::End;
use crate::pool::Pool;
use crate::worker::panic_text;

/// How long an idle server spins before it sleeps.
const SPIN: Nanoseconds = Nanoseconds::from_micros(50);

/// A session at its place.
pub struct Server<'a, C> {
    /// From 0.
    pub place: usize,
    /// Executes requests.
    pub session: &'a mut dyn Session,
    /// What they are fed.
    pub feed: &'a Pool,
    /// Times them.
    pub clock: &'a C,
    /// Whether an idle server may spin: it has a core that nobody else needs.
    pub spins: bool,
}

impl<C: Clock> Server<'_, C> {
    /// Serves until the round is over; `false` where the session can serve no longer.
    pub fn serve(&mut self, round: &Round) -> bool {
        let mut batch: Vec<Due> = Vec::with_capacity(round.dispatch.max_batch.min(round.room()));
        let mut pacer = Pacer::new(self.clock);
        let mut turn = self.place;
        round.sit(self.place);
        while self.take(round, &mut batch, &mut pacer) {
            let run = || self.run(batch.len(), turn);
            let result = catch_unwind(AssertUnwindSafe(run));
            let end = self.clock.now();
            turn += 1;
            let is_done = matches!(result, Ok(Ok(())));
            let done = if is_done { batch.len() as u64 } else { 0 };
            round.executed(self.place, (batch.len(), done), end);
            round.end(&batch, end, |due| match is_done {
                true => End::Done(end.saturating_sub(due.scheduled)),
                false => End::Error,
            });
            batch.clear();
            match result {
                Ok(Ok(())) => {}
                Ok(Err(error)) => round.fail(error),
                Err(panic) => {
                    round.fail(panicked(panic.as_ref()));
                    round.lose_one();
                    return false;
                }
            }
        }
        round.wake_all();
        true
    }

    #[inline]
    fn run(&mut self, count: usize, turn: usize) -> Result<(), AdapterError> {
        let inputs = self.feed.of(count as u64 * self.feed.own_batch(), turn);
        let inputs = inputs.ok_or_else(|| no_inputs(count))?;
        self.session.run(inputs)
    }

    /// Fills `batch` with what is executed together; `false` when the round is over.
    #[inline]
    fn take(&self, round: &Round, batch: &mut Vec<Due>, pacer: &mut Pacer<C>) -> bool {
        let mut gathers = false;
        loop {
            gathers = gathers || round.gathers(self.place);
            if gathers {
                while batch.len() < round.dispatch.max_batch
                    && let Some(due) = round.pop()
                {
                    batch.push(due);
                }
            }
            if round.is_abandoned() {
                return give_back(round, batch, self.clock.now());
            }
            let now = self.clock.now();
            let oldest = batch.first().map(|due| due.scheduled);
            match round.dispatch.next(batch.len(), oldest, now) {
                Next::Expire => expire(round, batch, now),
                Next::Begin(count) => {
                    round.take(count);
                    round.gathered();
                    return true;
                }
                Next::WaitUntil(time) => {
                    let comes = || round.has_more() || round.is_abandoned();
                    let sleeper = &round.seats[self.place].0.sleeper;
                    let until = sleeper.asleep(|| pacer.wait_unless(time, &comes));
                    let seat = &round.seats[self.place].0;
                    seat.idled(until.saturating_sub(now));
                }
                Next::Idle => {
                    if std::mem::take(&mut gathers) {
                        round.gathered();
                    }
                    if round.is_over() {
                        return false;
                    }
                    self.idle(round, now);
                }
            }
        }
    }

    fn idle(&self, round: &Round, since: Nanoseconds) {
        let seat = &round.seats[self.place].0;
        let spin = if self.spins { SPIN } else { Nanoseconds::ZERO };
        let calls = || round.calls();
        let until = wait_for(&seat.sleeper, self.clock, (since, spin), &calls);
        seat.idled(until.saturating_sub(since));
    }
}

fn expire(round: &Round, batch: &mut Vec<Due>, now: Nanoseconds) {
    let late = batch.remove(0);
    round.take(1);
    round.end(&[late], now, |_| End::TimedOut);
}

/// What was not begun will not be.
fn give_back(round: &Round, batch: &mut Vec<Due>, now: Nanoseconds) -> bool {
    round.leave(batch, now);
    batch.clear();
    round.gathered();
    false
}

fn no_inputs(count: usize) -> AdapterError {
    AdapterError::Run(format!("there are no inputs for {count} requests together"))
}

/// What a panic says.
pub fn panicked(panic: &(dyn std::any::Any + Send)) -> AdapterError {
    AdapterError::Run(format!("the framework panicked: {}", panic_text(panic)))
}
