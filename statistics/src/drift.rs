//! Whether requests of one repeat became slower or faster meanwhile, by more than noise that comes in runs allows.

use tare_units::Nanoseconds;

use crate::correlation::correlation_of;
use crate::percentile::{Percentile, nearest_rank};

/// How far the second half of a series lies from the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// The median of the second half over that of the first, less one: 0.1 is a tenth slower.
    pub change: f64,
    /// The difference of the halves' shares above the common median, in standard deviations; slower is positive.
    pub deviations: f64,
}

/// A change of the median by less than this share is none.
pub const SMALLEST_DRIFT: f64 = 0.02;
/// Fewer samples tell nothing.
const FEWEST: usize = 250;
/// Nor do so many that are correlated so much.
const FEWEST_EFFECTIVE: f64 = 40.0;
const BATCHES: usize = 16;
const DEVIATIONS: f64 = 4.0;

/// The drift of `latencies` in issue order, a failed one being [`Nanoseconds::MAX`]; `None` where there is none to speak of.
///
/// Of both halves the shares above the common median are compared (the median test of Brown and Mood, 1951), which no
/// outlier moves. Their difference has the standard deviation 2·√(p·(1 − p)/m), m being the effective number of samples by
/// the integrated autocorrelation time of what is above a baseline: a step or a straight line, whichever fits the logarithms of the medians of 16 parts
/// better. Against a constant, the drift itself would count as correlation and hide. It is a drift beyond 4 standard
/// deviations, and from 2% on. By simulation (`tests/drift.rs`), what is correlated and does not drift is called so in
/// less than 1% of series; fewer than 250 requests cannot be told from correlated ones, and have none.
pub fn drift(latencies: impl ExactSizeIterator<Item = Nanoseconds> + Clone) -> Option<Drift> {
    let samples: Vec<Nanoseconds> = latencies.collect();
    if samples.len() < FEWEST {
        return None;
    }
    let common = median(&samples)?;
    let (first, second) = samples.split_at(samples.len() / 2);
    let share = |part: &[Nanoseconds]| {
        let above = part.iter().filter(|one| **one > common).count();
        above as f64 / part.len() as f64
    };
    let above = share(&samples);
    let baseline = Baseline::of(&samples)?;
    let side = |(place, sample): (usize, &Nanoseconds)| {
        let is_above = sample.as_nanos() as f64 > baseline.at(place, samples.len());
        Nanoseconds::from_nanos(u64::from(is_above))
    };
    let sides = samples.iter().enumerate().map(side);
    let effective = correlation_of(sides, Nanoseconds::ZERO).effective(samples.len());
    if effective < FEWEST_EFFECTIVE {
        return None;
    }
    let spread = 2.0 * (above * (1.0 - above) / effective).sqrt();
    let deviations = (share(second) - share(first)) / spread;
    let change = median(second)?.as_nanos() as f64 / median(first)?.as_nanos() as f64 - 1.0;
    let is_drift = deviations.abs() >= DEVIATIONS && change.abs() >= SMALLEST_DRIFT;
    is_drift.then_some(Drift { change, deviations })
}

fn median(samples: &[Nanoseconds]) -> Option<Nanoseconds> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    nearest_rank(&sorted, Percentile::P50)
}

/// What a series of logarithms of medians follows.
enum Baseline {
    /// Two levels, and the batch at which the second begins.
    Step { at: usize, levels: [f64; 2] },
    /// The level at the first batch, and what each further one adds.
    Line { level: f64, slope: f64 },
}

impl Baseline {
    fn of(samples: &[Nanoseconds]) -> Option<Self> {
        let bounds = |batch: usize| batch * samples.len() / BATCHES;
        let level = |batch: usize| {
            let median = median(&samples[bounds(batch)..bounds(batch + 1)])?;
            Some((median.as_nanos().max(1) as f64).ln())
        };
        let levels: Vec<f64> = (0..BATCHES).map(level).collect::<Option<_>>()?;
        let steps = (1..BATCHES).map(|at| step(&levels, at));
        let by_error = |one: &(Self, f64), other: &(Self, f64)| one.1.total_cmp(&other.1);
        let all = steps.chain(std::iter::once(line(&levels)));
        all.min_by(by_error).map(|(baseline, _)| baseline)
    }

    /// In nanoseconds at the sample of this place among `count`.
    fn at(&self, place: usize, count: usize) -> f64 {
        let batch = place as f64 * BATCHES as f64 / count as f64;
        match self {
            Self::Step { at, levels } => levels[usize::from(batch >= *at as f64)].exp(),
            Self::Line { level, slope } => (level + slope * (batch - 0.5)).exp(),
        }
    }
}

/// With the sum of the squares that it leaves.
fn step(levels: &[f64], at: usize) -> (Baseline, f64) {
    let (before, after) = levels.split_at(at);
    let levels = [before, after].map(mean);
    let squares =
        |part: &[f64], level: f64| -> f64 { part.iter().map(|one| (one - level).powi(2)).sum() };
    let left = squares(before, levels[0]) + squares(after, levels[1]);
    (Baseline::Step { at, levels }, left)
}

/// With the sum of the squares that it leaves.
fn line(levels: &[f64]) -> (Baseline, f64) {
    let centre = (levels.len() as f64 - 1.0) / 2.0;
    let places = || (0..levels.len()).map(|place| place as f64 - centre);
    let across: f64 = places().map(|place| place * place).sum();
    let slope = crate::solve::product(&places().collect::<Vec<_>>(), levels) / across;
    let middle = mean(levels);
    let left = places().zip(levels);
    let left = left.map(|(place, level)| (level - middle - slope * place).powi(2));
    let line = Baseline::Line {
        level: middle - slope * centre,
        slope,
    };
    (line, left.sum())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Alternating by 1% around 1 ms times `shape`.
    fn series(count: usize, shape: impl Fn(f64) -> f64) -> Vec<Nanoseconds> {
        let latency = |place: usize| {
            let wobble = [1.005, 0.995, 0.998, 1.003][place % 4];
            Nanoseconds::from_nanos_f64(1e6 * wobble * shape(place as f64 / count as f64))
        };
        (0..count).map(latency).collect()
    }

    fn found(samples: &[Nanoseconds]) -> Option<Drift> {
        drift(samples.iter().copied())
    }

    #[test]
    fn a_step_and_a_ramp_are_drifts_of_their_size() {
        let step = found(&series(400, |at| if at < 0.5 { 1.0 } else { 1.1 })).expect("a step");
        assert!((step.change - 0.1).abs() < 0.01, "{step:?}");
        assert!(step.deviations > 10.0, "{step:?}");
        let ramp = found(&series(400, |at| 1.0 + 0.1 * at)).expect("a ramp");
        assert!((ramp.change - 0.05).abs() < 0.01, "{ramp:?}");
        let faster = found(&series(400, |at| 1.0 - 0.1 * at)).expect("a ramp");
        assert!(faster.change < 0.0 && faster.deviations < 0.0, "{faster:?}");
    }

    #[test]
    fn what_is_flat_too_small_or_too_short_is_none() {
        assert_eq!(found(&series(400, |_| 1.0)), None);
        assert_eq!(found(&series(400, |at| 1.0 + 0.015 * at.round())), None);
        assert_eq!(found(&series(249, |at| 1.0 + at)), None);
        assert_eq!(found(&[Nanoseconds::ZERO; 500]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn failures_and_outliers_are_none() {
        let mut samples = series(400, |_| 1.0);
        samples[350] = Nanoseconds::MAX;
        samples[351] = Nanoseconds::from_millis(900);
        assert_eq!(found(&samples), None);
    }
}
