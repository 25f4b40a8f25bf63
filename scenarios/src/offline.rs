//! Offline: every sample is there from the start, and requests follow each other as fast as they are taken.

use tare_units::Nanoseconds;

use crate::bounds::Bounds;
use crate::{Progress, Schedule, Step};

/// Any number of requests in flight, all of them scheduled for the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offline {
    batch: u64,
    bounds: Bounds,
}

impl Offline {
    pub(crate) const fn new(batch: u64, bounds: Bounds) -> Self {
        Self { batch, bounds }
    }
}

impl Schedule for Offline {
    #[inline]
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        if self.bounds.reached(now, progress) {
            return Step::Done;
        }
        Step::Issue {
            scheduled: progress.started,
            samples: self.batch,
        }
    }
}
