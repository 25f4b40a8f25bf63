//! How many independent samples correlated ones are worth, for an interval that holds what it says.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::correlation::Correlation;
use crate::percentile::Percentile;

/// Upper 2.5% point of the standard normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;
/// Lags over which τ is summed, in τ.
const WINDOW: f64 = 5.0;

/// The independent samples that `count` with this `correlation` are taken for in an interval of `percentile`: n/τ, less what
/// is not known of τ.
///
/// As the mean is estimated from the same samples, a τ that is summed to lag M is too small by a factor of 1 + (2·M + 1)/n
/// (Wolff, "Monte Carlo errors with less errors", 2004, eq. 49). It varies as an estimate of variance from n/(2·M) values
/// does (Priestley, "Spectral analysis and time series", 1981, §6.2), and from no more than twice the runs of samples beyond
/// the percentile, n·(1 − p)/τ: so the interval is to be as wide as Student's t of so many degrees of freedom makes it.
/// Samples that are not shown to be correlated are n/τ as they are.
pub(crate) fn worth(count: u64, percentile: Percentile, correlation: Correlation) -> u64 {
    let count = count as f64;
    if !correlation.significant {
        return (count / correlation.time) as u64;
    }
    let lags = WINDOW * correlation.time;
    let time = correlation.time * (1.0 + (2.0 * lags + 1.0) / count);
    let rare = percentile.fraction().min(1.0 - percentile.fraction());
    let freedom = (count / (2.0 * lags)).min(2.0 * count * rare / time);
    let wider = StudentsT::new(0.0, 1.0, freedom.max(1.0))
        .map_or(f64::INFINITY, |student| student.inverse_cdf(0.975) / NORMAL);
    (count / time / wider.powi(2)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlated(time: f64) -> Correlation {
        Correlation {
            time,
            significant: true,
        }
    }

    #[test]
    fn many_runs_of_samples_are_worth_what_their_correlation_says() {
        let worth = worth(10_000_000, Percentile::P50, correlated(10.0));
        assert!((990_000..=1_000_000).contains(&worth), "{worth}");
    }

    #[test]
    fn few_runs_are_worth_less_and_the_fewer_lie_beyond_the_percentile_the_less() {
        let median = worth(10_000, Percentile::P50, correlated(100.0));
        let p99 = worth(10_000, Percentile::P99, correlated(100.0));
        assert!((60..=80).contains(&median), "{median}");
        assert!(p99 < median / 4, "{p99}");
    }

    #[test]
    fn samples_without_a_sign_of_correlation_lose_nothing() {
        let independent = Correlation {
            time: 1.25,
            significant: false,
        };
        assert_eq!(worth(125, Percentile::P99, independent), 100);
    }
}
