//! The ratio of two figures over their repeats.

use tare_statistics::{MeanInterval, independent_sum, mean_interval};

/// A figure of a cell: its value in each repeat, all above zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    values: Vec<f64>,
}

/// A ratio with its 95% interval; none where a side has one repeat: its requests do not tell how processes differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Of geometric means.
    pub ratio: f64,
    /// Its ends.
    pub interval: Option<(f64, f64)>,
}

impl Known {
    /// Of at least one value.
    pub fn new(values: Vec<f64>) -> Self {
        Self { values }
    }

    /// Repeats that have it.
    pub fn repeats(&self) -> usize {
        self.values.len()
    }

    /// The arithmetic mean, as tables show it.
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    fn logarithm(&self) -> (f64, Option<MeanInterval>) {
        let logarithms: Vec<f64> = self.values.iter().map(|value| value.ln()).collect();
        let mean = logarithms.iter().sum::<f64>() / logarithms.len() as f64;
        (mean, mean_interval(&logarithms))
    }
}

/// `other` over `baseline`.
pub fn ratio(baseline: &Known, other: &Known) -> Ratio {
    let ((of, over), (was, before)) = (other.logarithm(), baseline.logarithm());
    let difference = over.zip(before);
    let difference = difference.map(|(over, before)| independent_sum(&[over, -before]));
    Ratio {
        ratio: (of - was).exp(),
        interval: difference.map(|ends| (ends.low.exp(), ends.high.exp())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(values: &[f64]) -> Known {
        Known::new(values.to_vec())
    }

    #[test]
    fn a_ratio_is_the_same_seen_from_either_side() {
        let (one, other) = (known(&[10.0, 11.0, 12.0]), known(&[20.0, 21.0, 25.0]));
        let (there, back) = (ratio(&one, &other), ratio(&other, &one));
        assert!((there.ratio * back.ratio - 1.0).abs() < 1e-12);
        let (low, high) = there.interval.expect("three repeats");
        let (other_low, other_high) = back.interval.expect("three repeats");
        assert!((low * other_high - 1.0).abs() < 1e-12);
        assert!((high * other_low - 1.0).abs() < 1e-12);
        assert!(low < there.ratio && there.ratio < high);
    }

    #[test]
    fn repeats_that_do_not_differ_leave_no_doubt() {
        let found = ratio(&known(&[4.0; 3]), &known(&[5.0; 3]));
        let (low, high) = found.interval.expect("three repeats");
        assert!(
            [low, high, found.ratio]
                .iter()
                .all(|one| (one - 1.25).abs() < 1e-12)
        );
    }

    #[test]
    fn one_repeat_does_not_tell_how_repeats_differ() {
        let found = ratio(&known(&[5.0, 5.0]), &known(&[10.0]));
        assert!((found.ratio - 2.0).abs() < 1e-12);
        assert_eq!(found.interval, None);
    }
}
