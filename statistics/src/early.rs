//! How many requests may exceed a bound before its percentile is no longer known to be below it.

use tare_units::Nanoseconds;

use crate::binomial::central;
use crate::correlation::correlation_of;
use crate::percentile::{Percentile, nearest_rank};

/// The risk of MLPerf's rule: the chance at which a bound is called met that is not, and at which one is called not met
/// that is. Whoever decides several things that must all be right splits what may go wrong among them.
pub const RISK: f64 = 0.01;

/// The most of `count` independent requests that may exceed a bound for `percentile` to be below it but for a chance of
/// `risk`.
///
/// MLPerf's early stopping: with t ≥ 1 requests over the bound and h within it, I_p(h, t + 1) < risk must hold, I being
/// the regularised incomplete beta function. That is P(X ≤ t) < risk of the number X of `count` = h + t requests that
/// exceed the bound, where each does with chance 1 − p. ("MLPerf Inference Rules", section on early stopping, and
/// LoadGen's `early_stopping.cc`, with a risk of 1%.) `None` where fewer than [`fewest`] requests were made.
pub fn most_over(percentile: Percentile, count: u64, risk: f64) -> Option<u64> {
    let over = central(count, 1.0 - percentile.fraction(), risk);
    over.start().checked_sub(1).filter(|most| *most >= 1)
}

/// The fewest independent requests after which [`most_over`] allows one over the bound: at a risk of 1% 64 for p90, 662
/// for p99.
pub fn fewest(percentile: Percentile, risk: f64) -> u64 {
    let allows = |count: &u64| most_over(percentile, *count, risk).is_some();
    let enough = (1..u64::BITS).map(|power| 1 << power).find(allows);
    let (mut few, mut enough) = (0, enough.unwrap_or(u64::MAX));
    while enough - few > 1 {
        let middle = few + (enough - few) / 2;
        match allows(&middle) {
            true => enough = middle,
            false => few = middle,
        }
    }
    enough
}

/// Whether a percentile is below a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is, but for the risk.
    Met,
    /// It is not, but for the risk.
    NotMet,
    /// Too few requests to say.
    NotDecided,
}

impl Standing {
    /// Whether it is below the bound; `None` where that is not decided.
    pub fn is_met(self) -> Option<bool> {
        match self {
            Self::Met => Some(true),
            Self::NotMet => Some(false),
            Self::NotDecided => None,
        }
    }
}

/// What `over` of `count` requests beyond a bound say of `percentile`, where `effective` of them were independent.
///
/// Met by [`most_over`]. Not met by its mirror: P(X ≥ over) ≤ risk though each exceeded the bound with chance 1 − p. Of
/// correlated requests both rules take the effective number and the same share over, rounded against the answer.
pub fn standing(
    percentile: Percentile,
    (count, over, effective): (u64, u64, u64),
    risk: f64,
) -> Standing {
    let (few, many) = shares(count, over, effective.min(count));
    let beyond = central(effective.min(count), 1.0 - percentile.fraction(), risk);
    match most_over(percentile, effective.min(count), risk) {
        Some(most) if many <= most => Standing::Met,
        _ if few > *beyond.end() => Standing::NotMet,
        _ => Standing::NotDecided,
    }
}

/// `over` of `count` as a part of `effective`, rounded down and up.
fn shares(count: u64, over: u64, effective: u64) -> (u64, u64) {
    let part = u128::from(over) * u128::from(effective);
    let of = u128::from(count.max(1));
    ((part / of) as u64, part.div_ceil(of) as u64)
}

/// A bound on a percentile, and what the requests of one repeat say of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    /// Requests in all, failed ones included.
    pub count: u64,
    /// Requests that were not within the bound: as slow as it, slower, or failed.
    pub over: u64,
    /// As many independent requests would have said as much.
    pub effective: u64,
    /// Whether the percentile is below the bound.
    pub standing: Standing,
}

/// Whether `percentile` of latencies in issue order, a failed one being [`Nanoseconds::MAX`], is below `bound`, decided at
/// `risk`, such as [`RISK`].
///
/// Requests are worth n/τ independent ones, τ being the larger of the integrated autocorrelation times of 1{x < bound} and
/// of 1{x ≤ the percentile itself}, at the upper end of what it
/// may be: where the bound lies far out, too few exceed it to tell how they cluster.
pub fn kept(
    latencies: impl ExactSizeIterator<Item = Nanoseconds> + Clone,
    (percentile, bound): (Percentile, Nanoseconds),
    risk: f64,
) -> Kept {
    let count = latencies.len() as u64;
    let over = latencies.clone().filter(|one| *one >= bound).count() as u64;
    let within = Nanoseconds::from_nanos(bound.as_nanos().saturating_sub(1));
    let mut sorted: Vec<Nanoseconds> = latencies.clone().collect();
    sorted.sort_unstable();
    let own = nearest_rank(&sorted, percentile).unwrap_or(within);
    let worth = |at| correlation_of(latencies.clone(), at).effective(sorted.len());
    let effective = worth(within).min(worth(own)) as u64;
    Kept {
        count,
        over,
        effective,
        standing: standing(percentile, (count, over, effective), risk),
    }
}

