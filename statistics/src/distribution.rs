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
    /// Sorts a copy: 8 bytes a sample beside those given. A million samples take tens of milliseconds.
    pub fn of(samples: &[Nanoseconds]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let succeeded = sorted.partition_point(|&sample| sample < Nanoseconds::MAX);
        Self {
            count: sorted.len() as u64,
            failed: (sorted.len() - succeeded) as u64,
            moments: Moments::of_sorted(&sorted[..succeeded]),
            percentiles: Percentile::REPORTED
                .map(|percentile| estimate(samples, &sorted, percentile)),
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
