//! How far two quantities go together, on a straight line or by a power law.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::order::TAIL;
use crate::repeats::MeanInterval;

/// Pearson's r of `xs` and `ys`, pair by pair, with its 95% interval by Fisher's transformation.
///
/// tanh(artanh r ± z₀.₉₇₅/√(n − 3)) (Fisher, "On the probable error of a coefficient of correlation", Metron 1, 1921).
/// `None` of fewer than four pairs, lists of different lengths, or where one of the two does not vary.
pub fn pearson(xs: &[f64], ys: &[f64]) -> Option<MeanInterval> {
    Centred::of(xs, ys)?.r()
}

/// Sums over pairs, about their means.
struct Centred {
    count: f64,
    x: f64,
    y: f64,
    /// Of the squares of x.
    across: f64,
    /// Of the squares of y.
    along: f64,
    /// Of the products.
    together: f64,
}

impl Centred {
    /// `None` of fewer than four pairs, or lists of different lengths.
    fn of(xs: &[f64], ys: &[f64]) -> Option<Self> {
        let count = xs.len() as f64;
        if xs.len() != ys.len() || xs.len() < 4 {
            return None;
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
        let (x, y) = (mean(xs), mean(ys));
        let pairs = || xs.iter().zip(ys).map(|(a, b)| (a - x, b - y));
        Some(Self {
            count,
            x,
            y,
            across: pairs().map(|(a, _)| a * a).sum(),
            along: pairs().map(|(_, b)| b * b).sum(),
            together: pairs().map(|(a, b)| a * b).sum(),
        })
    }

    /// `None` where one of the two does not vary.
    fn r(&self) -> Option<MeanInterval> {
        let r = self.together / (self.across.sqrt() * self.along.sqrt());
        if !r.is_finite() {
            return None;
        }
        let r = r.clamp(-1.0, 1.0);
        let normal = Normal::new(0.0, 1.0).ok()?;
        let reach = normal.inverse_cdf(1.0 - TAIL) / (self.count - 3.0).sqrt();
        Some(MeanInterval {
            mean: r,
            low: (r.atanh() - reach).tanh(),
            high: (r.atanh() + reach).tanh(),
        })
    }
}

/// y = factor · x^exponent, with intervals of 95%.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerLaw {
    /// y at x = 1.
    pub factor: f64,
    /// The exponent.
    pub exponent: MeanInterval,
    /// Pearson's r of the logarithms.
    pub r: MeanInterval,
}

/// The power law through `xs` and `ys`, pair by pair: least squares of ln y over ln x, with Student's interval of the slope
/// at n − 2 degrees of freedom. `None` where [`pearson`] has none, or a value is not above zero.
pub fn power_law(xs: &[f64], ys: &[f64]) -> Option<PowerLaw> {
    if xs.iter().chain(ys).any(|value| *value <= 0.0) {
        return None;
    }
    let logarithms = |values: &[f64]| values.iter().map(|one| one.ln()).collect::<Vec<f64>>();
    let (xs, ys) = (logarithms(xs), logarithms(ys));
    let centred = Centred::of(&xs, &ys)?;
    let r = centred.r()?;
    let Centred { x, y, across, .. } = centred;
    let exponent = centred.together / across;
    let left = |(a, b): (&f64, &f64)| (b - y - exponent * (a - x)).powi(2);
    let freedom = centred.count - 2.0;
    let variance = xs.iter().zip(&ys).map(left).sum::<f64>() / freedom;
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    let reach = student.inverse_cdf(1.0 - TAIL) * (variance / across).sqrt();
    Some(PowerLaw {
        factor: (y - exponent * x).exp(),
        exponent: MeanInterval {
            mean: exponent,
            low: exponent - reach,
            high: exponent + reach,
        },
        r,
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

    #[test]
    fn a_power_law_is_found_with_the_interval_of_the_textbook() {
        let xs = [1.0, 10.0, 100.0, 1_000.0];
        let exact = power_law(&xs, &xs.map(|x| 3.0 * x.powf(0.5))).expect("four pairs");
        assert!((exact.factor - 3.0).abs() < 1e-9 && (exact.exponent.mean - 0.5).abs() < 1e-9);
        // Anscombe's first quartet as logarithms: slope 0.50009, standard error 0.11791, t₀.₉₇₅ of 9 is 2.26216.
        let xs = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0].map(f64::exp);
        let ys = [
            8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68,
        ];
        let law = power_law(&xs, &ys.map(f64::exp)).expect("eleven pairs");
        assert!((law.exponent.mean - 0.50009).abs() < 1e-5, "{law:?}");
        assert!((law.exponent.high - law.exponent.mean - 2.26216 * 0.11791).abs() < 1e-4);
        assert!((law.factor.ln() - 3.00009).abs() < 1e-4 && (law.r.mean - 0.81642).abs() < 1e-5);
    }

    #[test]
    fn what_is_not_above_zero_has_no_power_law() {
        assert_eq!(power_law(&[0.0, 1.0, 2.0, 3.0], &[1.0; 4]), None);
        assert_eq!(
            power_law(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, -1.0, 3.0]),
            None
        );
    }
}
