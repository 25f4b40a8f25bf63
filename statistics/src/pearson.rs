//! How far two quantities go together on a straight line.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::order::TAIL;
use crate::repeats::MeanInterval;

/// Pearson's r of `xs` and `ys`, pair by pair, with its 95% interval by Fisher's transformation.
///
/// tanh(artanh r ± z₀.₉₇₅/√(n − 3)) (Fisher, "On the probable error of a coefficient of correlation", Metron 1, 1921).
/// `None` of fewer than four pairs, lists of different lengths, or where one of the two does not vary.
pub fn pearson(xs: &[f64], ys: &[f64]) -> Option<MeanInterval> {
    let count = xs.len() as f64;
    if xs.len() != ys.len() || xs.len() < 4 {
        return None;
    }
    let (x, y) = (
        xs.iter().sum::<f64>() / count,
        ys.iter().sum::<f64>() / count,
    );
    let pairs = || xs.iter().zip(ys).map(|(a, b)| (a - x, b - y));
    let together: f64 = pairs().map(|(a, b)| a * b).sum();
    let (across, along): (f64, f64) = (
        pairs().map(|(a, _)| a * a).sum(),
        pairs().map(|(_, b)| b * b).sum(),
    );
    let r = together / (across.sqrt() * along.sqrt());
    if !r.is_finite() {
        return None;
    }
    let r = r.clamp(-1.0, 1.0);
    let normal = Normal::new(0.0, 1.0).ok()?;
    let reach = normal.inverse_cdf(1.0 - TAIL) / (count - 3.0).sqrt();
    Some(MeanInterval {
        mean: r,
        low: (r.atanh() - reach).tanh(),
        high: (r.atanh() + reach).tanh(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_and_its_interval_are_those_of_the_textbook() {
        // Anscombe's first quartet: r = 0.81642 of 11 pairs; Fisher's interval is 0.42439 to 0.95069.
        let xs = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let ys = [
            8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68,
        ];
        let r = pearson(&xs, &ys).expect("eleven pairs");
        assert!((r.mean - 0.81642).abs() < 1e-5, "{r:?}");
        assert!(
            (r.low - 0.42439).abs() < 1e-4 && (r.high - 0.95069).abs() < 1e-4,
            "{r:?}"
        );
    }

    #[test]
    fn a_straight_line_is_one_and_its_mirror_minus_one() {
        let xs = [1.0, 2.0, 3.0, 5.0];
        let up = pearson(&xs, &xs).expect("four pairs");
        assert!((up.mean, up.low, up.high) == (1.0, 1.0, 1.0), "{up:?}");
        let down = pearson(&xs, &xs.map(|x: f64| -x)).expect("four pairs");
        assert!((down.mean + 1.0).abs() < 1e-12);
    }

    #[test]
    fn too_few_pairs_or_no_variation_are_no_correlation() {
        assert_eq!(pearson(&[1.0, 2.0, 3.0], &[1.0, 2.0, 4.0]), None);
        assert_eq!(pearson(&[1.0; 5], &[1.0, 2.0, 3.0, 4.0, 5.0]), None);
        assert_eq!(pearson(&[1.0, 2.0, 3.0, 4.0], &[1.0; 5]), None);
    }
}
