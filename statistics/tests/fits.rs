//! Intervals of laws, knees, shares and correlations hold the truth as often as they claim, in few points and in many.

mod common;

use common::Noise;
use tare_statistics::{KneeShape, RobustFit, knee, paired_share, pearson};

const SERIES: u64 = 1_000;

/// Of how many series `holds` is true, in percent.
fn percent(holds: impl Fn(&mut Noise) -> bool) -> f64 {
    let held = (0..SERIES).filter(|seed| holds(&mut Noise::new(*seed)));
    held.count() as f64 * 100.0 / SERIES as f64
}

fn law(count: f64) -> f64 {
    5_000.0 + 400.0 * count
}

/// From 2 to about 1,000 operators, evenly over the logarithm.
fn counts(points: usize) -> Vec<Vec<f64>> {
    let place = |place: usize| place as f64 / (points - 1) as f64;
    (0..points)
        .map(|point| vec![(2.0 * 500f64.powf(place(point))).round()])
        .collect()
}

fn noisy(counts: &[Vec<f64>], noise: &mut Noise) -> Vec<f64> {
    counts
        .iter()
        .map(|row| law(row[0]) * (1.0 + 0.02 * noise.normal()))
        .collect()
}

#[test]
fn coefficients_of_a_law_and_its_predictions_are_covered_whatever_the_number_of_points() {
    for points in [5, 7, 10, 20, 40] {
        let counts = counts(points);
        let fit =
            |noise: &mut Noise| RobustFit::of(&counts, &noisy(&counts, noise)).expect("a law");
        for (place, truth) in [(0, 5_000.0), (1, 400.0)] {
            let held = percent(|noise| {
                let interval = fit(noise).coefficient(place).expect("a coefficient");
                (interval.low..=interval.high).contains(&truth)
            });
            assert!(
                (91.0..=98.0).contains(&held),
                "c{place} of {points}: {held}%"
            );
        }
        let held = percent(|noise| {
            let predicted = fit(noise).predict(&[120.0]).expect("a prediction");
            let next = law(120.0) * (1.0 + 0.02 * noise.normal());
            (predicted.low..=predicted.high).contains(&next)
        });
        assert!((91.0..=98.0).contains(&held), "next of {points}: {held}%");
    }
}

#[test]
fn two_twins_of_twenty_that_are_half_as_slow_again_move_a_law_by_less_than_5_percent() {
    let counts = counts(20);
    let held = percent(|noise| {
        let mut values = noisy(&counts, noise);
        let first = (noise.uniform() * 20.0) as usize;
        for place in [first, (first + 7) % 20] {
            values[place] *= 1.5;
        }
        let slope = RobustFit::of(&counts, &values).expect("a law").coefficients[1];
        (slope / 400.0 - 1.0).abs() < 0.05
    });
    assert!(held > 99.0, "{held}%");
}

#[test]
fn a_knee_is_covered_whether_overhead_adds_or_hides_and_its_shape_is_found() {
    let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
    for (shape, exposed) in [
        (KneeShape::Flat, 0.0),
        (KneeShape::Additive, 1.0),
        (KneeShape::Partial, 0.2),
    ] {
        for truth in [3.0, 12.0, 40.0] {
            let fitted = |noise: &mut Noise| {
                let time = |size: f64| (truth + exposed * size).max(size + exposed * truth);
                let mut point = |size| (size, time(size) * (1.0 + 0.01 * noise.normal()));
                knee(&sizes.map(&mut point)).expect("a knee")
            };
            let held = percent(|noise| {
                let knee = fitted(noise);
                knee.low.is_none_or(|low| low <= truth)
                    && knee.high.is_none_or(|high| high >= truth)
            });
            assert!((91.0..=99.5).contains(&held), "{shape:?} {truth}: {held}%");
            let found = percent(|noise| fitted(noise).shape == shape);
            assert!(found > 97.0, "{shape:?} {truth}: {found}%");
        }
    }
}

#[test]
fn a_share_of_few_pairs_is_covered_whether_or_not_they_move_together() {
    for together in [0.0, 0.9] {
        let held = percent(|noise| {
            let pair = |_| {
                let (shared, own) = (noise.normal(), noise.normal());
                let whole = 100.0 * (1.0 + 0.01 * noise.normal());
                let mixed = together * (whole / 100.0 - 1.0) * 100.0 + (1.0 - together) * shared;
                (30.0 * (1.0 + 0.01 * mixed + 0.002 * own), whole)
            };
            let (parts, wholes): (Vec<f64>, Vec<f64>) = (0..5).map(pair).unzip();
            let share = paired_share(&parts, &wholes).expect("five pairs");
            (share.low..=share.high).contains(&0.3)
        });
        assert!((93.0..=97.5).contains(&held), "{together}: {held}%");
    }
}

#[test]
fn a_correlation_of_a_dozen_models_is_covered() {
    for truth in [0.0, 0.5, 0.9] {
        let held = percent(|noise| {
            let pair = |_| {
                let x = noise.normal();
                (x, truth * x + (1.0 - truth * truth).sqrt() * noise.normal())
            };
            let (xs, ys): (Vec<f64>, Vec<f64>) = (0..12).map(pair).unzip();
            let r = pearson(&xs, &ys).expect("a dozen pairs");
            (r.low..=r.high).contains(&truth)
        });
        assert!((92.5..=97.5).contains(&held), "{truth}: {held}%");
    }
}
