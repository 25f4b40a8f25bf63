//! The size at which work equals a fixed overhead, from times over sizes: overhead that adds to work, or that hides it.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::order::TAIL;

/// How overhead and work make up the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KneeShape {
    /// max(a, s·size): the longer of the two hides the other.
    Flat,
    /// a + s·size: one follows the other.
    Additive,
}

/// Where the size lies at which work equals overhead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knee {
    /// The shape with the smaller information criterion.
    pub shape: KneeShape,
    /// a/s: the size at which work equals overhead.
    pub size: f64,
    /// Lower end of its 95% interval; `None` where arbitrarily small sizes fit as well.
    pub low: Option<f64>,
    /// Upper end; `None` where arbitrarily large sizes fit as well.
    pub high: Option<f64>,
    /// a, in the unit of the times.
    pub overhead: f64,
    /// s, in the unit of the times, per size.
    pub slope: f64,
    /// By how much the other shape's information criterion is larger.
    pub advantage: f64,
}

/// Fits both shapes to `(size, time)` pairs, all above zero, by least squares of the logarithms, as errors of times grow
/// with them.
///
/// With k = a/s, time = s·max(k, size) or s·(k + size), so that for each k the best s has a closed form, and k alone is
/// searched for, from a 64th of the least size to 64 times the greatest. Of the shapes, which have as many parameters, the
/// one of the smaller AIC = n·ln(RSS/n) + 2·3 is taken (Akaike, "A new look at the statistical model identification", 1974).
/// The interval holds every k of which RSS ≤ RSS_min·(1 + t²₀.₉₇₅/(n − 2)) (profile likelihood in its form for an unknown
/// variance: Bates and Watts, "Nonlinear Regression Analysis and Its Applications", 1988, chapter 6). `None` of fewer than
/// four pairs, of sizes that do not differ, or of values that are not above zero.
pub fn knee(points: &[(f64, f64)]) -> Option<Knee> {
    let positive = |value: f64| value > 0.0 && value.is_finite();
    if points.len() < 4 || !points.iter().all(|(x, y)| positive(*x) && positive(*y)) {
        return None;
    }
    let least = points.iter().map(|point| point.0).fold(f64::MAX, f64::min);
    let greatest = points.iter().map(|point| point.0).fold(0.0, f64::max);
    if least >= greatest {
        return None;
    }
    let range = ((least / BEYOND).ln(), (greatest * BEYOND).ln());
    let profile = |shape| Profile::of(points, shape, range);
    let (flat, additive) = (profile(KneeShape::Flat), profile(KneeShape::Additive));
    let (best, other) = if flat.least < additive.least {
        (flat, additive)
    } else {
        (additive, flat)
    };
    best.knee(other.least)
}

const BEYOND: f64 = 64.0;
const STEPS: usize = 1024;
const HALVINGS: usize = 48;

/// The residual sum of squares over the logarithm of the knee.
struct Profile<'a> {
    points: &'a [(f64, f64)],
    shape: KneeShape,
    range: (f64, f64),
    at: f64,
    least: f64,
}

impl<'a> Profile<'a> {
    fn of(points: &'a [(f64, f64)], shape: KneeShape, range: (f64, f64)) -> Self {
        let mut profile = Self {
            points,
            shape,
            range,
            at: range.0,
            least: f64::INFINITY,
        };
        let step = (range.1 - range.0) / STEPS as f64;
        for place in 0..=STEPS {
            let at = range.0 + step * place as f64;
            let squares = profile.squares(at);
            if squares < profile.least {
                (profile.at, profile.least) = (at, squares);
            }
        }
        profile.refine(step);
        profile
    }

    /// Narrows the bracket around the best grid point by golden sections.
    fn refine(&mut self, step: f64) {
        let ratio = (5f64.sqrt() - 1.0) / 2.0;
        let (mut low, mut high) = (self.at - step, self.at + step);
        for _ in 0..HALVINGS {
            let reach = (high - low) * ratio;
            let (left, right) = (high - reach, low + reach);
            if self.squares(left) < self.squares(right) {
                high = right;
            } else {
                low = left;
            }
        }
        let at = ((low + high) / 2.0).clamp(self.range.0, self.range.1);
        let squares = self.squares(at);
        if squares < self.least {
            (self.at, self.least) = (at, squares);
        }
    }

    fn level(&self, size: f64, knee: f64) -> f64 {
        match self.shape {
            KneeShape::Flat => size.max(knee),
            KneeShape::Additive => size + knee,
        }
    }

    /// The mean of ln time − ln level, which is ln s.
    fn log_slope(&self, log_knee: f64) -> f64 {
        let knee = log_knee.exp();
        let logs = self.points.iter();
        let sum: f64 = logs.map(|(x, y)| (y / self.level(*x, knee)).ln()).sum();
        sum / self.points.len() as f64
    }

