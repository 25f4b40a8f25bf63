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

#[cfg(test)]
mod tests {
    use crate::simulation::{limits, run, schedule};

    #[test]
    fn everything_is_scheduled_for_the_start_and_issued_as_fast_as_it_is_taken() {
        let mut offline = schedule("offline:samples=6", limits(1, 100, 2));
        let trace = run(&mut offline, 50, 2, |_| 10);
        assert_eq!(trace.scheduled, [50, 50, 50]);
        assert_eq!(trace.issued, [50, 50, 60]);
        assert_eq!(
            (trace.samples, trace.most_in_flight, trace.ended),
            (6, 2, 70)
        );
    }

    #[test]
    fn samples_are_rounded_up_to_whole_batches() {
        for batch in 1..20 {
            for samples in 1..60_u64 {
                let spec = format!("offline:samples={samples}");
                let trace = run(&mut schedule(&spec, limits(1, 60, batch)), 0, 3, |_| 5);
                assert_eq!(
                    trace.requests(),
                    samples.div_ceil(batch),
                    "{samples} by {batch}"
                );
                assert!((samples..samples + batch).contains(&trace.samples));
            }
        }
    }

    #[test]
    fn samples_that_were_asked_for_are_done_however_long_they_take() {
        let mut offline = schedule("offline:samples=20", limits(1, 20, 1));
        assert_eq!(run(&mut offline, 0, 1, |_| 1_000_000).requests(), 20);
    }

    #[test]
    fn without_a_number_it_takes_what_fits_in_the_duration() {
        let count = |duration, max, room| {
            let mut offline = schedule("offline", limits(duration, max, 32));
            run(&mut offline, 9, room, |_| 10).requests()
        };
        assert_eq!(count(1_000, 10_000, 1), 100);
        assert_eq!(count(1_000, 10_000, 4), 400);
        assert_eq!(count(1_000, 77, 4), 77);
        assert_eq!(count(1, 10_000, 1), 6, "the minimum");
    }
}
