//! Made-up power curves, seen through ticks, partial sight, quantisation and jitter, are found within what is stated.

use super::synthetic::{Chance, Curve, Sensor, counter, power, span};
use super::window::window;
use super::{Quantity, SourceSpec};

const LENGTH_MS: usize = 14_000;

/// Idle, a load from 2 s for `load_ms`, idle again.
fn curve(chance: &mut Chance, load_ms: usize, shape: usize) -> Curve {
    let idle = 40.0 + 60.0 * chance.next();
    let load = idle + 50.0 + 500.0 * chance.next();
    let period = 5.0 + 400.0 * chance.next();
    let mut level = load;
    let mut watts = Vec::with_capacity(LENGTH_MS);
    for at in 0..LENGTH_MS {
        let loaded = match shape {
            0 => load,
            1 => load * (1.0 + 0.2 * (at as f64 / period * std::f64::consts::TAU).sin()),
            2 => load * (0.7 + 0.6 * (at as f64 / LENGTH_MS as f64)),
            3 => {
                if at % 7 == 0 {
                    level = load * (0.8 + 0.4 * chance.next());
                }
                level
            }
            _ => {
                if (at as f64 / period).fract() < 0.5 {
                    load
                } else {
                    idle
                }
            }
        };
        let is_loaded = (2_000..2_000 + load_ms).contains(&at);
        let noise = 1.0 + 0.01 * (chance.next() - 0.5);
        watts.push(if is_loaded { loaded } else { idle } * noise);
    }
    Curve(watts)
}

fn sensor(chance: &mut Chance, spec: &SourceSpec) -> Sensor {
    let tick_ms = [20, 50, 100][(chance.next() * 3.0) as usize];
    let seen = spec.share * tick_ms as f64;
    Sensor {
        tick_ms,
        seen_ms: (seen.round() as usize).max(1),
        phase_ms: (chance.next() * tick_ms as f64) as usize,
        period_ms: 5.0 + 25.0 * chance.next(),
        jitter_ms: 4.0 * chance.next(),
    }
}

/// The share of windows whose joules lie within the stated uncertainty, and the mean stated share.
fn recovered(spec: &SourceSpec, seed: u64) -> (f64, f64) {
    const TRIALS: usize = 300;
    let mut chance = Chance(seed);
    let (mut within, mut stated) = (0, 0.0);
    for trial in 0..TRIALS {
        let load_ms = 3_000 + (chance.next() * 6_000.0) as usize;
        let curve = curve(&mut chance, load_ms, trial % 5);
        let history = sensor(&mut chance, spec).read(&curve, spec.clone(), &mut chance);
        let to = 2_000 + load_ms;
        let found = window(&history, span(2_000, to as u64)).unwrap();
        let truth = curve.joules(2_000, to);
        let random = found.random().as_joules();
        within += usize::from((found.energy.as_joules() - truth).abs() <= random);
        stated += random / truth;
    }
    (within as f64 / TRIALS as f64, stated / TRIALS as f64)
}

#[test]
fn counters_and_powers_recover_the_joules_within_what_they_state() {
    for (seed, share) in [(1, 1.0), (2, 0.25), (3, 0.5)] {
        for base in [counter("c"), power("p")] {
            let quantity = base.quantity;
            let (within, stated) = recovered(&SourceSpec { share, ..base }, seed);
            assert!(within >= 0.95, "{quantity:?} {share}: {within}");
            assert!(stated < 0.08, "{quantity:?} {share}: useless at {stated}");
        }
    }
}

#[test]
fn the_random_part_shrinks_beside_the_energy_and_the_gain_does_not() {
    let mut chance = Chance(7);
    let watts = (0..40_000).map(|_| 300.0 * (0.9 + 0.2 * chance.next()));
    let curve = Curve(watts.collect());
    let spec = SourceSpec {
        share: 0.25,
        ..counter("c")
    };
    let sensor = sensor(&mut chance, &spec);
    let history = sensor.read(&curve, spec, &mut chance);
    let share = |seconds: u64| {
        let found = window(&history, span(2_000, 2_000 + seconds * 1_000)).unwrap();
        found.random().as_joules() / found.energy.as_joules()
    };
    let shares = [1, 4, 16, 36].map(share);
    assert!(shares.is_sorted_by(|a, b| a > b), "{shares:?}");
    assert!(shares[3] < 0.1 * shares[0], "{shares:?}");
}

#[test]
fn a_window_stretched_to_the_needed_length_meets_the_bound() {
    for seed in 10..30 {
        let mut chance = Chance(seed);
        let curve = Curve(
            (0..60_000)
                .map(|_| 250.0 * (0.9 + 0.2 * chance.next()))
                .collect(),
        );
        let base = if seed % 2 == 0 {
            counter("c")
        } else {
            power("p")
        };
        let spec = SourceSpec {
            share: 0.25,
            ..base
        };
        let history = sensor(&mut chance, &spec).read(&curve, spec, &mut chance);
        let short = window(&history, span(3_000, 4_000)).unwrap();
        let needed = short.needed_window(0.02).unwrap().as_nanos() / 1_000_000;
        let long = window(&history, span(3_000, 3_000 + needed.max(1_000) * 5 / 4)).unwrap();
        let share = long.random().as_joules() / long.energy.as_joules();
        assert!(share < 0.03, "{seed}: {share} after {needed} ms");
    }
}

#[test]
fn a_blind_sensor_is_worse_than_a_seeing_one_and_says_so() {
    let stated = |share| {
        let spec = SourceSpec {
            share,
            ..counter("c")
        };
        assert_eq!(spec.quantity, Quantity::Energy);
        recovered(&spec, 5).1
    };
    assert!(stated(0.25) > stated(1.0));
}
