//! Whether a short series of levels is flat, judged so that noise and outliers neither fake a trend nor hide one.

/// Whether the trend over the whole of `levels` (logarithms, 8 to 64) is surely small.
///
/// The slope is the median of all pairwise slopes (Theil and Sen), the noise that of the successive differences.
/// Flat is |drift| + standard error ≤ 2%, or ≤ 1.5 times the noise where that is more.
pub(super) fn is_flat(levels: &[f64]) -> bool {
    let length = levels.len() as f64;
    let noise = noise(levels);
    let drift = slope(levels).abs() * length;
    let error = noise * (12.0 / length).sqrt();
    drift + error <= TOLERATED.max(NOISE_SHARE * noise)
}

const TOLERATED: f64 = 0.02;
const NOISE_SHARE: f64 = 1.5;
const MOST: usize = 32;
/// Median of |x − y| over σ, of two independent normal variables of deviation σ.
const MEDIAN_DIFFERENCE: f64 = 0.9539;

fn slope(levels: &[f64]) -> f64 {
    let mut slopes = [0.0; MOST * (MOST - 1) / 2];
    let mut filled = 0;
    for (late, after) in levels.iter().enumerate() {
        for (early, before) in levels[..late].iter().enumerate() {
            slopes[filled] = (after - before) / (late - early) as f64;
            filled += 1;
        }
    }
    median(&mut slopes[..filled])
}

fn noise(levels: &[f64]) -> f64 {
    let mut steps = [0.0; MOST];
    for (step, pair) in steps.iter_mut().zip(levels.windows(2)) {
        *step = (pair[1] - pair[0]).abs();
    }
    median(&mut steps[..levels.len() - 1]) / MEDIAN_DIFFERENCE
}

fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_outliers_neither_fakes_a_trend_nor_hides_one() {
        let with_outliers = |slope: f64| -> Vec<f64> {
            let level =
                |place: usize| slope * place as f64 + if place % 4 == 1 { 2.0 } else { 0.0 };
            (0..16).map(level).collect()
        };
        assert!((slope(&with_outliers(0.0))).abs() < 1e-12);
        assert!(is_flat(&[1.0, 1.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0]));
        assert!((slope(&with_outliers(0.05)) - 0.05).abs() < 0.01);
    }

    #[test]
    fn a_drift_of_two_percent_over_the_levels_is_the_limit() {
        let ramp = |total: f64| -> Vec<f64> {
            (0..10)
                .map(|place| total * f64::from(place) / 10.0)
                .collect()
        };
        assert!(is_flat(&ramp(0.017)) && is_flat(&ramp(-0.017)));
        assert!(!is_flat(&ramp(0.021)) && !is_flat(&ramp(-0.021)));
    }

    #[test]
    fn normal_noise_is_measured_by_the_steps_between_neighbours() {
        let alternating: Vec<f64> = (0..32).map(|place| f64::from(place % 2) * 0.01).collect();
        assert!((noise(&alternating) - 0.01 / MEDIAN_DIFFERENCE).abs() < 1e-12);
    }
}
