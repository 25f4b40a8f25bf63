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
    /// max(a + e·s·size, s·size + e·a): the longer hides all but a share e of the other, as a chain of n operators does of
    /// which the first is dispatched before any work and the last works after all dispatching, e = 1/n.
    Partial,
}

impl KneeShape {
    const ALL: [Self; 3] = [Self::Flat, Self::Additive, Self::Partial];

    /// a, s and the variance, and e where it is fitted.
    fn parameters(self) -> usize {
        match self {
            Self::Flat | Self::Additive => 3,
            Self::Partial => 4,
        }
    }
}

/// Where the size lies at which work equals overhead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knee {
    /// The shape with the least information criterion, or the additive one where none is better by 2.
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
    /// e: the share of the shorter that is not hidden; 0 where the shape is flat, 1 where it is additive.
    pub exposed: f64,
    /// By how much the next best shape's information criterion is larger; below zero where the additive one was taken though
    /// another is a little better.
    pub advantage: f64,
}

impl Knee {
    /// What another shape than the additive one has to be better by: what hides overhead is to be shown, not guessed (from a
    /// difference of 2 on, the worse of two models has considerably less support: Burnham and Anderson, "Model Selection and
    /// Multimodel Inference", 2nd edition, 2002, section 2.6).
    pub const CLEAR: f64 = 2.0;
}

/// Fits each shape to `(size, time)` pairs, all above zero, by least squares of the logarithms, as errors of times grow
/// with them.
///
/// With k = a/s, time = s·max(k + e·size, size + e·k), so that for each k and e the best s has a closed form; k is searched
/// for from a 64th of the least size to 64 times the greatest, and for each k the best e from 0 to 1 where the shape leaves
/// it open. Of the shapes, which have p = 3 or 4 parameters, the one of the smallest AICc = n·ln(RSS/n) + 2·p·n/(n − p − 1)
/// is taken (Akaike's criterion in its form for few points: Hurvich and Tsai, "Regression and time series model selection in
/// small samples", 1989), but for the additive one where it is within 2 of the least. The interval holds every k of which
/// RSS ≤ RSS_min·(1 + t²₀.₉₇₅/(n − p + 1)) (profile likelihood in its form for an unknown variance: Bates and Watts,
/// "Nonlinear Regression Analysis and Its Applications", 1988, chapter 6); where the flat shape was taken, of which the
/// partial one is the general form, the interval is the partial one's, as an e too small to be seen still moves k. `None` of
/// fewer than four different sizes, however many pairs there are of each, or of values that are not above zero; the partial
/// shape is tried of six sizes and more.
pub fn knee(points: &[(f64, f64)]) -> Option<Knee> {
    let positive = |value: f64| value > 0.0 && value.is_finite();
    if !points.iter().all(|(x, y)| positive(*x) && positive(*y)) {
        return None;
    }
    let mut sizes: Vec<f64> = points.iter().map(|point| point.0).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    let (least, greatest) = (*sizes.first()?, *sizes.last()?);
    if sizes.len() < FEWEST {
        return None;
    }
    let range = ((least / BEYOND).ln(), (greatest * BEYOND).ln());
    let mut profiles: Vec<Profile<'_>> = KneeShape::ALL
        .into_iter()
        .filter(|shape| match shape {
            KneeShape::Partial => sizes.len() > shape.parameters() + 1,
            KneeShape::Flat | KneeShape::Additive => true,
        })
        .map(|shape| Profile::of(points, shape, range))
        .collect();
    profiles.sort_by(|one, other| one.preference().total_cmp(&other.preference()));
    let [best, ..] = &profiles[..] else {
        return None;
    };
    let others = profiles[1..].iter().map(Profile::criterion);
    let next = others.fold(f64::INFINITY, f64::min);
    let partial = || profiles.iter().find(|one| one.shape == KneeShape::Partial);
    let bounding = match best.shape {
        KneeShape::Flat => partial().unwrap_or(best),
        KneeShape::Additive | KneeShape::Partial => best,
    };
    best.knee(bounding, next)
}

/// Where `of` is least between two places, by golden sections.
fn narrowed((mut low, mut high): (f64, f64), sections: usize, of: impl Fn(f64) -> f64) -> f64 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let inner = |low: f64, high: f64| (high - (high - low) * ratio, low + (high - low) * ratio);
    let (mut left, mut right) = inner(low, high);
    let (mut of_left, mut of_right) = (of(left), of(right));
    for _ in 0..sections {
        if of_left < of_right {
            (high, right, of_right) = (right, left, of_left);
            left = inner(low, high).0;
            of_left = of(left);
        } else {
            (low, left, of_left) = (left, right, of_right);
            right = inner(low, high).1;
            of_right = of(right);
        }
    }
    (low + high) / 2.0
}

