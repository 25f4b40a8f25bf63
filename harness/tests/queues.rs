//! The simulated engine against queues whose answers are known in closed form.

mod queue;

use queue::{
    Random, SERVICE_NS, Service, assert_holds, constant, crommelin, plain, poisson, queue, solve,
    waits,
};
use tare_harness::serve::dispatch::Dispatch;
use tare_harness::serve::simulated::{Execution, Simulated};
use tare_harness::serve::slots::End;
use tare_statistics::{Distribution, Percentile, nearest_rank};
use tare_units::Nanoseconds;

const REPLICATIONS: u64 = 40;
const REQUESTS: u64 = 60_000;
const SKIPPED: usize = 5_000;

/// Asserts the mean wait and the share of waits beyond the closed form's 99th percentile, which is as a hundredth is.
fn assert_waits(name: &str, service: Service, rho: f64, (mean_ns, p99_ns): (f64, f64)) {
    let (mut means, mut beyond) = (Vec::new(), Vec::new());
    let mut pooled: Vec<Nanoseconds> = Vec::new();
    for seed in 0..REPLICATIONS {
        let waits = waits(&queue(1, rho, service, REQUESTS, seed), SKIPPED);
        let count = waits.len() as f64;
        means.push(waits.iter().sum::<f64>() / count);
        let over = waits.iter().filter(|wait| **wait > p99_ns).count();
        beyond.push(over as f64 / count);
        pooled.extend(
            waits
                .iter()
                .map(|wait| Nanoseconds::from_nanos(*wait as u64)),
        );
    }
    assert_holds(&means, mean_ns, &format!("{name} at {rho}, mean wait"));
    let what = format!("{name} at {rho}, share of waits beyond the p99");
    assert_holds(&beyond, 0.01, &what);
    pooled.sort_unstable();
    let p99 = nearest_rank(&pooled, Percentile::P99).expect("waits");
    let off = p99.as_nanos() as f64 / p99_ns - 1.0;
    assert!(
        off.abs() < 0.03,
        "{name} at {rho}: p99 {p99} is off by {off}"
    );
}

#[test]
fn m_m_1_waits_as_the_closed_form_says() {
    for rho in [0.5_f64, 0.8] {
        let mean = rho / (1.0 - rho);
        let p99 = (rho / 0.01).ln() / (1.0 - rho);
        let truth = (mean * SERVICE_NS, p99 * SERVICE_NS);
        assert_waits("M/M/1", Service::Exponential, rho, truth);
    }
}

#[test]
fn m_d_1_waits_as_erlang_and_crommelin_say() {
    for rho in [0.5_f64, 0.8] {
        let mean = rho / (2.0 * (1.0 - rho));
        let p99 = solve(|services| crommelin(rho, services), 0.99, 30.0);
        let truth = (mean * SERVICE_NS, p99 * SERVICE_NS);
        assert_waits("M/D/1", Service::Constant, rho, truth);
    }
}

#[test]
fn m_m_3_waits_as_erlang_c_says() {
    let (servers, rho) = (3_u32, 0.7);
    let offered = f64::from(servers) * rho;
    let term = |k: u32| offered.powi(k as i32) / (1..=k).map(f64::from).product::<f64>();
    let last = term(servers) / (1.0 - rho);
    let waits_at_all = last / ((0..servers).map(term).sum::<f64>() + last);
    let mean = waits_at_all / (f64::from(servers) * (1.0 - rho)) * SERVICE_NS;
    let means: Vec<f64> = (0..REPLICATIONS)
        .map(|seed| {
            let served = queue(servers as usize, rho, Service::Exponential, REQUESTS, seed);
            let waits = waits(&served, SKIPPED);
            waits.iter().sum::<f64>() / waits.len() as f64
        })
        .collect();
    assert_holds(&means, mean, "M/M/3, mean wait");
}

