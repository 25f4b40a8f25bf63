//! A time over the repeats, such that what is computed from several of them keeps their pairing.

use tare_results::{Percentile, Record};
use tare_statistics::{MeanInterval, independent_sum, mean_interval};

/// Its value in each repeat, or an interval of its own where it is not of repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// Nanoseconds, as the published figure takes them.
    pub mean: f64,
    repeats: Vec<(u64, f64)>,
    alone: Option<MeanInterval>,
}

impl Quantity {
    /// The figure of each of `records`; `None` unless all have it.
    pub fn of<'a>(
        records: &[&'a Record],
        get: impl Fn(&'a Record) -> Option<&'a Percentile>,
    ) -> Option<Self> {
        let each: Option<Vec<(u64, &Percentile)>> = records
            .iter()
            .map(|record| Some((record.repeat, get(record)?)))
            .collect();
        let each = each.filter(|each| !each.is_empty())?;
        let within = match each.as_slice() {
            [(_, only)] => bounds(only),
            _ => None,
        };
        let values = each.iter().map(|(repeat, one)| (*repeat, one.value_ns));
        Some(Self::over(values.collect(), within))
    }

    /// One value a repeat; `alone` is the interval of a single one.
    pub fn over(repeats: Vec<(u64, f64)>, alone: Option<MeanInterval>) -> Self {
        let sum: f64 = repeats.iter().map(|(_, value)| value).sum();
        Self {
            mean: sum / repeats.len() as f64,
            repeats,
            alone,
        }
    }

    /// With an interval that is not of repeats.
    pub fn alone(interval: MeanInterval) -> Self {
        Self {
            mean: interval.mean,
            repeats: Vec::new(),
            alone: Some(interval),
        }
    }

    /// Of a single pass: it was one process more, and is taken to be off from their mean by as large a share as one of
    /// the repeats of `like` typically is, beside its own bounds.
    pub fn one_pass(figure: &Percentile, like: &Quantity) -> Self {
        let value = figure.value_ns;
        let own = bounds(figure).unwrap_or(MeanInterval::exactly(value));
        let repeats = like.repeats.len() as f64;
        let between = mean_interval(&like.values()).map_or(0.0, |interval| interval.half_width());
        let off = value / like.mean * between * repeats.sqrt();
        let process = MeanInterval {
            mean: 0.0,
            low: -off,
            high: off,
        };
        Self::alone(independent_sum(&[own, process]))
    }

    /// Its interval: Student's t over the repeats, or its own; `None` where nothing is known of its spread.
    pub fn interval(&self) -> Option<MeanInterval> {
        mean_interval(&self.values()).or(self.alone)
    }

    /// Value by value in the order of the repeats.
    pub fn values(&self) -> Vec<f64> {
        self.repeats.iter().map(|(_, value)| *value).collect()
    }

    /// Whether both have the same repeats, at least two.
    pub fn is_paired(&self, other: &Self) -> bool {
        let numbers = |of: &Self| of.repeats.iter().map(|one| one.0).collect::<Vec<_>>();
        self.repeats.len() > 1 && numbers(self) == numbers(other)
    }
}

fn bounds(percentile: &Percentile) -> Option<MeanInterval> {
    Some(MeanInterval {
        mean: percentile.value_ns,
        low: percentile.low_ns?,
        high: percentile.high_ns?,
    })
}

/// A quantity with its sign.
pub type Term<'a> = (f64, &'a Quantity);

/// The interval of a sum of `terms`, each with its sign.
///
/// Where all have the same repeats, which were interleaved and so shared the machine's state, Student's t interval of the
/// sums repeat by repeat, which is right whether or not they move together. Else their own intervals in quadrature.
pub fn sum(terms: &[Term<'_>]) -> Option<MeanInterval> {
    let (_, first) = terms.first()?;
    let mut others = terms.iter().skip(1);
    if terms.len() == 1 || others.all(|(_, other)| first.is_paired(other)) {
        let signed = |place: usize| {
            let values = terms.iter().map(|(sign, of)| sign * of.repeats[place].1);
            values.sum::<f64>()
        };
        let sums: Vec<f64> = (0..first.repeats.len()).map(signed).collect();
        if let Some(interval) = mean_interval(&sums) {
            return Some(interval);
        }
    }
    let each: Option<Vec<MeanInterval>> = terms
        .iter()
        .map(|(sign, of)| {
            let interval = of.interval()?;
            Some(if *sign < 0.0 { -interval } else { interval })
        })
        .collect();
    Some(independent_sum(&each?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(values: &[f64]) -> Quantity {
        Quantity::over((0..).zip(values.iter().copied()).collect(), None)
    }

    #[test]
    fn repeats_that_move_together_leave_a_difference_that_is_known_well() {
        let (latency, twin) = (over(&[100.0, 110.0, 120.0]), over(&[10.0, 20.0, 30.0]));
        let difference = sum(&[(1.0, &latency), (-1.0, &twin)]).expect("three pairs");
        assert_eq!((difference.mean, difference.half_width()), (90.0, 0.0));
    }

    #[test]
    fn repeats_that_are_not_the_same_add_their_intervals_in_quadrature() {
        let latency = over(&[100.0, 110.0, 120.0]);
        let other = Quantity::over(vec![(0, 10.0), (2, 30.0)], None);
        let difference = sum(&[(1.0, &latency), (-1.0, &other)]).expect("both have intervals");
        let widths = [&latency, &other].map(|of| of.interval().expect("repeats").half_width());
        assert!((difference.half_width() - widths[0].hypot(widths[1])).abs() < 1e-9);
        assert_eq!(difference.mean, 90.0);
    }

    #[test]
    fn a_single_repeat_has_its_own_bounds_or_none() {
        let within = MeanInterval {
            mean: 10.0,
            low: 9.0,
            high: 12.0,
        };
        let bounded = Quantity::over(vec![(0, 10.0)], Some(within));
        assert_eq!(sum(&[(1.0, &bounded)]), Some(within));
        assert_eq!(sum(&[(-1.0, &bounded)]), Some(-within));
        assert_eq!(sum(&[(1.0, &over(&[10.0]))]), None);
    }

    #[test]
    fn a_single_pass_is_as_doubtful_as_one_repeat() {
        let latency = over(&[90.0, 100.0, 110.0]);
        let busy = Percentile {
            value_ns: 50.0,
            low_ns: None,
            high_ns: None,
            tau: None,
            effective_count: None,
        };
        let interval = Quantity::one_pass(&busy, &latency).interval().expect("one");
        let repeats = latency.interval().expect("three").half_width();
        assert!((interval.half_width() - repeats * 3f64.sqrt() / 2.0).abs() < 1e-9);
    }
}
