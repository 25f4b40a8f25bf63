//! How often the rule for a bound on a percentile is wrong, and how often it decides, by simulation.

mod common;

use common::Noise;
use common::queue::{sojourns, truth};
use tare_statistics::{Percentile, RISK, Standing, kept};
use tare_units::Nanoseconds;

const SERIES: u64 = 500;

/// Of how many series, in percent, the bound is called met and not met.
fn called(
    percentile: Percentile,
    bound_ns: f64,
    series: impl Fn(&mut Noise) -> Vec<Nanoseconds>,
) -> [f64; 2] {
    let bound = Nanoseconds::from_nanos_f64(bound_ns);
    let mut counts = [0; 2];
    for seed in 0..SERIES {
        let samples = series(&mut Noise::new(seed));
        match kept(samples.into_iter(), (percentile, bound), RISK).standing {
            Standing::Met => counts[0] += 1,
            Standing::NotMet => counts[1] += 1,
            Standing::NotDecided => {}
        }
    }
    counts.map(|count: u64| 100.0 * count as f64 / SERIES as f64)
}

/// Uniform from 0 to 1 ms, so that a bound is a share.
fn independent(noise: &mut Noise) -> Vec<Nanoseconds> {
    let sample = |_| Nanoseconds::from_nanos_f64(1e6 * noise.uniform());
    (0..4_000).map(sample).collect()
}

#[test]
fn of_independent_requests_at_most_one_in_a_hundred_is_called_wrongly() {
    for percentile in [Percentile::P50, Percentile::P90, Percentile::P99] {
        let [met, not_met] = called(percentile, 1e6 * percentile.fraction(), independent);
        println!("{percentile} at its bound: met {met}%, not met {not_met}%");
        assert!(met <= 1.9 && not_met <= 1.9, "{percentile}");
    }
}

#[test]
fn requests_well_within_or_beyond_the_bound_are_decided() {
    let [met, not_met] = called(Percentile::P99, 0.996e6, independent);
    assert!(met >= 95.0 && not_met == 0.0, "{met}% {not_met}%");
    let [met, not_met] = called(Percentile::P99, 0.98e6, independent);
    assert!(met == 0.0 && not_met >= 95.0, "{met}% {not_met}%");
}

#[test]
fn of_requests_that_queue_at_most_two_in_a_hundred_are_called_wrongly() {
    let mut wrong = Vec::new();
    for load in [0.5, 0.8] {
        for percentile in [Percentile::P90, Percentile::P99] {
            let bound = truth(load, percentile.fraction());
            let [met, not_met] = called(percentile, bound, |noise| sojourns(noise, load, 10_000));
            println!("{percentile} at load {load}: met {met}%, not met {not_met}%");
            if met > 2.0 || not_met > 2.0 {
                wrong.push((percentile, load));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_queue_far_from_its_bound_is_decided() {
    let bound = 2.0 * truth(0.8, 0.99);
    let [met, not_met] = called(Percentile::P99, bound, |noise| {
        sojourns(noise, 0.8, 120_000)
    });
    println!("half the bound: met {met}%, not met {not_met}%");
    assert!(met >= 80.0 && not_met == 0.0, "{met}% {not_met}%");
    let [met, not_met] = called(Percentile::P99, bound / 4.0, |noise| {
        sojourns(noise, 0.8, 20_000)
    });
    assert!(met == 0.0 && not_met >= 95.0, "{met}% {not_met}%");
}