/// Different sizes that a fit takes.
const FEWEST: usize = 4;
const BEYOND: f64 = 64.0;
const STEPS: usize = 256;
const HALVINGS: usize = 48;
/// Of the search for the share that is exposed: to a thousandth.
const SHARE_SECTIONS: usize = 14;

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

    /// Narrows the bracket around the best grid point.
    fn refine(&mut self, step: f64) {
        let bracket = (self.at - step, self.at + step);
        let at = narrowed(bracket, HALVINGS, |at| self.squares(at));
        let at = at.clamp(self.range.0, self.range.1);
        let squares = self.squares(at);
        if squares < self.least {
            (self.at, self.least) = (at, squares);
        }
    }

    /// The mean of ln time − ln level, which is ln s, and the sum of the squares about it.
    fn fit(&self, log_knee: f64, exposed: f64) -> (f64, f64) {
        let knee = log_knee.exp();
        let log = |(size, time): &(f64, f64)| {
            let level = (knee + exposed * size).max(size + exposed * knee);
            (time / level).ln()
        };
        // Squares about a value near the mean: nothing is lost where a fit is perfect.
        let near = log(&self.points[0]);
        let (mut sum, mut squares) = (0.0, 0.0);
        for point in self.points {
            let off = log(point) - near;
            sum += off;
            squares += off * off;
        }
        let count = self.points.len() as f64;
        (near + sum / count, (squares - sum * sum / count).max(0.0))
    }

    /// The share that fits best beside a knee.
    fn exposed(&self, log_knee: f64) -> f64 {
        match self.shape {
            KneeShape::Flat => 0.0,
            KneeShape::Additive => 1.0,
            KneeShape::Partial => {
                let squares = |exposed: f64| self.fit(log_knee, exposed).1;
                narrowed((0.0, 1.0), SHARE_SECTIONS, squares)
            }
        }
    }

    fn squares(&self, log_knee: f64) -> f64 {
        self.fit(log_knee, self.exposed(log_knee)).1
    }

    /// AICc, but for what is the same for all shapes; of so few points that it has no value, those of AIC.
    fn criterion(&self) -> f64 {
        let (count, parameters) = (self.points.len() as f64, self.shape.parameters() as f64);
        let spare = count - parameters - 1.0;
        let correction = if spare > 0.0 { count / spare } else { 1.0 };
        count * self.least.max(SMALLEST).ln() + 2.0 * parameters * correction
    }

    fn preference(&self) -> f64 {
        match self.shape {
            KneeShape::Additive => self.criterion() - Knee::CLEAR,
            KneeShape::Flat | KneeShape::Partial => self.criterion(),
        }
    }

    fn knee(&self, bounding: &Self, next: f64) -> Option<Knee> {
        let bound = bounding.bound()?;
        let range = bounding.range;
        let exposed = self.exposed(self.at);
        let slope = self.fit(self.at, exposed).0.exp();
        Some(Knee {
            shape: self.shape,
            size: self.at.exp(),
            low: bounding
                .end(bound, range.0)
                .map(|low| low.min(self.at).exp()),
            high: bounding
                .end(bound, range.1)
                .map(|high| high.max(self.at).exp()),
            overhead: slope * self.at.exp(),
            slope,
            exposed,
            advantage: next - self.criterion(),
        })
    }

    /// The squares that a knee in the interval has at the most.
    fn bound(&self) -> Option<f64> {
        let freedom = (self.points.len() + 1 - self.shape.parameters()) as f64;
        let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
        let quantile = student.inverse_cdf(1.0 - TAIL);
        Some(self.least.max(SMALLEST) * (1.0 + quantile * quantile / freedom))
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
    fn a_chain_of_few_operators_hides_all_but_one_of_them() {
        let chain = |n: f64, size: f64| (100.0 + 10.0 * size / n).max(10.0 * size + 100.0 / n);
        for n in [4.0, 10.0] {
            let knee = fitted(|size| chain(n, size) * wobble(size).powf(0.2));
            assert_eq!(knee.shape, KneeShape::Partial, "{knee:?}");
            assert!((knee.size / 10.0 - 1.0).abs() < 0.02, "{knee:?}");
            assert!((knee.exposed * n - 1.0).abs() < 0.1, "{knee:?}");
        }
        let few = [1.0, 4.0, 16.0, 64.0, 256.0].map(|size| (size, chain(4.0, size)));
        assert_ne!(knee(&few).expect("a knee").shape, KneeShape::Partial);
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
    fn fewer_than_four_sizes_and_nonsense_are_no_knee() {
        assert_eq!(knee(&[(1.0, 1.0), (2.0, 2.0), (4.0, 3.0)]), None);
        assert_eq!(knee(&[(2.0, 1.0); 5]), None);
        let two_sizes = [(1.0, 1.0), (1.0, 1.1), (8.0, 8.0), (8.0, 8.1), (8.0, 8.2)];
        assert_eq!(knee(&two_sizes), None);
        assert!(knee(&[&two_sizes[..], &[(2.0, 2.1), (4.0, 4.2)]].concat()).is_some());
        assert_eq!(
            knee(&[(1.0, 1.0), (2.0, 0.0), (4.0, 3.0), (8.0, 9.0)]),
            None
        );
    }
}
