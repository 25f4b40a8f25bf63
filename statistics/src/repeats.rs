//! What several repeats of one measurement say together, because repeats differ by more than their samples do.

use std::sync::OnceLock;

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::order::{PercentileEstimate, TAIL, Undecided};

/// A mean with its interval, in the unit of what was averaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanInterval {
    /// The arithmetic mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl MeanInterval {
    /// Half the distance from the lower to the upper end.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// The mean of independent `values` with Student's t interval at their number − 1 degrees of freedom.
///
/// mean ± t₀.₉₇₅ · s/√R (Student, "The probable error of a mean", Biometrika 6, 1908). `None` of fewer than two values.
pub fn mean_interval(values: &[f64]) -> Option<MeanInterval> {
    interval(values, quantile(values.len())?)
}

/// The same with an interval of another `confidence`, from 0 to 1; two one-sided tests at 5% are one of 90% (Schuirmann,
/// "A comparison of the two one-sided tests procedure", 1987). `None` of fewer than two values, or of no confidence.
pub fn mean_interval_at(values: &[f64], confidence: f64) -> Option<MeanInterval> {
    let is_confidence = confidence > 0.0 && confidence < 1.0;
    let freedom = is_confidence.then_some(values.len() as f64 - 1.0)?;
    let distribution = StudentsT::new(0.0, 1.0, freedom).ok()?;
    interval(values, distribution.inverse_cdf(0.5 + confidence / 2.0))
}

fn interval(values: &[f64], quantile: f64) -> Option<MeanInterval> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let reach = quantile * (squares / (count - 1.0) / count).sqrt();
    Some(MeanInterval {
        mean,
        low: mean - reach,
        high: mean + reach,
    })
}

/// t₀.₉₇₅ at `count` − 1 degrees of freedom; inverting the distribution is slow, so that the usual ones are kept.
fn quantile(count: usize) -> Option<f64> {
    static KEPT: [OnceLock<Option<f64>>; 64] = [const { OnceLock::new() }; 64];
    let invert = || {
        let freedom = StudentsT::new(0.0, 1.0, count as f64 - 1.0).ok()?;
        Some(freedom.inverse_cdf(1.0 - TAIL))
    };
    match KEPT.get(count) {
        Some(kept) => *kept.get_or_init(invert),
        None => invert(),
    }
}

/// A percentile over all repeats; the repeats' number decides where its interval comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Across {
    /// One repeat: the interval is of its samples only and says nothing of how repeats differ.
    WithinOnly(PercentileEstimate),
    /// Two repeats or more.
    Between(BetweenRepeats),
}

/// A percentile as the mean of the repeats' percentiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetweenRepeats {
    /// Mean and Student's t interval over the repeats, in nanoseconds.
    pub interval: MeanInterval,
    /// How many repeats.
    pub repeats: usize,
    /// Half-width in nanoseconds that the samples alone would give the mean: √(Σ half-width²)/R, which is the
    /// within-repeat half-width over √R where the repeats' are alike.
    pub within_half_width_ns: f64,
}

impl BetweenRepeats {
    /// Whether the samples alone leave more doubt than the repeats show, so that these may agree by luck.
    pub fn within_is_wider(&self) -> bool {
        self.within_half_width_ns > self.interval.half_width()
    }
}

/// One percentile over its repeats.
///
/// # Errors
/// The first repeat's reason where one does not decide the percentile; [`Undecided::NoRepeat`] of none.
pub fn across_repeats(
    repeats: &[Result<PercentileEstimate, Undecided>],
) -> Result<Across, Undecided> {
    let decided = repeats.iter().copied().collect::<Result<Vec<_>, _>>()?;
    let values: Vec<f64> = decided
        .iter()
        .map(|repeat| repeat.value.as_nanos() as f64)
        .collect();
    let Some(interval) = mean_interval(&values) else {
        return decided
            .first()
            .copied()
            .map(Across::WithinOnly)
            .ok_or(Undecided::NoRepeat);
    };
    let squares: f64 = decided
        .iter()
        .map(|repeat| repeat.half_width_ns().powi(2))
        .sum();
    Ok(Across::Between(BetweenRepeats {
        interval,
        repeats: decided.len(),
        within_half_width_ns: squares.sqrt() / decided.len() as f64,
    }))
}

#[cfg(test)]
mod tests {
    use tare_units::Nanoseconds;

    use super::*;

    fn repeat(value: u64, reach: u64) -> Result<PercentileEstimate, Undecided> {
        Ok(PercentileEstimate {
            covers: true,
            value: Nanoseconds::from_nanos(value),
            low: Nanoseconds::from_nanos(value - reach),
            high: Nanoseconds::from_nanos(value + reach),
            correlation_time: 1.0,
        })
    }

    fn between(repeats: &[Result<PercentileEstimate, Undecided>]) -> BetweenRepeats {
        match across_repeats(repeats) {
            Ok(Across::Between(between)) => between,
            other => panic!("{other:?} is not between repeats"),
        }
    }

    #[test]
    fn one_repeat_says_that_it_knows_nothing_of_others() {
        let only = repeat(100, 5);
        assert_eq!(across_repeats(&[only]), only.map(Across::WithinOnly));
    }

    #[test]
    fn no_repeat_and_an_undecided_one_leave_no_value() {
        let short = Undecided::TooFew { have: 8, need: 368 };
        assert_eq!(across_repeats(&[]), Err(Undecided::NoRepeat));
        assert_eq!(across_repeats(&[repeat(100, 5), Err(short)]), Err(short));
        assert_eq!(short.to_string(), "8 of 368 samples");
    }

    #[test]
    fn repeats_that_agree_better_than_their_samples_raise_a_doubt() {
        let alike = between(&[
            repeat(1_000, 40),
            repeat(1_001, 40),
            repeat(999, 40),
            repeat(1_000, 40),
        ]);
        assert_eq!((alike.interval.mean, alike.repeats), (1_000.0, 4));
        assert_eq!(alike.within_half_width_ns, 20.0);
        assert!(alike.within_is_wider());
    }

    #[test]
    fn repeats_that_differ_more_than_their_samples_raise_none() {
        let apart = between(&[repeat(1_000, 4), repeat(1_100, 4), repeat(900, 4)]);
        assert!(!apart.within_is_wider());
        assert!(
            (apart.interval.half_width() - 4.302_652_729_9 * 100.0 / 3.0_f64.sqrt()).abs() < 1e-6
        );
    }

    #[test]
    fn less_confidence_is_a_narrower_interval_by_the_tables_of_student() {
        let values = [1.0, 2.0, 3.0];
        let [most, less] =
            [0.95, 0.9].map(|confidence| mean_interval_at(&values, confidence).unwrap());
        assert!((most.half_width() - mean_interval(&values).unwrap().half_width()).abs() < 1e-9);
        // t₀.₉₅ at two degrees of freedom is 2.920.
        assert!(
            (less.half_width() - 2.920 / 3f64.sqrt()).abs() < 1e-3,
            "{less:?}"
        );
    }

    #[test]
    fn one_value_has_no_interval() {
        assert_eq!(mean_interval(&[1.0]), None);
        assert_eq!(mean_interval_at(&[1.0], 0.9), None);
        assert_eq!(mean_interval_at(&[1.0, 2.0], 1.0), None);
        assert_eq!(mean_interval(&[]), None);
        let same = mean_interval(&[2.5, 2.5]);
        assert_eq!(
            same,
            Some(MeanInterval {
                mean: 2.5,
                low: 2.5,
                high: 2.5
            })
        );
    }
}
