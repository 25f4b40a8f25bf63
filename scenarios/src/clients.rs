//! Many clients in a closed loop: each issues a request, waits for it, thinks, and issues the next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tare_units::Nanoseconds;

use crate::bounds::Bounds;
use crate::catalogue::Think;
use crate::random::{Random, Seed, Stream};
use crate::{Progress, Schedule, Step};

/// At most as many requests in flight as there are clients, each scheduled for the end of its client's think time.
///
/// Clients are alike, so nobody need tell whose request is done: for each completion that is told, one client thinks from
/// when it was, however late it was heard of. At the start all of them think: those whose think time is constant, spread evenly over it, the others each for a
/// time of its own.
#[derive(Debug, Clone)]
pub struct Clients {
    /// When the clients that think will be done, in nanoseconds from the start; has room for all of them.
    thinking: BinaryHeap<Reverse<u64>>,
    times: ThinkTimes,
    batch: u64,
    bounds: Bounds,
    issued: u64,
    completed: u64,
}

#[derive(Debug, Clone)]
struct ThinkTimes {
    think: Think,
    random: Random,
}

impl ThinkTimes {
    #[inline]
    fn next(&mut self) -> u64 {
        match self.think {
            Think::Constant(time) => time.as_nanos(),
            Think::Exponential(mean) => (mean.as_nanos() as f64 * self.random.exponential()) as u64,
        }
    }

    /// The first think time of the client at `place` of `clients`.
    fn first(&mut self, place: u64, clients: u64) -> u64 {
        match self.think {
            Think::Constant(time) => {
                let part = u128::from(time.as_nanos()) * u128::from(place) / u128::from(clients);
                u64::try_from(part).unwrap_or(u64::MAX)
            }
            Think::Exponential(_) => self.next(),
        }
    }
}

impl Clients {
    pub(crate) fn new(clients: u64, think: Think, seed: Seed, batch: u64, bounds: Bounds) -> Self {
        let random = Random::new(seed, Stream::ThinkTimes);
        let mut times = ThinkTimes { think, random };
        let first = (0..clients).map(|place| Reverse(times.first(place, clients)));
        Self {
            thinking: first.collect::<Vec<_>>().into(),
            times,
            batch,
            bounds,
            issued: 0,
            completed: 0,
        }
    }

    /// Takes the clients that issued a request out, and those whose request is done back in. None of this allocates: the
    /// clients that think are never more than there were at the start.
    #[inline]
    fn follow(&mut self, progress: &Progress) {
        while self.issued < progress.issued {
            self.thinking.pop();
            self.issued += 1;
        }
        let ended = progress.ended.saturating_sub(progress.started).as_nanos();
        while self.completed < progress.completed {
            let done = ended.saturating_add(self.times.next());
            self.thinking.push(Reverse(done));
            self.completed += 1;
        }
    }
}

impl Schedule for Clients {
    #[inline]
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        self.follow(progress);
        if self.bounds.reached(now, progress) {
            return Step::Done;
        }
        let Some(Reverse(due)) = self.thinking.peek() else {
            return Step::WaitForCompletion;
        };
        let due = progress.started + Nanoseconds::from_nanos(*due);
        if due <= now {
            return Step::Issue {
                scheduled: due,
                samples: self.batch,
            };
        }
        Step::WaitUntil(self.bounds.no_later_than_the_end(due, progress))
    }
}

#[cfg(test)]
mod tests;
