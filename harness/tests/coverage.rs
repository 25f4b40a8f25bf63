//! The interval that a record publishes holds the true percentile as often as it says, where requests wait for each other.

mod queue;
#[path = "truth/tally.rs"]
mod tally;

use queue::{SERVICE_NS, Service, queue};
use tally::Tally;
use tare_statistics::{Distribution, Percentile};
use tare_units::Nanoseconds;

const RUNS: u64 = 400;

/// Of a queue at load `rho`, how often the interval holds the truth and how often there is none.
fn coverage(rho: f64, requests: u64, percentiles: &[Percentile]) -> Vec<(Tally, u64, f64)> {
    let mut given = vec![(Tally::default(), 0, 0.0); percentiles.len()];
    for seed in 0..RUNS {
        let served = queue(1, rho, Service::Exponential, requests, 1_000 + seed);
        let samples: Vec<Nanoseconds> = served
            .samples()
            .iter()
            .map(|sample| Nanoseconds::from_nanos(sample.latency))
            .collect();
        let distribution = Distribution::of(&samples);
        for (percentile, (tally, undecided, tau)) in percentiles.iter().zip(&mut given) {
            // A latency is exponential with mean service / (1 − load).
            let truth = -(1.0 - percentile.fraction()).ln() * SERVICE_NS / (1.0 - rho);
            match distribution.percentile(*percentile).expect("reported") {
                Ok(estimate) if !estimate.covers => *undecided += 1,
                Ok(estimate) => {
                    let [low, high] =
                        [estimate.low, estimate.high].map(|end| end.as_nanos() as f64);
                    tally.add(low, truth, high);
                    *tau += estimate.correlation_time;
                }
                Err(_) => *undecided += 1,
            }
        }
    }
    given
}

const PERCENTILES: [Percentile; 3] = [Percentile::P50, Percentile::P90, Percentile::P99];

/// Asserts that of 400 runs of so many requests the share of intervals that hold the truth is one of 95%.
fn assert_covers(rho: f64, requests: u64, decided: u64) {
    let given = coverage(rho, requests, &PERCENTILES);
    for (percentile, (tally, undecided, _)) in PERCENTILES.iter().zip(&given) {
        println!(
            "{percentile} at {rho}: {:.3} of {}, {undecided} without an interval",
            tally.share(),
            tally.count
        );
    }
    for (percentile, (tally, undecided, _)) in PERCENTILES.iter().zip(&given) {
        let share = tally.share();
        assert!(
            tally.is_of_95_percent(1),
            "{percentile} at {rho}: {share} of {} hold",
            tally.count
        );
        assert!(
            RUNS - undecided >= decided,
            "{percentile} at {rho}: {undecided} of {RUNS} have no interval"
        );
    }
}

#[test]
fn at_half_load_intervals_of_a_minute_hold_the_truth_as_often_as_they_say() {
    assert_covers(0.5, 60_000, RUNS);
}

#[test]
fn at_a_load_of_four_fifths_intervals_of_a_minute_hold_the_truth_as_often_as_they_say() {
    assert_covers(0.8, 60_000, RUNS * 9 / 10);
}

#[test]
fn at_a_load_of_nine_tenths_intervals_of_four_minutes_hold_the_truth_as_often_as_they_say() {
    assert_covers(0.9, 240_000, RUNS / 2);
}

#[test]
#[ignore = "tells coverage by load, length and percentile"]
fn table() {
    for rho in [0.5, 0.8, 0.9] {
        for requests in [5_000, 20_000, 60_000] {
            let given = coverage(rho, requests, &PERCENTILES);
            let told: Vec<String> = given
                .iter()
                .map(|(tally, undecided, tau)| {
                    let tau = tau / tally.count as f64;
                    format!("{:.3} ({undecided} undecided, tau {tau:.0})", tally.share())
                })
                .collect();
            println!("{rho} {requests}: {}", told.join(", "));
        }
    }
}
