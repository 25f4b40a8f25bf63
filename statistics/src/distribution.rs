//! Everything that is said of one repeat's latencies, computed in one go by whoever holds the samples.

use tare_units::Nanoseconds;

use crate::moments::Moments;
use crate::order::{PercentileEstimate, Undecided, estimate};
use crate::percentile::Percentile;

/// The latencies of one repeat in figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// Requests in all, failed ones included.
    pub count: u64,
    /// Requests that failed; they count as slower than any other in the percentiles, and not at all in the moments.
    pub failed: u64,
    /// Mean, spread and extremes of the requests that did not fail; `None` where none did.
    pub moments: Option<Moments>,
    /// In the order of [`Percentile::REPORTED`].
    pub percentiles: [Result<PercentileEstimate, Undecided>; Percentile::REPORTED.len()],
}

impl Distribution {
    /// Of `samples` in issue order, a failed request being [`Nanoseconds::MAX`].
    ///
    /// Sorts a copy: 8 bytes a sample beside those given. A million samples take 20 to 40 ms (`cargo bench -p tare-statistics`).
    pub fn of(samples: &[Nanoseconds]) -> Self {
        Self::of_series(samples.iter().copied())
    }

    /// [`Distribution::of`] samples that are part of something larger, without copying them out first: beside them it takes
    /// 8 bytes a sample for sorting and one bit a sample for correlations.
    pub fn of_series(samples: impl ExactSizeIterator<Item = Nanoseconds> + Clone) -> Self {
        let mut sorted: Vec<Nanoseconds> = samples.clone().collect();
        sorted.sort_unstable();
        let succeeded = sorted.partition_point(|&sample| sample < Nanoseconds::MAX);
        Self {
            count: sorted.len() as u64,
            failed: (sorted.len() - succeeded) as u64,
            moments: Moments::of_sorted(&sorted[..succeeded]),
            percentiles: Percentile::REPORTED
                .map(|percentile| estimate(samples.clone(), &sorted, percentile)),
        }
    }

    /// One of the reported percentiles; `None` of any other.
    pub fn percentile(
        &self,
        percentile: Percentile,
    ) -> Option<Result<PercentileEstimate, Undecided>> {
        let place = Percentile::REPORTED
            .iter()
            .position(|reported| *reported == percentile)?;
        Some(self.percentiles[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 to `succeeded` in microseconds, mixed, with failures spread among them.
    fn with_failures(succeeded: u64, failed: u64) -> Distribution {
        let total = succeeded + failed;
        let sample = |place: u64| match place * 617 % total {
            rank if rank < succeeded => Nanoseconds::from_micros(rank + 1),
            _ => Nanoseconds::MAX,
        };
        Distribution::of(&(0..total).map(sample).collect::<Vec<_>>())
    }

    #[test]
    fn failed_requests_count_as_slowest_and_stay_out_of_the_mean() {
        let distribution = with_failures(990, 10);
        assert_eq!((distribution.count, distribution.failed), (1_000, 10));
        let moments = distribution.moments.unwrap();
        assert_eq!(moments.max, Nanoseconds::from_micros(990));
        assert_eq!(moments.mean_ns, 495.5e3);
        let median = distribution.percentile(Percentile::P50).unwrap().unwrap();
        assert_eq!(median.value, Nanoseconds::from_micros(500));
    }

    #[test]
    fn a_percentile_that_failures_may_reach_has_no_value() {
        let distribution = with_failures(990, 10);
        let failed = Undecided::Failed {
            failed: 10,
            count: 1_000,
        };
        assert_eq!(distribution.percentile(Percentile::P99), Some(Err(failed)));
        assert_eq!(failed.to_string(), "10 of 1000 requests failed");
        assert!(
            with_failures(999, 1)
                .percentile(Percentile::P95)
                .unwrap()
                .is_ok()
        );
    }

    #[test]
    fn nothing_is_said_of_no_samples_and_little_of_failures_alone() {
        let none = Distribution::of(&[]);
        let first = Undecided::TooFew { have: 0, need: 6 };
        assert_eq!((none.moments, none.percentiles[0]), (None, Err(first)));
        let all = with_failures(0, 7);
        let failed = Undecided::Failed {
            failed: 7,
            count: 7,
        };
        assert_eq!((all.moments, all.percentiles[0]), (None, Err(failed)));
    }

    #[test]
    fn a_series_in_two_runs_has_its_whole_range_for_an_interval() {
        let samples: Vec<Nanoseconds> = (0..10_000_u64)
            .map(|place| Nanoseconds::from_micros(place / 5_000 + 1))
            .collect();
        let median = Distribution::of(&samples).percentiles[0];
        let median = median.expect("10,000 samples decide a median");
        assert_eq!(median.low, *samples.iter().min().expect("samples"));
        assert_eq!(median.high, *samples.iter().max().expect("samples"));
        assert!(median.correlation_time > 1_000.0);
    }

    #[test]
    fn a_percentile_that_is_not_reported_is_not_answered() {
        let unusual = Percentile::from_per_mille(250).unwrap();
        assert_eq!(with_failures(100, 0).percentile(unusual), None);
    }
}
