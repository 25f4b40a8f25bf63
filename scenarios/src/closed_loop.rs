//! The closed loop: the next request is issued as soon as the one before it is done.

use tare_units::Nanoseconds;

use crate::bounds::Bounds;
use crate::sizes::Sizes;
use crate::{Progress, Schedule, Step};

/// One request in flight; each is scheduled for the moment at which it can be issued.
#[derive(Debug, Clone)]
pub struct ClosedLoop {
    sizes: Sizes,
    bounds: Bounds,
}

impl ClosedLoop {
    pub(crate) const fn new(sizes: Sizes, bounds: Bounds) -> Self {
        Self { sizes, bounds }
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
            samples: self.sizes.of(progress.issued),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::simulation::{limits, run, schedule};

    fn single(duration: u64, max: u64, batch: u64, cost: u64) -> crate::simulation::Trace {
        let mut schedule = schedule("single-stream", limits(duration, max, batch));
        run(&mut schedule, 500, 8, |_| cost)
    }

    #[test]
    fn each_request_follows_the_one_before_it_at_once() {
        let trace = single(100, 1_000, 4, 10);
        let expected: Vec<u64> = (0..10).map(|index| 500 + 10 * index).collect();
        assert_eq!(trace.issued, expected);
        assert_eq!(trace.scheduled, expected, "a closed loop is never late");
        assert_eq!(
            (trace.samples, trace.most_in_flight, trace.ended),
            (40, 1, 600)
        );
    }

    #[test]
    fn the_time_or_the_requests_end_it_whichever_is_first() {
        assert_eq!(single(1_000_000, 17, 1, 10).requests(), 17);
        assert_eq!(
            single(95, 17, 1, 10).requests(),
            10,
            "the request under way is finished"
        );
        assert_eq!(
            single(100, 17, 1, 10).requests(),
            10,
            "the end itself is over"
        );
        assert_eq!(single(101, 17, 1, 10).requests(), 11);
    }

    #[test]
    fn slow_requests_go_on_to_the_minimum() {
        assert_eq!(single(10, 1_000, 1, 400).requests(), 6);
        let mut asked = schedule("single-stream:min=64", limits(10, 1_000, 1));
        assert_eq!(run(&mut asked, 0, 8, |_| 400).requests(), 64);
        assert_eq!(
            single(10, 2, 1, 400).requests(),
            2,
            "a smaller maximum holds"
        );
    }

    #[test]
    fn requests_that_take_no_time_end_at_the_maximum() {
        let trace = single(1_000, 12_345, 1, 0);
        assert_eq!((trace.requests(), trace.ended), (12_345, 500));
    }

    #[test]
    fn over_many_costs_and_limits_the_count_is_the_least_that_satisfies_the_bounds() {
        for cost in 1..40 {
            for duration in [1, 7, 40, 41, 333, 1_000] {
                for max in [1, 5, 6, 7, 50, 10_000] {
                    let expected = u64::div_ceil(duration, cost).max(6).min(max);
                    let trace = single(duration, max, 3, cost);
                    assert_eq!(trace.requests(), expected, "{cost} {duration} {max}");
                    assert_eq!(trace.samples, 3 * expected);
                    assert!(trace.issued.is_sorted());
                }
            }
        }
    }

    #[test]
    fn uneven_requests_never_overlap() {
        let cost = |index: u64| 1 + (index * 2_654_435_761) % 97;
        let trace = run(
            &mut schedule("multi-stream:streams=5", limits(10_000, 1_000_000, 5)),
            0,
            4,
            cost,
        );
        for (index, pair) in trace.issued.windows(2).enumerate() {
            assert_eq!(pair[1] - pair[0], cost(index as u64));
        }
        assert_eq!(trace.most_in_flight, 1);
    }
}
