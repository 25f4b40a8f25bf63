//! A straight law through points of which some may be wrong, whose errors grow with their value.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::order::TAIL;
use crate::repeats::MeanInterval;
use crate::solve::{Matrix, inverse, product};

/// value = c₀ + Σ cₖ·countₖ, fitted so that wrong points weigh little.
#[derive(Debug, Clone, PartialEq)]
pub struct RobustFit {
    /// c₀, then one for each count.
    pub coefficients: Vec<f64>,
    /// The standard deviation of one point's error, as a share of its value.
    pub scatter: f64,
    /// Points less coefficients.
    pub freedom: usize,
    covariance: Matrix,
}

/// Beyond so many standard deviations a residual counts linearly; 95% as good as least squares where errors are normal
/// (Huber, "Robust estimation of a location parameter", 1964).
const HUBER: f64 = 1.345;
/// What makes the median of absolute values the standard deviation of normal ones.
const NORMAL: f64 = 1.482_602_218_505_602;
const ROUNDS: usize = 60;
/// What rounding leaves of a perfect fit.
const SMALLEST: f64 = 1e-12;

impl RobustFit {
    /// Of `values`, each above zero, over rows of `counts`.
    ///
    /// Residuals are taken as shares of the fitted value; Huber's weights on their scale, which is the median of the
    /// largest n − p + 1 absolute ones over 0.6745, start from the line of Theil and Sen over the sum of the counts, and
    /// are iterated (Huber and Ronchetti, "Robust Statistics", 2nd edition, 2009, chapter 7). Coefficients have Student's
    /// interval at n − p degrees of freedom. `None` unless there are more points than coefficients, and the counts tell
    /// the coefficients apart.
    pub fn of(counts: &[Vec<f64>], values: &[f64]) -> Option<Self> {
        let width = counts.first()?.len() + 1;
        let positive = values.iter().all(|value| *value > 0.0 && value.is_finite());
        if counts.len() != values.len() || values.len() <= width || !positive {
            return None;
        }
        let rows: Vec<Vec<f64>> = counts.iter().map(|row| with_one(row)).collect();
        let mut coefficients = start(counts, values, width)?;
        let mut scale = 0.0;
        for _ in 0..ROUNDS {
            let scaled = Scaled::of(&rows, values, &coefficients);
            scale = scaled.scale(width);
            coefficients = scaled.step(scale)?.0;
        }
        let scaled = Scaled::of(&rows, values, &coefficients);
        let (_, inverse) = scaled.step(f64::INFINITY)?;
        let scatter = scaled.scatter(scale, width);
        let variance = scatter * scatter;
        let covariance = inverse
            .into_iter()
            .map(|row| row.into_iter().map(|cell| cell * variance).collect())
            .collect();
        Some(Self {
            coefficients,
            scatter,
            freedom: values.len() - width,
            covariance,
        })
    }

    /// The coefficient at `place` with its 95% interval.
    pub fn coefficient(&self, place: usize) -> Option<MeanInterval> {
        let variance = self.covariance.get(place)?.get(place)?;
        self.interval(*self.coefficients.get(place)?, *variance)
    }

    /// The value that one more point of these `counts` would have, with the interval that holds 95% of such points.
    pub fn predict(&self, counts: &[f64]) -> Option<MeanInterval> {
        let row = with_one(counts);
        if row.len() != self.coefficients.len() {
            return None;
        }
        let value = product(&row, &self.coefficients);
        let spread: f64 = row
            .iter()
            .zip(&self.covariance)
            .map(|(share, line)| share * product(line, &row))
            .sum();
        self.interval(value, spread + (self.scatter * value).powi(2))
    }

    /// Twice Huber's loss of the residuals, in units of `scale`; of two fits the better has less.
    pub fn loss(&self, counts: &[Vec<f64>], values: &[f64], scale: f64) -> f64 {
        let rows: Vec<Vec<f64>> = counts.iter().map(|row| with_one(row)).collect();
        let residuals = Scaled::of(&rows, values, &self.coefficients).residuals;
        let loss = |residual: f64| match (residual / scale).abs() {
            small if small <= HUBER => small * small,
            large => 2.0 * HUBER * large - HUBER * HUBER,
        };
        residuals.into_iter().map(loss).sum()
    }

