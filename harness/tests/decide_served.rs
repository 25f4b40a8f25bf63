//! Requests under load that go on until a percentile is decided.

mod common;

use common::{Phases, job, timing};
use tare_adapter_fake::Fake;
use tare_clock::MonotonicClock;
use tare_harness::perform;
use tare_harness::protocol::Measured;
use tare_units::Nanoseconds;

/// A repeat of requests of `run` under `scenario`, `most` of them.
fn repeat(run: &str, scenario: &str, most: u64) -> Measured {
    repeat_of(&[("run", run)], scenario, most)
}

/// The same with `options` of the fake framework under `scenario`, `most` of them.
fn repeat_of(options: &[(&str, &str)], scenario: &str, most: u64) -> Measured {
    let mut job = job(options);
    let timing = timing(&mut job);
    timing.scenario = scenario.parse().expect("a scenario");
    let decision = timing.scenario.decision().expect("it is to decide");
    timing.duration_ns = decision.limit;
    timing.drain_ns = Nanoseconds::from_secs(10);
    timing.max_requests = most;
    let clock = MonotonicClock;
    let fake = Fake::new(clock);
    let outcome = perform(&fake, &job, &clock, &mut Phases::default()).expect("measures");
    outcome.measured().expect("it was to measure").clone()
}

#[test]
fn looks_come_at_doubling_numbers_of_requests_until_one_decides() {
    for scenario in [
        "server:rate=100,arrivals=constant,decide=p50,limit=60s",
        "closed:clients=2,workers=2,think=5ms,decide=p50,limit=60s",
    ] {
        let measured = repeat("5ms", scenario, 100_000);
        let decision = measured.decision.expect("it was to decide");
        assert!(decision.decided, "{scenario}: {decision:?}");
        assert_eq!(decision.count, 28 << (decision.looks - 1), "{scenario}");
        let serving = measured.serving.expect("requests under load");
        assert_eq!(
            (serving.due, serving.done),
            (decision.count, decision.count)
        );
        let latency = measured.latency.expect("latencies");
        assert_eq!(latency.count, decision.count);
        assert_eq!(
            decision.value_ns,
            Some(latency.p50.expect("a median").value_ns)
        );
    }
}

#[test]
fn the_limit_and_the_most_requests_end_them_undecided() {
    let limited = repeat(
        "100us",
        "server:rate=1000,decide=p99,limit=200ms,arrivals=constant",
        9_000,
    );
    let decision = limited.decision.expect("it was to decide");
    assert_eq!(
        (decision.decided, decision.count, decision.looks),
        (false, 200, 1)
    );
    assert_eq!(limited.missing["decision.reach"], "200 of 437 samples");
    let few = repeat("100us", "server:rate=9000,decide=p99,limit=20s", 100);
    let decision = few.decision.expect("it was to decide");
    assert_eq!((decision.decided, decision.count), (false, 100));
}

#[test]
fn an_interval_that_does_not_decide_is_not_told_of_requests_that_found_an_empty_queue() {
    let options = [("run", "100us"), ("jitter", "900us")];
    let scenario = "server:rate=500,decide=p50,limit=80ms,arrivals=constant";
    let measured = repeat_of(&options, scenario, 9_000);
    let decision = measured.decision.expect("it was to decide");
    assert!(
        !decision.decided && decision.value_ns.is_some(),
        "{decision:?}"
    );
    assert_eq!(
        (decision.reach, decision.low_ns, decision.high_ns),
        (None, None, None)
    );
    for name in ["reach", "low_ns", "high_ns"] {
        let reason = &measured.missing[&format!("decision.{name}")];
        assert!(
            reason.starts_with("not decided: too few requests"),
            "{reason}"
        );
    }
}
