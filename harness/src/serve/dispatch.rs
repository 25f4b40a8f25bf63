//! What a server does with the requests that wait: a pure rule, the same for threads and in simulation.

use tare_scenarios::Serving;
use tare_units::Nanoseconds;

/// How requests that wait are put together, and how long they may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispatch {
    /// Requests that are executed together at the most.
    pub max_batch: usize,
    /// How long a request waits for others, from when it was due.
    pub batch_delay: Nanoseconds,
    /// A request that is not begun this long after it was due has failed.
    pub timeout: Option<Nanoseconds>,
}

/// What a server that is free does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The oldest request has waited too long: it has failed, and the rule is asked again.
    Expire,
    /// Execute so many of the oldest together.
    Begin(usize),
    /// Ask again at this time, or once another request waits.
    WaitUntil(Nanoseconds),
    /// Nothing waits.
    Idle,
}

impl Dispatch {
    /// As `serving` says.
    pub fn of(serving: &Serving) -> Self {
        Self {
            max_batch: usize::try_from(serving.max_batch)
                .unwrap_or(usize::MAX)
                .max(1),
            batch_delay: serving.batch_delay,
            timeout: serving.timeout,
        }
    }

    /// What to do at `now` where `waiting` requests wait and the oldest of them was due at `oldest`.
    #[inline]
    pub fn next(&self, waiting: usize, oldest: Option<Nanoseconds>, now: Nanoseconds) -> Next {
        let Some(oldest) = oldest.filter(|_| waiting > 0) else {
            return Next::Idle;
        };
        if self.timeout.is_some_and(|timeout| now > oldest + timeout) {
            return Next::Expire;
        }
        let full = oldest + self.batch_delay;
        if waiting >= self.max_batch || now >= full {
            return Next::Begin(waiting.min(self.max_batch));
        }
        Next::WaitUntil(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(nanos: u64) -> Nanoseconds {
        Nanoseconds::from_nanos(nanos)
    }

    const ONE: Dispatch = Dispatch {
        max_batch: 1,
        batch_delay: Nanoseconds::ZERO,
        timeout: None,
    };
    const FOUR: Dispatch = Dispatch {
        max_batch: 4,
        batch_delay: at(50),
        timeout: None,
    };

    #[test]
    fn without_batches_a_request_begins_at_once_and_however_late() {
        assert_eq!(ONE.next(0, None, at(7)), Next::Idle);
        assert_eq!(ONE.next(3, Some(at(7)), at(7)), Next::Begin(1));
        assert_eq!(ONE.next(3, Some(at(7)), at(u64::MAX)), Next::Begin(1));
    }

    #[test]
    fn a_batch_begins_when_it_is_full_or_its_oldest_has_waited_the_delay() {
        assert_eq!(
            FOUR.next(3, Some(at(100)), at(120)),
            Next::WaitUntil(at(150))
        );
        assert_eq!(FOUR.next(4, Some(at(100)), at(120)), Next::Begin(4));
        assert_eq!(FOUR.next(9, Some(at(100)), at(120)), Next::Begin(4));
        assert_eq!(FOUR.next(3, Some(at(100)), at(150)), Next::Begin(3));
    }

    #[test]
    fn a_request_that_waited_longer_than_the_timeout_is_never_begun() {
        let impatient = Dispatch {
            timeout: Some(at(80)),
            ..FOUR
        };
        assert_eq!(impatient.next(1, Some(at(100)), at(180)), Next::Begin(1));
        assert_eq!(impatient.next(9, Some(at(100)), at(181)), Next::Expire);
    }

    #[test]
    fn a_batch_of_none_is_a_batch_of_one() {
        let serving = Serving {
            workers: 1,
            max_batch: 0,
            batch_delay: Nanoseconds::ZERO,
            queue: 1,
            timeout: None,
            objective: None,
            search: false,
        };
        assert_eq!(Dispatch::of(&serving), ONE);
    }
}
