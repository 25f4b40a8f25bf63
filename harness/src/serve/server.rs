//! One server: a session on a thread of its own that takes requests from the queue, alone or several together.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tare_adapter_api::{AdapterError, Session, Tensor};
use tare_clock::{Clock, Pacer};
use tare_units::Nanoseconds;

use super::dispatch::Next;
use super::round::{Due, Round, wait_for};
use super::slots::End;
use crate::worker::panic_text;

/// How long an idle server spins before it sleeps.
const SPIN: Nanoseconds = Nanoseconds::from_micros(50);

/// What requests are fed, by how many are executed together.
#[derive(Debug)]
pub struct Feed(Vec<Vec<Vec<Tensor>>>);

impl Feed {
    /// Inputs in turn for one request, for two together, and so on.
    pub fn new(by_count: Vec<Vec<Vec<Tensor>>>) -> Self {
        Self(by_count)
    }

    /// The inputs for one request in turn.
    pub fn singly(&self) -> &[Vec<Tensor>] {
        self.0.first().map_or(&[], Vec::as_slice)
    }

    fn of(&self, count: usize, turn: usize) -> Option<&[Tensor]> {
        let pool = self.0.get(count - 1)?;
        pool.get(turn % pool.len().max(1)).map(Vec::as_slice)
    }
}

/// A session at its place.
pub struct Server<'a, C> {
    /// From 0.
    pub place: usize,
    /// Executes requests.
    pub session: &'a mut dyn Session,
    /// What they are fed.
    pub feed: &'a Feed,
    /// Times them.
    pub clock: &'a C,
    /// Whether an idle server may spin: it has a core that nobody else needs.
    pub spins: bool,
}

impl<C: Clock> Server<'_, C> {
    /// Serves until the round is over; `false` where the session can serve no longer.
    pub fn serve(&mut self, round: &Round) -> bool {
        let mut batch: Vec<Due> = Vec::with_capacity(round.dispatch.max_batch.min(4096));
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
            round.end(&batch, |due| match is_done {
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
        let inputs = self.feed.of(count, turn).ok_or_else(|| no_inputs(count))?;
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
                return give_back(round, batch);
            }
            let now = self.clock.now();
            let oldest = batch.first().map(|due| due.scheduled);
            match round.dispatch.next(batch.len(), oldest, now) {
                Next::Expire => expire(round, batch),
                Next::Begin(count) => {
                    round.take(count);
                    round.gathered();
                    return true;
                }
                Next::WaitUntil(time) => {
                    let comes = || round.has_more() || round.is_abandoned();
                    let sleeper = &round.seats[self.place].0.sleeper;
                    sleeper.asleep(|| pacer.wait_unless(time, &comes));
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

fn expire(round: &Round, batch: &mut Vec<Due>) {
    let late = batch.remove(0);
    round.take(1);
    round.end(&[late], |_| End::TimedOut);
}

/// What was not begun will not be.
fn give_back(round: &Round, batch: &mut Vec<Due>) -> bool {
    round.take(batch.len());
    round.end(batch, |_| End::TimedOut);
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