    fn interval(&self, mean: f64, variance: f64) -> Option<MeanInterval> {
        let student = StudentsT::new(0.0, 1.0, self.freedom as f64).ok()?;
        let reach = student.inverse_cdf(1.0 - TAIL) * variance.max(0.0).sqrt();
        Some(MeanInterval {
            mean,
            low: mean - reach,
            high: mean + reach,
        })
    }
}

fn with_one(counts: &[f64]) -> Vec<f64> {
    std::iter::once(1.0).chain(counts.iter().copied()).collect()
}

/// The median slope of all pairs, and the median of what it leaves (Sen, "Estimates of the regression coefficient based
/// on Kendall's tau", 1968), the same slope for every count.
fn start(counts: &[Vec<f64>], values: &[f64], width: usize) -> Option<Vec<f64>> {
    let totals: Vec<f64> = counts.iter().map(|row| row.iter().sum()).collect();
    let mut slopes = Vec::new();
    for (place, (x, y)) in totals.iter().zip(values).enumerate() {
        let later = totals[..place].iter().zip(values);
        let pairs = later.filter(|(other, _)| *other != x);
        slopes.extend(pairs.map(|(other, value)| (y - value) / (x - other)));
    }
    let slope = median(slopes)?;
    let left = totals.iter().zip(values).map(|(x, y)| y - slope * x);
    let mut start = vec![slope; width];
    start[0] = median(left.collect())?;
    Some(start)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some((values[last / 2] + values[values.len() / 2]) / 2.0)
}

/// Points divided by their fitted value.
struct Scaled {
    rows: Matrix,
    values: Vec<f64>,
    residuals: Vec<f64>,
}

impl Scaled {
    fn of(rows: &[Vec<f64>], values: &[f64], coefficients: &[f64]) -> Self {
        let mut scaled = Self {
            rows: Vec::new(),
            values: Vec::new(),
            residuals: Vec::new(),
        };
        for (row, value) in rows.iter().zip(values) {
            let fitted = product(row, coefficients);
            // A fit that passes below zero somewhere must not make that point weigh without bound.
            let by = fitted.max(value / 4.0);
            scaled.rows.push(row.iter().map(|cell| cell / by).collect());
            scaled.values.push(value / by);
            scaled.residuals.push((value - fitted) / by);
        }
        scaled
    }

