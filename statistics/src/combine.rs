//! Intervals of what is computed from several measured quantities: sums, differences and shares.

use crate::repeats::{MeanInterval, mean_interval};

/// The sum of independent quantities, each known by a value and its own 95% interval; negate one to subtract it.
///
/// The distances to the ends add in quadrature, end by end, so that lopsided intervals stay lopsided (MOVER: Zou and
/// Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 27, 2008). Of no quantity
/// it is zero.
pub fn independent_sum(terms: &[MeanInterval]) -> MeanInterval {
    let mean = terms.iter().map(|term| term.mean).sum();
    let reach = |distance: fn(&MeanInterval) -> f64| {
        let squares = terms.iter().map(|term| distance(term).powi(2));
        squares.sum::<f64>().sqrt()
    };
    MeanInterval {
        mean,
        low: mean - reach(|term| term.mean - term.low),
        high: mean + reach(|term| term.high - term.mean),
    }
}

/// The mean of `parts` over the mean of `wholes`, pair by pair, with its interval.
///
/// The ratio of means, and Student's t interval of the deviations part − ratio · whole over the mean whole, at the number
/// of pairs − 1 degrees of freedom (Cochran, "Sampling Techniques", 3rd edition, 1977, section 6.4). What moves both alike
/// widens it only as far as the ratio moves. `None` of fewer than two pairs, lists of different lengths, or a whole of no
/// or negative mean.
pub fn paired_share(parts: &[f64], wholes: &[f64]) -> Option<MeanInterval> {
    let whole = wholes.iter().sum::<f64>() / wholes.len() as f64;
    if parts.len() != wholes.len() || whole <= 0.0 || whole.is_nan() {
        return None;
    }
    let share = parts.iter().sum::<f64>() / parts.len() as f64 / whole;
    let deviations: Vec<f64> = parts
        .iter()
        .zip(wholes)
        .map(|(part, of)| (part - share * of) / whole)
        .collect();
    let reach = mean_interval(&deviations)?.half_width();
    Some(MeanInterval {
        mean: share,
        low: share - reach,
        high: share + reach,
    })
}

/// A share of two independent quantities: the ends are those of part ÷ whole with each at its end, in quadrature.
///
/// To first order, as in the propagation of uncertainty (JCGM 100:2008, section 5.1). `None` for a whole that is not
/// above zero.
pub fn independent_share(part: MeanInterval, whole: MeanInterval) -> Option<MeanInterval> {
    if whole.mean <= 0.0 || whole.mean.is_nan() {
        return None;
    }
    let share = part.mean / whole.mean;
    let of_whole = |low: f64, high: f64| MeanInterval {
        mean: 0.0,
        low: -share.abs() * high / whole.mean,
        high: share.abs() * low / whole.mean,
    };
    let of_part = MeanInterval {
        mean: share,
        low: part.low / whole.mean,
        high: part.high / whole.mean,
    };
    let (below, above) = (whole.mean - whole.low, whole.high - whole.mean);
    Some(independent_sum(&[of_part, of_whole(below, above)]))
}

impl MeanInterval {
    /// Known without doubt.
    pub fn exactly(value: f64) -> Self {
        Self {
            mean: value,
            low: value,
            high: value,
        }
    }
}

impl std::ops::Neg for MeanInterval {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            mean: -self.mean,
            low: -self.high,
            high: -self.low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(mean: f64, below: f64, above: f64) -> MeanInterval {
        MeanInterval {
            mean,
            low: mean - below,
            high: mean + above,
        }
    }

    #[test]
    fn distances_add_in_quadrature_end_by_end() {
        let difference = independent_sum(&[around(10.0, 3.0, 0.0), -around(4.0, 0.0, 4.0)]);
        assert_eq!(difference, around(6.0, 5.0, 0.0));
        assert_eq!(independent_sum(&[]), MeanInterval::exactly(0.0));
        let known = MeanInterval::exactly(2.0);
        assert_eq!(
            independent_sum(&[around(1.0, 0.5, 0.5), known]),
            around(3.0, 0.5, 0.5)
        );
    }

    #[test]
    fn a_share_of_what_moves_together_is_known_better_than_either() {
        let wholes = [100.0, 110.0, 90.0];
        let halves = wholes.map(|whole| whole / 2.0);
        let share = paired_share(&halves, &wholes).expect("three pairs");
        assert!((share.mean - 0.5).abs() < 1e-12 && share.half_width() < 1e-12);
        let apart = paired_share(&[50.0, 45.0, 55.0], &wholes).expect("three pairs");
        assert!((apart.mean - 0.5).abs() < 1e-12 && apart.half_width() > 0.1);
    }

    #[test]
    fn a_share_needs_pairs_and_a_whole() {
        assert_eq!(paired_share(&[1.0], &[2.0]), None);
        assert_eq!(paired_share(&[1.0, 1.0], &[2.0]), None);
        assert_eq!(paired_share(&[1.0, 1.0], &[0.0, 0.0]), None);
        assert_eq!(
            independent_share(around(1.0, 0.1, 0.1), around(0.0, 0.0, 1.0)),
            None
        );
    }

    #[test]
    fn a_share_of_independent_quantities_widens_with_both() {
        let part = around(50.0, 3.0, 3.0);
        let whole = around(100.0, 8.0, 8.0);
        let share = independent_share(part, whole).expect("a whole");
        assert!((share.mean - 0.5).abs() < 1e-12);
        assert!((share.half_width() - 0.05).abs() < 1e-12, "{share:?}");
        let larger = around(100.0, 0.0, 8.0);
        let share = independent_share(MeanInterval::exactly(50.0), larger).expect("a whole");
        assert!(
            (share.low - 0.46).abs() < 1e-12 && share.high == 0.5,
            "{share:?}"
        );
    }
}