/// A thousand requests a second for 100 s, each of 100 µs, and one stall of a second in the middle.
#[test]
fn a_stall_of_a_second_is_in_the_latency_of_everyone_who_was_due_meanwhile() {
    let stall = |execution: Execution| match execution.number {
        50_000 => Some(Nanoseconds::from_secs(1)),
        _ => Some(Nanoseconds::from_micros(100)),
    };
    let served = plain(1).serve(&mut constant(1e6, 100_000), stall);
    let latencies: Vec<Nanoseconds> = served
        .samples()
        .iter()
        .filter_map(|sample| sample.latency())
        .collect();
    let distribution = Distribution::of(&latencies);
    let value = |percentile| {
        let estimate = distribution.percentile(percentile).expect("reported");
        estimate.expect("decided").value.as_nanos()
    };
    // Of those due k ms into the stall the latency is 1000 − 0.9 k ms; 1,000 of 100,000 are slower than the p99.
    assert_eq!(value(Percentile::P99), 100_000_000);
    assert_eq!(value(Percentile::P99_9), 910_000_000);
    assert_eq!(value(Percentile::P50), 100_000);
    let alone = |latency: &&Nanoseconds| latency.as_nanos() >= 1_000_000_000;
    assert_eq!(
        latencies.iter().filter(alone).count(),
        1,
        "whoever times only what it is busy with sees one slow request"
    );
}

#[test]
fn every_request_that_was_due_is_in_exactly_one_count_and_begins_in_its_order() {
    let mut random = Random::new(7);
    for seed in 0..200 {
        let pick = |random: &mut Random, most: f64| random.between(0.0, most) as usize;
        let rules = Simulated {
            servers: 1 + pick(&mut random, 4.0),
            dispatch: Dispatch {
                max_batch: 1 + pick(&mut random, 6.0),
                batch_delay: Nanoseconds::from_micros(pick(&mut random, 3_000.0) as u64),
                timeout: (seed % 2 == 0)
                    .then(|| Nanoseconds::from_micros(500 + pick(&mut random, 9_000.0) as u64)),
            },
            queue: 1 + pick(&mut random, 40.0),
        };
        let count = 2_000;
        let mut schedule = poisson(random.between(1e5, 2e6), count, seed);
        let mut drawn = Random::new(seed);
        let served = rules.serve(&mut schedule, |execution| {
            assert!((1..=rules.dispatch.max_batch).contains(&execution.count));
            let time = queue::exponential(&mut drawn, SERVICE_NS);
            (drawn.uniform() > 0.01).then_some(time)
        });
        let counts = served.counts();
        assert_eq!(counts.due(), count, "{rules:?}");
        assert_eq!(counts.never_sent, 0);
        assert!(served.most_waiting <= rules.queue);
        let begun: Vec<_> = served.passed.iter().filter_map(|one| one.begun).collect();
        assert!(begun.is_sorted(), "first come, first served");
        for one in &served.passed {
            let begins = matches!(one.end, End::Done(_) | End::Error);
            assert_eq!(one.begun.is_some(), begins, "{one:?}");
            let within = |timeout| {
                one.begun
                    .is_none_or(|begun| begun <= one.scheduled + timeout)
            };
            assert!(rules.dispatch.timeout.is_none_or(within), "{one:?}");
        }
    }
}

#[test]
fn requests_that_find_company_are_executed_together_and_others_wait_no_longer_than_the_delay() {
    let rules = Simulated {
        servers: 1,
        dispatch: Dispatch {
            max_batch: 4,
            batch_delay: Nanoseconds::from_millis(5),
            timeout: None,
        },
        queue: 100,
    };
    let served = rules.serve(&mut constant(1e6, 10), |_| Some(Nanoseconds::from_nanos(1)));
    let begun: Vec<u64> = served
        .passed
        .iter()
        .map(|one| one.begun.expect("begun").as_nanos() / 1_000_000)
        .collect();
    assert_eq!(begun, [3, 3, 3, 3, 7, 7, 7, 7, 13, 13]);
    assert_eq!(served.batches, 3);
}
