//! A repeat under load lasts as long as its schedule, and one that is cut says so.

mod common;

use common::{Phases, job, timing};
use tare_adapter_fake::Fake;
use tare_clock::MonotonicClock;
use tare_harness::perform;
use tare_harness::protocol::{Measured, Timing};
use tare_results::{Cut, Met, SearchEnd};
use tare_units::Nanoseconds;

/// A repeat of 20 ms and of what `scenario` makes of it, with `options` of the fake framework.
fn repeat(options: &[(&str, &str)], scenario: &str) -> Measured {
    repeat_with(options, scenario, |timing| {
        timing.duration_ns = Nanoseconds::from_millis(20);
        timing.drain_ns = Nanoseconds::from_millis(500);
    })
}

fn repeat_with(options: &[(&str, &str)], scenario: &str, change: impl Fn(&mut Timing)) -> Measured {
    let mut job = job(options);
    let timing = timing(&mut job);
    timing.scenario = scenario.parse().expect("a scenario");
    change(timing);
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

#[test]
fn requests_that_still_wait_when_they_are_waited_for_no_longer_are_told_though_none_is_long() {
    let measured = repeat(
        &[("run", "20ms")],
        "server:rate=1000,arrivals=constant,min=60",
    );
    let serving = measured.serving.expect("requests under load");
    let (left, after) = measured.left_waiting.expect("60 take 1.2 s");
    assert!((1..60).contains(&left), "{left}");
    assert_eq!((serving.timed_out, serving.errors), (left, 0));
    assert_eq!(serving.done + left, 60);
    assert!(after >= Nanoseconds::from_millis(400), "{after}");
    assert_eq!(measured.cut, None, "all were issued");
    assert_eq!(serving.saturated, None, "too few to tell");
}

#[test]
fn requests_that_waited_longer_than_they_may_are_no_reason_to_wait_longer() {
    let measured = repeat(
        &[("run", "20ms")],
        "server:rate=1000,arrivals=constant,min=60,timeout=100ms",
    );
    let serving = measured.serving.expect("requests under load");
    assert!(serving.timed_out > 30, "{serving:?}");
    assert_eq!(measured.left_waiting, None);
}

#[test]
fn a_search_that_uses_all_of_its_time_leaves_the_requests_theirs_that_it_is_made_for() {
    let scenario = "server:rate=max,slo=p50<30ms,budget=60s";
    let measured = repeat_with(&[("run", "5ms")], scenario, |timing| {
        timing.batch = 1;
        timing.duration_ns = Nanoseconds::from_millis(500);
        timing.drain_ns = Nanoseconds::from_millis(750);
        timing.deadline_ns = Nanoseconds::from_secs(6);
    });
    let serving = measured.serving.expect("requests under load");
    let search = serving.search.expect("it was searched");
    assert_ne!(search.ended, SearchEnd::Narrow, "{search:?}");
    assert!(search.kept_per_s.is_some(), "{search:?}");
    assert_eq!((measured.cut, measured.left_waiting), (None, None));
    assert_eq!(serving.done, serving.due);
}

#[test]
fn a_queue_that_grows_keeps_no_objective_however_generous() {
    let scenario = "server:rate=2000,arrivals=constant,slo=p99<10s,min=300,timeout=20s";
    let measured = repeat_with(&[("run", "1ms")], scenario, |timing| {
        timing.duration_ns = Nanoseconds::from_millis(20);
        timing.drain_ns = Nanoseconds::from_secs(20);
    });
    let serving = measured.serving.expect("requests under load");
    assert_eq!((serving.done, serving.saturated), (300, Some(true)));
    let objective = serving.objective.expect("an objective");
    assert_eq!((objective.over, objective.met), (0, Met::NotMet));
}
