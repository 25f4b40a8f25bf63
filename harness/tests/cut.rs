//! A repeat under load lasts as long as its schedule, and one that is cut says so.

mod common;

use common::{Phases, job, timing};
use tare_adapter_fake::Fake;
use tare_clock::MonotonicClock;
use tare_harness::perform;
use tare_harness::protocol::Measured;
use tare_results::Cut;
use tare_units::Nanoseconds;

/// A repeat of 20 ms and of what `scenario` makes of it, with `options` of the fake framework.
fn repeat(options: &[(&str, &str)], scenario: &str) -> Measured {
    let mut job = job(options);
    let timing = timing(&mut job);
    timing.scenario = scenario.parse().expect("a scenario");
    timing.duration_ns = Nanoseconds::from_millis(20);
    timing.drain_ns = Nanoseconds::from_millis(500);
    let clock = MonotonicClock;
    let outcome = perform(&Fake::new(clock), &job, &clock, &mut Phases::default());
    let outcome = outcome.expect("measures");
    outcome.measured().expect("it was to measure").clone()
}

#[test]
fn a_minimum_that_makes_a_repeat_longer_is_issued_and_waited_for_to_its_end() {
    for scenario in [
        "server:rate=40,arrivals=constant,min=48",
        "closed:clients=1,think=20ms,min=48",
    ] {
        let measured = repeat(&[("run", "1ms")], scenario);
        assert_eq!(measured.cut, None, "{scenario}");
        let serving = measured.serving.expect("requests under load");
        assert_eq!((serving.due, serving.done), (48, 48), "{scenario}");
    }
}

/// Offered and achieved requests a second, and why there are none.
fn rates(scenario: &str) -> (Option<f64>, Option<f64>, Option<String>) {
    let measured = repeat(&[("run", "100us")], scenario);
    let reason = measured.missing.get("throughput.offered_per_s").cloned();
    let rates = measured.throughput;
    (rates.offered_per_s, rates.achieved_per_s, reason)
}

#[test]
fn the_rate_of_an_open_loop_is_that_of_its_gaps_where_its_requests_end_it_and_not_its_time() {
    for scenario in [
        "server:rate=100,arrivals=constant,duration=10s,max=6",
        "server:rate=100,arrivals=constant,min=6",
        "server:rate=100,arrivals=constant,duration=60ms,min=2",
    ] {
        let (offered, achieved, _) = rates(scenario);
        let offered = offered.expect("an open loop offers");
        // Six in 50 ms are 120 a second; a busy machine issues the last one late.
        assert!((60.0..=101.0).contains(&offered), "{scenario}: {offered}");
        assert!(achieved <= Some(offered), "{scenario}: {achieved:?}");
    }
    let (offered, achieved, reason) = rates("server:rate=100,arrivals=constant,max=1");
    assert_eq!((offered, achieved), (None, None));
    assert_eq!(
        reason.as_deref(),
        Some("one request has no distance to another")
    );
}

#[test]
fn a_repeat_whose_sessions_are_gone_is_cut_and_says_so() {
    let options = [("run", "1ms"), ("fault", "panic"), ("at", "400")];
    let measured = repeat(&options, "server:rate=1000,min=2000");
    let (why, after) = measured.cut.expect("the schedule went on");
    assert_eq!(why, Cut::Sessions);
    assert!(after < Nanoseconds::from_secs(2), "{after}");
}
