//! Which sample a percentile is, so that every percentile printed was really observed.

use std::fmt;

use tare_units::Nanoseconds;

/// A percentile in whole tenths of a percent, so that ranks are exact integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentile(u16);

impl Percentile {
    /// The median.
    pub const P50: Self = Self(500);
    /// Nine in ten are no slower.
    pub const P90: Self = Self(900);
    /// Nineteen in twenty are no slower.
    pub const P95: Self = Self(950);
    /// Ninety-nine in a hundred are no slower.
    pub const P99: Self = Self(990);
    /// All but one in a thousand are no slower.
    pub const P99_9: Self = Self(999);
    /// Those that a latency distribution reports, ascending.
    pub const REPORTED: [Self; 5] = [Self::P50, Self::P90, Self::P95, Self::P99, Self::P99_9];

    /// From tenths of a percent; `None` outside 1 to 999.
    pub const fn from_per_mille(per_mille: u16) -> Option<Self> {
        if per_mille >= 1 && per_mille <= 999 {
            Some(Self(per_mille))
        } else {
            None
        }
    }

    /// As a fraction strictly between 0 and 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 1e3
    }

    /// The 1-based rank ⌈n·p⌉ of this percentile among `count` sorted samples; `None` of none.
    pub fn rank(self, count: usize) -> Option<usize> {
        let scaled = count as u128 * u128::from(self.0);
        (count > 0).then(|| scaled.div_ceil(1_000) as usize)
    }
}

/// `p50`, `p99`, `p99.9`.
impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 10 {
            0 => write!(f, "p{}", self.0 / 10),
            tenth => write!(f, "p{}.{tenth}", self.0 / 10),
        }
    }
}

/// The sample of rank ⌈n·p⌉ in ascending `sorted`: the smallest sample that at least a share p of all do not exceed.
///
/// This is the inverse of the empirical distribution function, definition 1 of Hyndman and Fan,
/// "Sample quantiles in statistical packages", The American Statistician 50 (1996): numpy's `method="inverted_cdf"`.
/// `None` of no samples.
pub fn nearest_rank(sorted: &[Nanoseconds], percentile: Percentile) -> Option<Nanoseconds> {
    let rank = percentile.rank(sorted.len())?;
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_to(last: u64) -> Vec<Nanoseconds> {
        (1..=last).map(Nanoseconds::from_nanos).collect()
    }

    #[test]
    fn a_percentile_is_the_smallest_sample_that_reaches_its_share() {
        let hundred = one_to(100);
        let nanos = |p| nearest_rank(&hundred, p).map(Nanoseconds::as_nanos);
        assert_eq!(
            Percentile::REPORTED.map(nanos),
            [50, 90, 95, 99, 100].map(Some)
        );
        assert_eq!(
            nearest_rank(&one_to(3), Percentile::P50),
            Some(Nanoseconds::from_nanos(2))
        );
    }

    #[test]
    fn no_samples_have_no_percentile() {
        assert_eq!(nearest_rank(&[], Percentile::P50), None);
    }

    #[test]
    fn ranks_are_exact_where_floating_point_is_not() {
        for thousands in 1..2_000_usize {
            assert_eq!(
                Percentile::P99_9.rank(thousands * 1_000),
                Some(thousands * 999)
            );
        }
        assert_eq!(
            Percentile::P99_9
                .rank(usize::MAX)
                .map(|rank| rank < usize::MAX),
            Some(true)
        );
    }

    #[test]
    fn only_percentiles_strictly_inside_exist_and_print_shortly() {
        assert_eq!(Percentile::from_per_mille(0), None);
        assert_eq!(Percentile::from_per_mille(1_000), None);
        let shown = Percentile::REPORTED.map(|p| p.to_string());
        assert_eq!(shown, ["p50", "p90", "p95", "p99", "p99.9"]);
    }
}
