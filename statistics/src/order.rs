//! What one repeat's samples say about a percentile: its value, its interval, or why they decide neither.

use tare_units::Nanoseconds;

use crate::binomial::central;
use crate::correlation::correlation_of;
use crate::percentile::{Percentile, nearest_rank};
use crate::worth::worth;

/// The confidence of every interval of this crate; half of the rest lies beyond each end.
pub const CONFIDENCE: f64 = 0.95;
pub(crate) const TAIL: f64 = (1.0 - CONFIDENCE) / 2.0;

/// A percentile of one repeat with its order-statistics interval, all three of them real samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PercentileEstimate {
    /// The percentile by nearest rank.
    pub value: Nanoseconds,
    /// Lower end of the 95% interval.
    pub low: Nanoseconds,
    /// Upper end of the 95% interval.
    pub high: Nanoseconds,
    /// Integrated autocorrelation time τ ≥ 1 of 1{sample ≤ value}: n samples were worth n/τ.
    pub correlation_time: f64,
    /// Whether the samples are worth enough independent ones for the interval to hold the percentile as often as it says.
    pub covers: bool,
}

impl PercentileEstimate {
    /// Half the distance from the lower to the upper end, in nanoseconds.
    pub fn half_width_ns(&self) -> f64 {
        (self.high - self.low).as_nanos() as f64 / 2.0
    }
}

/// Why a percentile has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// The interval would reach beyond the fastest or slowest sample.
    #[error("{have} of {need} samples")]
    TooFew {
        /// Samples there are.
        have: u64,
        /// Independent samples that would do.
        need: u64,
    },
    /// The percentile or the upper end of its interval is a request that failed.
    #[error("{failed} of {count} requests failed")]
    Failed {
        /// Requests that failed.
        failed: u64,
        /// Requests in all.
        count: u64,
    },
    /// There is no repeat to average.
    #[error("no repeat finished")]
    NoRepeat,
}

/// The independent samples without which `percentile` has no 95% order-statistics interval.
///
/// The interval from the smallest to the largest of n samples misses the percentile upward with probability pⁿ and
/// downward with (1 − p)ⁿ; the smallest n that makes both at most 2.5% is ⌈ln 0.025 / ln max(p, 1 − p)⌉.
pub fn samples_needed(percentile: Percentile) -> u64 {
    samples_needed_at(percentile, TAIL)
}

/// [`samples_needed`] of an interval with `tail` beyond each end.
pub(crate) fn samples_needed_at(percentile: Percentile, tail: f64) -> u64 {
    let share = percentile.fraction();
    (tail.ln() / share.max(1.0 - share).ln()).ceil() as u64
}

/// `percentile` of one repeat, from its samples in issue order and the same samples ascending.
///
/// The interval is from the l-th to the u-th of m = ⌊n/τ⌋ independent samples, by the exact binomial distribution with
/// at most 2.5% beyond each end (David and Nagaraja, "Order Statistics", §7.1), mapped to the ranks among all n.
/// Where n would do and m would not, the widest interval that n samples have stands. It covers less than 95% of series that
/// are correlated; but τ of a short series is mostly chance, a refusal would be at random, and what repeats say of each
/// other does not depend on it.
pub(crate) fn estimate(
    issued: impl Iterator<Item = Nanoseconds>,
    sorted: &[Nanoseconds],
    percentile: Percentile,
) -> Result<PercentileEstimate, Undecided> {
    estimate_at(issued, sorted, percentile, (TAIL, Worth::Likely))
}

/// How many independent samples correlated ones are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// By their correlation time as it is estimated, less what that may err; of too few the widest interval stands.
    Likely,
    /// By the upper end of what that may be; too few have no interval.
    AtLeast,
}

/// [`estimate`] with an interval that has at most `tail` beyond each end.
pub(crate) fn estimate_at(
    issued: impl Iterator<Item = Nanoseconds>,
    sorted: &[Nanoseconds],
    percentile: Percentile,
    (tail, how): (f64, Worth),
) -> Result<PercentileEstimate, Undecided> {
    let (have, independent) = (sorted.len() as u64, samples_needed_at(percentile, tail));
    let value = nearest_rank(sorted, percentile)
        .filter(|_| have >= independent)
        .ok_or(Undecided::TooFew {
            have,
            need: independent,
        })?;
    let correlation = correlation_of(issued, value);
    let effective = match how {
        Worth::Likely => worth(have, percentile, correlation),
        Worth::AtLeast => correlation.at_least(sorted.len()) as u64,
    };
    let covers = effective >= independent;
    if !covers && how == Worth::AtLeast {
        return Err(Undecided::TooFew {
            have: effective,
            need: independent,
        });
    }
    let effective = effective.max(independent);
    let (low, high) = ends(percentile, have, effective, tail);
    let (low, high) = (sorted[low], sorted[high]);
    if high == Nanoseconds::MAX {
        let failed = have - sorted.partition_point(|sample| *sample < Nanoseconds::MAX) as u64;
        return Err(Undecided::Failed {
            failed,
            count: have,
        });
    }
    Ok(PercentileEstimate {
        value,
        low,
        high,
        correlation_time: correlation.time,
        covers,
    })
}

/// The places, from 0, of the interval's ends among `have` sorted samples worth `effective` independent ones.
fn ends(percentile: Percentile, have: u64, effective: u64, tail: f64) -> (usize, usize) {
    let inside = central(effective, percentile.fraction(), tail);
    let spread =
        |rank: u64| (u128::from(rank) * u128::from(have)).div_ceil(u128::from(effective)) as usize;
    (spread(inside.start() - 1), spread(inside.end() + 1) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of per_mille, need, count, low, high by scipy's binomial distribution.
    fn scipys() -> impl Iterator<Item = [u64; 5]> {
        let row = |line: &str| {
            let numbers: Vec<u64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            numbers.try_into().unwrap()
        };
        include_str!("../tests/reference/ranks.csv")
            .lines()
            .skip(1)
            .map(row)
    }

    #[test]
    fn the_samples_needed_and_the_ranks_of_intervals_equal_scipys() {
        for [per_mille, need, count, low, high] in scipys() {
            let percentile = Percentile::from_per_mille(per_mille as u16).unwrap();
            assert_eq!(samples_needed(percentile), need, "{percentile}");
            let expected = (low as usize - 1, high as usize);
            assert_eq!(
                ends(percentile, count, count, TAIL),
                expected,
                "{percentile} of {count}"
            );
        }
    }

    #[test]
    fn ten_samples_worth_one_stretch_the_interval_tenfold() {
        assert_eq!(ends(Percentile::P50, 120, 120, TAIL), (48, 71));
        assert_eq!(ends(Percentile::P50, 120, 12, TAIL), (20, 99));
    }
}
