//! What several repeats of one measurement say together, because repeats differ by more than their samples do.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::order::{PercentileEstimate, TAIL, Undecided};

/// A mean with its 95% interval, in the unit of what was averaged.
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
    let count = values.len() as f64;
    let freedom = StudentsT::new(0.0, 1.0, count - 1.0).ok()?;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let reach = freedom.inverse_cdf(1.0 - TAIL) * (squares / (count - 1.0) / count).sqrt();
    Some(MeanInterval {
        mean,
        low: mean - reach,
        high: mean + reach,
    })
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