    fn scale(&self, width: usize) -> f64 {
        let mut sizes: Vec<f64> = self.residuals.iter().map(|one| one.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let largest = sizes.split_off(width - 1);
        (median(largest).unwrap_or(0.0) * NORMAL).max(SMALLEST)
    }

    /// Weighted least squares, and the inverse of its normal matrix.
    fn step(&self, scale: f64) -> Option<(Vec<f64>, Matrix)> {
        let width = self.rows.first()?.len();
        let mut normal = vec![vec![0.0; width]; width];
        let mut right = vec![0.0; width];
        for ((row, value), residual) in self.rows.iter().zip(&self.values).zip(&self.residuals) {
            let weight = (HUBER * scale / residual.abs()).min(1.0);
            for (line, one) in row.iter().enumerate() {
                right[line] += weight * one * value;
                for (column, other) in row.iter().enumerate() {
                    normal[line][column] += weight * one * other;
                }
            }
        }
        let inverse = inverse(&normal)?;
        let coefficients = inverse.iter().map(|line| product(line, &right)).collect();
        Some((coefficients, inverse))
    }

    /// Huber's standard deviation of one residual: K·√(Σψ²/(n − p))/mean ψ′, K = 1 + p/n·(1 − m)/m with m = mean ψ′.
    fn scatter(&self, scale: f64, width: usize) -> f64 {
        let count = self.residuals.len() as f64;
        let edge = HUBER * scale;
        let within = self
            .residuals
            .iter()
            .filter(|one| one.abs() <= edge)
            .count();
        let mean = within as f64 / count;
        let squares: f64 = self
            .residuals
            .iter()
            .map(|one| one.clamp(-edge, edge).powi(2))
            .sum();
        let correction = 1.0 + width as f64 / count * (1.0 - mean) / mean;
        correction * (squares / (count - width as f64)).sqrt() / mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: [f64; 8] = [2.0, 5.0, 12.0, 33.0, 66.0, 178.0, 346.0, 1000.0];

    fn rows(counts: &[f64]) -> Vec<Vec<f64>> {
        counts.iter().map(|count| vec![*count]).collect()
    }

    fn law(count: f64) -> f64 {
        5_000.0 + 400.0 * count
    }

    /// Off by 1%, up and down in turn.
    fn wobbly() -> Vec<f64> {
        let signs = [1.0, -1.0, -1.0, 1.0].iter().cycle();
        let wobble = |(count, sign): (&f64, &f64)| law(*count) * (1.0 + 0.01 * sign);
        COUNTS.iter().zip(signs).map(wobble).collect()
    }

    #[test]
    fn a_straight_line_is_found_exactly() {
        let fit = RobustFit::of(&rows(&COUNTS), &COUNTS.map(law)).expect("a law");
        assert!((fit.coefficients[0] - 5_000.0).abs() < 1e-3, "{fit:?}");
        assert!((fit.coefficients[1] - 400.0).abs() < 1e-6, "{fit:?}");
        assert!((fit.predict(&[50.0]).expect("a row").mean - law(50.0)).abs() < 1e-3);
    }

    #[test]
    fn one_point_that_is_ten_times_off_hardly_moves_it() {
        for place in 0..COUNTS.len() {
            for factor in [0.1, 10.0] {
                let mut values = wobbly();
                values[place] *= factor;
                let fit = RobustFit::of(&rows(&COUNTS), &values).expect("a law");
                let slope = fit.coefficients[1];
                assert!(
                    (slope / 400.0 - 1.0).abs() < 0.05,
                    "{place} {factor}: {slope}"
                );
            }
        }
    }

    #[test]
    fn intervals_hold_what_scatters_around_them() {
        let fit = RobustFit::of(&rows(&COUNTS), &wobbly()).expect("a law");
        let slope = fit.coefficient(1).expect("a slope");
        assert!(slope.low < 400.0 && slope.high > 400.0, "{slope:?}");
        assert!(slope.half_width() < 12.0, "{slope:?}");
        let next = fit.predict(&[500.0]).expect("a row");
        assert!(
            next.low < law(500.0) * 0.99 && next.high > law(500.0) * 1.01,
            "{next:?}"
        );
        assert!((fit.scatter / 0.01 - 1.0).abs() < 0.5, "{}", fit.scatter);
        assert_eq!(fit.coefficient(2), None);
        assert_eq!(fit.predict(&[1.0, 2.0]), None);
    }

    #[test]
    fn few_points_leave_wide_intervals_and_too_few_none() {
        let (many, few) = (wobbly(), wobbly()[5..].to_vec());
        let wide = RobustFit::of(&rows(&COUNTS[5..]), &few).expect("three points");
        let narrow = RobustFit::of(&rows(&COUNTS), &many).expect("eight points");
        let width = |fit: &RobustFit| fit.coefficient(1).expect("a slope").half_width();
        assert!(width(&wide) > 4.0 * width(&narrow));
        assert_eq!(RobustFit::of(&rows(&COUNTS[6..]), &many[6..]), None);
        assert_eq!(RobustFit::of(&rows(&[7.0; 8]), &many), None);
        assert_eq!(RobustFit::of(&rows(&COUNTS), &[0.0; 8]), None);
        assert_eq!(RobustFit::of(&[], &[]), None);
    }

    #[test]
    fn two_kinds_that_cost_differently_are_told_apart() {
        let kinds: Vec<Vec<f64>> = COUNTS
            .iter()
            .zip([3.0, 1.0, 4.0, 9.0, 70.0, 20.0, 300.0, 150.0])
            .map(|(one, other)| vec![*one, other])
            .collect();
        let values: Vec<f64> = kinds
            .iter()
            .map(|row| 1_000.0 + 300.0 * row[0] + 900.0 * row[1])
            .collect();
        let fit = RobustFit::of(&kinds, &values).expect("a law");
        assert!((fit.coefficients[2] - 900.0).abs() < 1e-3, "{fit:?}");
        let total: Vec<Vec<f64>> = kinds.iter().map(|row| vec![row.iter().sum()]).collect();
        let alike = RobustFit::of(&total, &values).expect("a law");
        let scale = alike.scatter;
        assert!(alike.loss(&total, &values, scale) > fit.loss(&kinds, &values, scale) + 4.0);
    }
}
