//! How often drift is found where there is none, and how often where there is one, by simulation.

mod common;

use common::queue::sojourns;
use common::{DEVIATION_NS, MEDIAN_NS, Noise};
use tare_statistics::{Drift, drift};
use tare_units::Nanoseconds;

const SERIES: u64 = 500;

/// The drifts found, and of how many series in percent.
fn found(series: impl Fn(&mut Noise) -> Vec<Nanoseconds>) -> (Vec<Drift>, f64) {
    let of = |seed| drift(series(&mut Noise::new(seed)).into_iter());
    let drifts: Vec<Drift> = (0..SERIES).filter_map(of).collect();
    let share = 100.0 * drifts.len() as f64 / SERIES as f64;
    (drifts, share)
}

/// An autoregressive series whose deviations are `noise` of the level, times `shape` of its part from 0 to 1.
fn shaped(
    (phi, noise, count): (f64, f64, usize),
    shape: impl Fn(f64) -> f64,
) -> impl Fn(&mut Noise) -> Vec<Nanoseconds> {
    move |random| {
        let samples = random.autoregressive(phi, count).into_iter().enumerate();
        let latency = |(place, sample): (usize, Nanoseconds)| {
            let deviations = (sample.as_nanos() as f64 - MEDIAN_NS) / DEVIATION_NS;
            let level = MEDIAN_NS * shape(place as f64 / count as f64);
            Nanoseconds::from_nanos_f64(level * (noise * deviations).exp())
        };
        samples.map(latency).collect()
    }
}

/// Of those whose share is wrong, what they are.
fn check(shares: &[(String, f64)], is_right: impl Fn(f64) -> bool) {
    for (what, share) in shares {
        println!("{what}: {share}%");
    }
    let wrong = shares.iter().filter(|(_, share)| !is_right(*share));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn correlated_noise_without_drift_is_called_drift_in_at_most_one_of_a_hundred_series() {
    let mut shares = Vec::new();
    for noise in [0.05, 0.3] {
        for phi in [0.0, 0.6, 0.9, 0.97, 0.99] {
            for count in [249, 250, 1_000, 4_000] {
                let (_, share) = found(shaped((phi, noise, count), |_| 1.0));
                shares.push((format!("flat, {noise} {phi} {count}"), share));
            }
        }
    }
    check(&shares, |share| share <= 1.0);
}

#[test]
fn a_stationary_queue_does_not_drift() {
    let mut shares = Vec::new();
    for load in [0.5, 0.8, 0.9] {
        for count in [500, 5_000] {
            let (_, share) = found(|noise| sojourns(noise, load, count));
            shares.push((format!("queue, {load} {count}"), share));
        }
    }
    check(&shares, |share| share <= 1.0);
}

#[test]
fn a_period_does_not_drift() {
    let wave = |at: f64| 1.0 + 0.1 * (at * 40.0 * std::f64::consts::TAU).sin();
    let (_, share) = found(shaped((0.0, 0.01, 1_000), wave));
    assert_eq!(share, 0.0);
}

#[test]
fn ramps_and_steps_of_a_tenth_are_found() {
    let mut shares = Vec::new();
    for (phi, count) in [(0.0, 250), (0.6, 1_000), (0.9, 8_000)] {
        let of = (phi, 0.02, count);
        let (ramps, share) = found(shaped(of, |at| 1.0 + 0.1 * at));
        assert!(ramps.iter().all(|one| (0.0..0.1).contains(&one.change)));
        shares.push((format!("ramp at {phi}"), share));
        for when in [0.3, 0.5, 0.7] {
            let (steps, share) = found(shaped(of, |at| if at < when { 1.0 } else { 1.1 }));
            assert!(steps.iter().all(|one| one.deviations > 0.0));
            shares.push((format!("step at {when}, {phi}"), share));
        }
    }
    check(&shares, |share| share >= 95.0);
}
