//! The closed loop: the next request is issued as soon as the one before it is done.

use tare_units::Nanoseconds;

use crate::bounds::Bounds;
use crate::{Progress, Schedule, Step};

/// One request in flight; each is scheduled for the moment at which it can be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedLoop {
    batch: u64,
    bounds: Bounds,
}

impl ClosedLoop {
    pub(crate) const fn new(batch: u64, bounds: Bounds) -> Self {
        Self { batch, bounds }
    }
}

impl Schedule for ClosedLoop {
    #[inline]
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        if self.bounds.reached(now, progress) {
            return Step::Done;
        }
        if progress.in_flight() > 0 {
            return Step::WaitForCompletion;
        }
        Step::Issue {
            scheduled: now,
            samples: self.batch,
        }
    }
}
