//! The ratio of two figures over their repeats.

use tare_statistics::{MeanInterval, independent_sum, mean_interval};

/// A figure of a cell: its value in each repeat, all above zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    values: Vec<f64>,
    slack: Slack,
}

/// By which shares of itself a figure may be less, and more, than its repeats say, however many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Slack {
    /// From 0 to 1.
    pub less: f64,
    /// From 0.
    pub more: f64,
}

/// A ratio with its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Of geometric means.
    pub ratio: f64,
    /// The ends by the repeats alone; none where a side has one repeat: its requests do not tell how processes differ.
    pub by_repeats: Option<(f64, f64)>,
    /// The lower end, with all that both figures may be off.
    pub low: Option<f64>,
    /// The upper end; none also where nothing of the one that is divided by may be left.
    pub high: Option<f64>,
}

impl Known {
    /// Of at least one value.
    pub fn new(values: Vec<f64>) -> Self {
        let slack = Slack::default();
        Self { values, slack }
    }

    /// The same where it may be off in a way that repeats do not show.
    pub fn with(self, slack: Slack) -> Self {
        Self { slack, ..self }
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
    let by_repeats = difference.map(|ends| (ends.low.exp(), ends.high.exp()));
    let (over, before) = (other.slack, baseline.slack);
    let left = 1.0 - before.less;
    let highest = |high: f64| (left > 0.0).then(|| high * (1.0 + over.more) / left);
    Ratio {
        ratio: (of - was).exp(),
        by_repeats,
        low: by_repeats.map(|(low, _)| low * (1.0 - over.less) / (1.0 + before.more)),
        high: by_repeats.and_then(|(_, high)| highest(high)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(values: &[f64]) -> Known {
        Known::new(values.to_vec())
    }

    fn ends(found: Ratio) -> (f64, f64) {
        (found.low.expect("an end"), found.high.expect("an end"))
    }

    #[test]
    fn a_ratio_is_the_same_seen_from_either_side() {
        let (one, other) = (known(&[10.0, 11.0, 12.0]), known(&[20.0, 21.0, 25.0]));
        let (there, back) = (ratio(&one, &other), ratio(&other, &one));
        assert!((there.ratio * back.ratio - 1.0).abs() < 1e-12);
        let (low, high) = ends(there);
        let (other_low, other_high) = ends(back);
        assert!((low * other_high - 1.0).abs() < 1e-12);
        assert!((high * other_low - 1.0).abs() < 1e-12);
        assert!(low < there.ratio && there.ratio < high);
    }

    #[test]
    fn repeats_that_do_not_differ_leave_no_doubt() {
        let found = ratio(&known(&[4.0; 3]), &known(&[5.0; 3]));
        let (low, high) = ends(found);
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
        assert_eq!(
            (found.by_repeats, found.low, found.high),
            (None, None, None)
        );
    }

    #[test]
    fn what_either_figure_may_be_off_moves_the_ends_and_not_the_ratio() {
        let off = |less, more| known(&[4.0; 3]).with(Slack { less, more });
        let found = ratio(&off(0.2, 0.0), &off(0.5, 0.0));
        assert!((found.ratio - 1.0).abs() < 1e-12);
        let (low, high) = ends(found);
        assert!((low - 0.5).abs() < 1e-12 && (high - 1.25).abs() < 1e-12);
        let (low, high) = ends(ratio(&off(0.0, 0.25), &off(0.0, 1.0)));
        assert!((low - 0.8).abs() < 1e-12 && (high - 2.0).abs() < 1e-12);
        let open = ratio(&off(1.0, 0.0), &off(0.0, 0.0));
        assert_eq!((open.low.map(f64::round), open.high), (Some(1.0), None));
    }
}