#[cfg(test)]
mod tests {
    use statrs::function::beta::beta_reg;

    use super::*;

    #[test]
    fn the_figures_of_mlperf_are_reproduced() {
        assert_eq!(fewest(Percentile::P90, RISK), 64);
        assert_eq!(fewest(Percentile::P99, RISK), 662);
        assert_eq!(most_over(Percentile::P99, 10_000, RISK), Some(77));
        assert_eq!(most_over(Percentile::P99, 661, RISK), None);
        assert_eq!(most_over(Percentile::P99, 662, RISK), Some(1));
    }

    /// (1 − p)ⁿ⁻¹·(n·p + 1 − p) is the chance of at most one of n.
    #[test]
    fn a_smaller_risk_takes_more_requests() {
        let chance = |count: f64, p: f64| (1.0 - p).powf(count - 1.0) * (count * p + 1.0 - p);
        for (percentile, p) in [(Percentile::P90, 0.1), (Percentile::P99, 0.01)] {
            for risk in [0.05, RISK, 0.001] {
                let fewest = fewest(percentile, risk) as f64;
                assert!(chance(fewest, p) < risk && chance(fewest - 1.0, p) >= risk);
            }
        }
        let count = (10_000, 70, 10_000);
        assert_eq!(standing(Percentile::P99, count, RISK), Standing::Met);
        assert_eq!(standing(Percentile::P99, count, 1e-4), Standing::NotDecided);
    }

    #[test]
    fn the_most_that_may_exceed_is_the_last_whose_incomplete_beta_is_below_a_hundredth() {
        for percentile in [Percentile::P50, Percentile::P90, Percentile::P99] {
            let p = percentile.fraction();
            for count in [700, 1_000, 4_567, 20_000] {
                let most = most_over(percentile, count, RISK).expect("enough requests");
                let risk = |over: u64| beta_reg((count - over) as f64, (over + 1) as f64, p);
                assert!(risk(most) < RISK, "{percentile} of {count}: {most}");
                assert!(risk(most + 1) >= RISK, "{percentile} of {count}: {most}");
            }
        }
    }

    #[test]
    fn the_answer_is_no_where_the_mirrored_rule_says_so_and_open_between_them() {
        let standing = |over| standing(Percentile::P99, (10_000, over, 10_000), RISK);
        assert_eq!(standing(77), Standing::Met);
        assert_eq!(standing(78), Standing::NotDecided);
        assert_eq!(standing(100), Standing::NotDecided);
        let first = (100..200).find(|over| standing(*over) == Standing::NotMet);
        let first = first.expect("a count that is too large");
        let chance = 1.0 - beta_reg((10_001 - first) as f64, first as f64, 0.99);
        assert!((120..130).contains(&first), "{first}");
        assert!(chance < RISK, "{chance}");
    }

    #[test]
    fn correlated_requests_decide_as_their_effective_number_does() {
        let of = |count, over, effective| standing(Percentile::P99, (count, over, effective), RISK);
        assert_eq!(of(10_000, 50, 10_000), Standing::Met);
        assert_eq!(of(10_000, 50, 500), Standing::NotDecided);
        assert_eq!(of(10_000, 5_000, 500), Standing::NotMet);
        assert_eq!(of(0, 0, 0), Standing::NotDecided);
    }

    #[test]
    fn failed_requests_and_those_at_the_bound_are_over_it() {
        let bound = Nanoseconds::from_millis(20);
        let mut latencies = vec![Nanoseconds::from_millis(5); 10_000];
        latencies[3] = bound;
        latencies[5_000] = Nanoseconds::MAX;
        let kept = kept(latencies.into_iter(), (Percentile::P99, bound), RISK);
        assert_eq!((kept.count, kept.over), (10_000, 2));
        assert_eq!(kept.standing, Standing::Met);
    }

    #[test]
    fn no_request_decides_nothing() {
        let none = std::iter::empty::<Nanoseconds>();
        let kept = kept(none, (Percentile::P90, Nanoseconds::from_millis(1)), RISK);
        assert_eq!((kept.count, kept.standing), (0, Standing::NotDecided));
    }
}