    fn squares(&self, log_knee: f64) -> f64 {
        let (knee, log_slope) = (log_knee.exp(), self.log_slope(log_knee));
        let residual = |(x, y): &(f64, f64)| (y / self.level(*x, knee)).ln() - log_slope;
        self.points
            .iter()
            .map(|point| residual(point).powi(2))
            .sum()
    }

    fn knee(&self, other: f64) -> Option<Knee> {
        let count = self.points.len() as f64;
        let freedom = StudentsT::new(0.0, 1.0, count - 2.0).ok()?;
        let quantile = freedom.inverse_cdf(1.0 - TAIL);
        let least = self.least.max(SMALLEST);
        let bound = least * (1.0 + quantile * quantile / (count - 2.0));
        let slope = self.log_slope(self.at).exp();
        Some(Knee {
            shape: self.shape,
            size: self.at.exp(),
            low: self.end(bound, self.range.0).map(f64::exp),
            high: self.end(bound, self.range.1).map(f64::exp),
            overhead: slope * self.at.exp(),
            slope,
            advantage: count * (other.max(SMALLEST) / least).ln(),
        })
    }

    /// Where the squares first exceed `bound` on the way to `limit`, from the outside in; `None` where they never do.
    fn end(&self, bound: f64, limit: f64) -> Option<f64> {
        if self.squares(limit) <= bound {
            return None;
        }
        let step = (self.at - limit) / STEPS as f64;
        let places = (0..=STEPS).map(|place| limit + step * place as f64);
        let mut outside = limit;
        for at in places {
            if self.squares(at) <= bound {
                break;
            }
            outside = at;
        }
        let mut inside = outside + step;
        for _ in 0..HALVINGS {
            let middle = (outside + inside) / 2.0;
            if self.squares(middle) <= bound {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        Some(inside)
    }
}

/// What rounding leaves of a perfect fit.
const SMALLEST: f64 = 1e-24;

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

    fn fitted(time: impl Fn(f64) -> f64) -> Knee {
        knee(&SIZES.map(|size| (size, time(size)))).expect("eight sizes")
    }

    /// Alternating by 1%.
    fn wobble(size: f64) -> f64 {
        1.0 + 0.01
            * if (size.log2() as u64).is_multiple_of(2) {
                1.0
            } else {
                -1.0
            }
    }

    #[test]
    fn overhead_that_adds_is_told_from_overhead_that_hides() {
        let additive = fitted(|size| (100.0 + 10.0 * size) * wobble(size));
        assert_eq!(additive.shape, KneeShape::Additive);
        assert!((additive.size / 10.0 - 1.0).abs() < 0.05, "{additive:?}");
        let flat = fitted(|size| (10.0 * size).max(100.0) * wobble(size));
        assert_eq!(flat.shape, KneeShape::Flat);
        assert!((flat.size / 10.0 - 1.0).abs() < 0.05, "{flat:?}");
        assert!(flat.advantage > 2.0 && additive.advantage > 2.0);
    }

    #[test]
    fn overhead_and_slope_come_in_the_unit_of_the_times() {
        let knee = fitted(|size| 100.0 + 10.0 * size);
        assert!((knee.overhead - 100.0).abs() < 1e-3, "{knee:?}");
        assert!((knee.slope - 10.0).abs() < 1e-4, "{knee:?}");
    }

    #[test]
    fn the_interval_holds_the_knee_and_is_wider_where_times_scatter_more() {
        let quiet = fitted(|size| (100.0 + 10.0 * size) * wobble(size));
        let loud = fitted(|size| (100.0 + 10.0 * size) * wobble(size).powi(5));
        let width = |knee: Knee| (knee.high.expect("an end") / knee.low.expect("an end")).ln();
        assert!(
            quiet.low < Some(10.0) && quiet.high > Some(10.0),
            "{quiet:?}"
        );
        assert!(width(loud) > 3.0 * width(quiet));
    }

    #[test]
    fn what_is_flat_throughout_has_no_upper_end_and_what_is_linear_no_lower() {
        let flat = fitted(|size| 100.0 * wobble(size));
        assert!(flat.high.is_none() && flat.size > 100.0, "{flat:?}");
        let linear = fitted(|size| size * wobble(size));
        assert!(linear.low.is_none() && linear.size < 2.0, "{linear:?}");
    }

    #[test]
    fn too_few_points_sizes_that_do_not_differ_and_nonsense_are_no_knee() {
        assert_eq!(knee(&[(1.0, 1.0), (2.0, 2.0), (4.0, 3.0)]), None);
        assert_eq!(knee(&[(2.0, 1.0); 5]), None);
        assert_eq!(
            knee(&[(1.0, 1.0), (2.0, 0.0), (4.0, 3.0), (8.0, 9.0)]),
            None
        );
    }
}
