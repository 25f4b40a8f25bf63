//! The interval that a record publishes holds the true percentile as often as it says, where requests wait for each other.

mod queue;
#[path = "truth/tally.rs"]
mod tally;

use queue::{Random, SERVICE_NS, Service, crommelin, exponential, plain, poisson, queue, solve};
use tally::Tally;
use tare_harness::Legs;
use tare_harness::serve::simulated::Execution;
use tare_results::samples::Sample;
use tare_statistics::{DECIDED_WITHIN, Decision, Distribution, Looked, Looks, Percentile};
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

/// A queue at load `rho`, looked at until half the width of an interval is at most `within` of its value.
#[derive(Debug, Clone, Copy)]
struct Until {
    rho: f64,
    service: Service,
    percentile: Percentile,
    within: f64,
}

impl Until {
    /// The percentile of the latency in a queue that has been served for ever.
    fn truth(&self) -> f64 {
        let share = self.percentile.fraction();
        SERVICE_NS
            * match self.service {
                Service::Exponential => -(1.0 - share).ln() / (1.0 - self.rho),
                Service::Constant => {
                    1.0 + solve(|services| crommelin(self.rho, services), share, 30.0)
                }
            }
    }

    /// The look that decided, if one did before `MOST` requests. As in a repeat, requests come in legs, each of which finds
    /// nobody waiting.
    fn decided(&self, seed: u64) -> Option<Looked> {
        let mut random = Random::new(seed ^ 0x1e65_0000_0000);
        let mut looks = Looks::new(self.percentile, self.within);
        let schedule = poisson(SERVICE_NS / self.rho, MOST, seed);
        let mut legs = Legs::new(schedule, looks.next());
        let mut latencies: Vec<Nanoseconds> = Vec::new();
        loop {
            let time = |_: Execution| {
                Some(match self.service {
                    Service::Exponential => exponential(&mut random, SERVICE_NS),
                    Service::Constant => Nanoseconds::from_nanos_f64(SERVICE_NS),
                })
            };
            let leg = plain(1).serve(&mut legs, time);
            let samples = leg.samples();
            let latency = |sample: &Sample| Nanoseconds::from_nanos(sample.latency);
            latencies.extend(samples.iter().map(latency));
            let is_last = latencies.len() as u64 >= MOST;
            match looks.look(latencies.iter().copied(), is_last) {
                Decision::Decided(looked) => return Some(looked),
                Decision::NotDecided(_) => return None,
                Decision::More { at } => {
                    let spent = leg.passed.last().map(|last| last.issued);
                    let went = (leg.passed.len() as u64, spent.unwrap_or_default());
                    legs.next_leg(at, went);
                }
            }
        }
    }

    /// Asserts that the intervals that decided hold the truth in no fewer of so many runs than 95% are likely to.
    fn assert_covers(&self, runs: u64) {
        let truth = self.truth();
        let (mut tally, mut requests) = (Tally::default(), 0);
        for looked in (0..runs).filter_map(|seed| self.decided(5_000 + seed)) {
            requests += looked.count;
            let one = looked.estimate.expect("it decided");
            let [low, high] = [one.low, one.high].map(|end| end.as_nanos() as f64);
            tally.add(low, truth, high);
        }
        println!(
            "{self:?}: {} of {} decided hold the truth, of {runs}; {} requests each",
            tally.held,
            tally.count,
            requests / tally.count.max(1)
        );
        assert!(tally.is_of_95_percent_or_more(), "{self:?}: {tally:?}");
        assert!(tally.count >= runs * 9 / 10, "{self:?}: {tally:?}");
    }
}

/// Requests of a run at the most.
const MOST: u64 = 1 << 21;

fn assert_decisions_cover(rho: f64, service: Service, within: f64, runs: u64) {
    for percentile in [Percentile::P50, Percentile::P90] {
        let until = Until {
            rho,
            service,
            percentile,
            within,
        };
        until.assert_covers(runs);
    }
}

#[test]
fn at_half_load_intervals_that_decide_hold_the_truth_as_often_as_they_say() {
    assert_decisions_cover(0.5, Service::Exponential, DECIDED_WITHIN, 100);
    assert_decisions_cover(0.5, Service::Constant, DECIDED_WITHIN, 100);
}

#[test]
fn at_a_load_of_four_fifths_intervals_that_decide_hold_the_truth_as_often_as_they_say() {
    assert_decisions_cover(0.8, Service::Exponential, 2.0 * DECIDED_WITHIN, 60);
    assert_decisions_cover(0.8, Service::Constant, 2.0 * DECIDED_WITHIN, 60);
}

#[test]
fn at_a_load_of_nine_tenths_intervals_that_decide_hold_the_truth_as_often_as_they_say() {
    assert_decisions_cover(0.9, Service::Exponential, 4.0 * DECIDED_WITHIN, 40);
    assert_decisions_cover(0.9, Service::Constant, 4.0 * DECIDED_WITHIN, 40);
}
