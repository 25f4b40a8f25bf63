//! The figures equal those of numpy and scipy, written by `reference/make.py`.

mod common;

use common::{Noise, per_mille, quantile, rows, series, sorted};
use tare_statistics::{Distribution, Percentile, correlation, mean_interval, nearest_rank};

fn close(ours: f64, theirs: f64, relative: f64) -> bool {
    (ours - theirs).abs() <= relative * theirs.abs()
}

#[test]
fn percentiles_and_moments_equal_numpys() {
    for row in rows::<12>(include_str!("reference/quantiles.csv")) {
        let [seed, count, modulus, quantiles @ .., mean, std, min, max] = row;
        let _: [f64; 5] = quantiles;
        let samples = series(seed, count, modulus as u64, 0);
        let ascending = sorted(&samples);
        for (percentile, theirs) in Percentile::REPORTED.into_iter().zip(quantiles) {
            let ours = nearest_rank(&ascending, percentile).unwrap();
            assert_eq!(ours.as_nanos() as f64, theirs, "{percentile} of {count}");
        }
        let moments = Distribution::of(&samples).moments.unwrap();
        assert!(close(moments.mean_ns, mean, 1e-14), "mean of {count}");
        assert!(
            moments
                .std_ns
                .map_or(std.is_nan(), |ours| close(ours, std, 1e-13)),
            "std of {count}"
        );
        let extremes = [moments.min, moments.max].map(|extreme| extreme.as_nanos() as f64);
        assert_eq!(extremes, [min, max]);
    }
}

#[test]
fn students_intervals_equal_scipys() {
    for [seed, count, mean, low, high] in rows(include_str!("reference/student.csv")) {
        let values: Vec<f64> = series(seed, count, 5_000, 0)
            .iter()
            .map(|value| value.as_nanos() as f64)
            .collect();
        let ours = mean_interval(&values).unwrap();
        let pairs = [(ours.mean, mean), (ours.low, low), (ours.high, high)];
        assert!(
            pairs
                .into_iter()
                .all(|(ours, theirs)| close(ours, theirs, 1e-9)),
            "{ours:?}"
        );
    }
}

#[test]
fn correlation_times_equal_those_of_numpys_full_correlation() {
    for [seed, count, memory, percentile, theirs] in rows(include_str!("reference/correlation.csv"))
    {
        let samples = series(seed, count, 1_000_000, memory as u64);
        let ours = correlation(&samples, quantile(&samples, per_mille(percentile))).time;
        assert!(
            close(ours, theirs, 1e-9),
            "{ours} for {theirs} of seed {seed}"
        );
    }
}

#[test]
fn correlation_times_approach_those_of_the_bivariate_normal_distribution() {
    for [phi, percentile, theirs] in rows(include_str!("reference/autoregressive.csv")) {
        let samples = Noise::new(7).autoregressive(phi, 1_000_000);
        let ours = correlation(&samples, quantile(&samples, per_mille(percentile)));
        let deviation = 2.0 * (5.0 * theirs / 1e6).sqrt();
        assert!(
            close(ours.time, theirs, 0.02 + 3.0 * deviation),
            "{ours:?} for {theirs}"
        );
        assert_eq!(ours.significant, phi > 0.0);
    }
}
