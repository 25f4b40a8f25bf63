//! The open loop: requests are due at times of their own, whatever became of those before them.

use tare_units::Nanoseconds;

use crate::arrivals::Arrivals;
use crate::bounds::Bounds;
use crate::{Progress, Schedule, Step};

/// Any number of requests in flight; each is scheduled for the time at which it is due, however late it is issued.
///
/// It ends with the duration, which it waits for, or with its last request, where these are limited. What is due before
/// the end is issued, even after it.
#[derive(Debug, Clone)]
pub struct OpenLoop {
    arrivals: Arrivals,
    batch: u64,
    bounds: Bounds,
    /// The request that `due` is the time of.
    place: u64,
    due: Option<u64>,
}

impl OpenLoop {
    pub(crate) fn new(mut arrivals: Arrivals, batch: u64, bounds: Bounds) -> Self {
        let due = arrivals.next();
        Self {
            arrivals,
            batch,
            bounds,
            place: 0,
            due,
        }
    }

    /// From the start to the end, before any request was issued: the duration, or the time at which the last request is due
    /// where the minimum makes that later, or a trace earlier.
    pub fn length(&self) -> Nanoseconds {
        let mut arrivals = self.arrivals.clone();
        let least = self.bounds.least();
        let mut last = self.due.filter(|_| least > 0);
        for _ in 1..least {
            match arrivals.next() {
                None => break,
                next => last = next,
            }
        }
        let last = Nanoseconds::from_nanos(last.unwrap_or(0));
        let length = last.max(self.bounds.duration());
        let end = self.arrivals.end().map(Nanoseconds::from_nanos);
        end.map_or(length, |end| length.min(end))
    }
}

impl Schedule for OpenLoop {
    #[inline]
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        while self.place < progress.issued {
            self.due = self.arrivals.next();
            self.place += 1;
        }
        let Some(due) = self.due.filter(|_| progress.issued < self.bounds.most()) else {
            return Step::Done;
        };
        let end = self.bounds.duration();
        let time = if due < end.as_nanos() || progress.issued < self.bounds.least() {
            progress.started + Nanoseconds::from_nanos(due)
        } else if now.saturating_sub(progress.started) < end {
            return Step::WaitUntil(progress.started + end);
        } else {
            return Step::Done;
        };
        if time > now {
            return Step::WaitUntil(time);
        }
        Step::Issue {
            scheduled: time,
            samples: self.batch,
        }
    }

    fn heeds_completions(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
