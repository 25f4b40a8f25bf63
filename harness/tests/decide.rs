//! Repeats that go on until a percentile is decided, under the simulated clock.

mod common;

use common::{Phases, job, timing};
use tare_adapter_fake::Fake;
use tare_clock::SimulatedClock;
use tare_harness::perform;
use tare_harness::protocol::Measured;
use tare_results::Decision;

/// A repeat of requests of `options` under `scenario`, of 10,000 requests at the most unless `most` says otherwise.
fn repeat(options: &[(&str, &str)], scenario: &str, most: Option<u64>) -> (Measured, Decision) {
    let mut job = job(options);
    let timing = timing(&mut job);
    timing.scenario = scenario.parse().expect("a scenario");
    timing.max_requests = most.unwrap_or(timing.max_requests);
    let clock = SimulatedClock::new();
    let fake = Fake::new(clock.clone());
    let outcome = perform(&fake, &job, &clock, &mut Phases::default()).expect("measures");
    let measured = outcome.measured().expect("it was to measure").clone();
    let decision = measured.decision.clone().expect("it was to decide");
    (measured, decision)
}

const SPREAD: [(&str, &str); 2] = [("run", "100us"), ("jitter", "900us")];

#[test]
fn requests_go_on_until_a_look_decides_their_percentile() {
    let (measured, decision) = repeat(&SPREAD, "single-stream:decide=p50,limit=60s", None);
    assert!(decision.decided && decision.looks > 1, "{decision:?}");
    assert!(decision.reach.expect("an interval") <= decision.wanted);
    assert_eq!(decision.count, 28 << (decision.looks - 1));
    let latency = measured.latency.expect("latencies");
    assert_eq!(latency.count, decision.count);
    let p50 = latency.p50.expect("a median").value_ns;
    assert_eq!(decision.value_ns, Some(p50));
    assert!(decision.low_ns < Some(p50) && decision.high_ns > Some(p50));
}

#[test]
fn requests_that_are_all_alike_are_decided_at_the_first_look() {
    let (measured, decision) = repeat(&[("run", "1ms")], "single-stream:decide=p90", None);
    assert_eq!((decision.looks, decision.count), (1, 168));
    assert!(decision.decided);
    let rate = measured.throughput.samples_per_s.expect("a rate");
    assert!((rate - 2_000.0).abs() < 1e-6, "two a request: {rate}");
}

#[test]
fn at_its_limit_a_repeat_ends_undecided_and_says_what_it_lacks() {
    let (measured, decision) = repeat(
        &[("run", "1ms")],
        "single-stream:decide=p99,limit=300ms",
        None,
    );
    assert_eq!((decision.decided, decision.count), (false, 300));
    assert_eq!((decision.reach, decision.value_ns), (None, None));
    assert_eq!(measured.missing["decision.reach"], "300 of 437 samples");
}

#[test]
fn the_most_requests_end_it_as_its_limit_does() {
    let scenario = "single-stream:decide=p50,limit=60s";
    let (_, decision) = repeat(&SPREAD, scenario, Some(60));
    assert_eq!((decision.decided, decision.count), (false, 60));
    assert!(decision.reach.expect("an interval") > decision.wanted);
}
