//! What can be written as a scenario, what it says when it cannot, and what it then bounds.

mod served;

use super::*;
use crate::simulation::{limits, run, schedule};
use crate::{Seed, describe};
use tare_units::Nanoseconds;

fn spec(text: &str) -> ScenarioSpec {
    text.parse().unwrap()
}

fn refusal(text: &str) -> String {
    text.parse::<ScenarioSpec>().unwrap_err().to_string()
}

#[test]
fn a_scenario_reads_back_as_written_with_its_options_sorted() {
    for text in [
        "single-stream",
        "single-stream:min=10",
        "fixed-batch:size=64",
        "multi-stream:min=3,streams=2",
        "offline:samples=24576",
        "random-batch:mean=32,seed=0",
        "single-stream:decide=p99.9,limit=120s",
        "server:rate=0.5",
        "server:arrivals=bursty,off=900ms,on=100ms,rate=1000",
        "server:batch_delay=2ms,max_batch=8,queue=64,rate=200,slo=p99<20ms,timeout=1s,workers=2",
        "server:budget=30s,rate=max,slo=p99.9<1500us",
        "server:duration=10s,trace=some/arrivals:of=a day.txt",
        "closed:clients=4,think=exp:5ms",
    ] {
        let spec = spec(text);
        assert_eq!(spec.to_string(), text);
        assert_eq!(text.parse(), Ok(spec.clone()));
        assert_eq!(ScenarioSpec::try_from(String::from(spec.clone())), Ok(spec));
    }
    assert_eq!(
        spec("multi-stream:streams=2,min=3").to_string(),
        "multi-stream:min=3,streams=2"
    );
    assert_eq!(format!("[{:>10}]", spec("offline")), "[   offline]");
}

#[test]
fn every_scenario_that_is_described_can_be_written_and_each_of_its_options() {
    let names: Vec<&str> = describe().iter().map(|entry| entry.name).collect();
    assert_eq!(
        names,
        [
            "single-stream",
            "fixed-batch",
            "random-batch",
            "multi-stream",
            "offline",
            "server",
            "closed"
        ]
    );
    for entry in describe() {
        assert!(!entry.summary.is_empty());
        assert_eq!(spec(entry.example).name(), entry.name);
        for option in &entry.options {
            assert!(!option.meaning.is_empty());
            let written = option.default.as_deref().unwrap_or(option.example);
            let beside = beside(entry.name, option.name);
            let text = format!("{}:{beside}{}={written}", entry.name, option.name);
            let options = spec(&text).options();
            assert_eq!(options.get(option.name).map(String::as_str), Some(written));
        }
    }
}

/// What an option needs beside it.
fn beside(scenario: &str, option: &str) -> &'static str {
    match (scenario, option) {
        ("server", "rate" | "trace") | ("closed", "clients") => "",
        ("server", "on" | "off") => "rate=5,arrivals=bursty,",
        ("server", "budget") => "rate=max,slo=p99<1s,",
        ("server", "batch_delay") => "rate=5,max_batch=2,",
        ("server", "limit") => "rate=5,decide=p99,",
        ("server", _) => "rate=5,",
        ("closed", "batch_delay") => "clients=5,max_batch=2,",
        ("closed", "limit") => "clients=5,decide=p99,",
        ("closed", _) => "clients=5,",
        (_, "limit") => "decide=p99,",
        _ => "",
    }
}

#[test]
fn what_is_wrong_is_named_with_what_exists() {
    for (text, message) in [
        (
            "",
            "'' names no scenario: write name[:key=value,…] with one of single-stream, fixed-batch, random-batch, \
             multi-stream, offline, server, closed",
        ),
        (
            "Offline",
            "'Offline' names no scenario: write name[:key=value,…] with one of single-stream, fixed-batch, \
             random-batch, multi-stream, offline, server, closed; the nearest is 'offline'",
        ),
        (
            "offline:fast",
            "'fast' in 'offline:fast' is not an option: write key=value",
        ),
        (
            "offline:=3",
            "'=3' in 'offline:=3' is not an option: write key=value",
        ),
        (
            "offline:size=3",
            "'size' in 'offline:size=3' is no option of offline: it has samples, min, max, duration, seed; \
             the nearest is 'min'",
        ),
        (
            "single-stream:batch=3",
            "'batch' in 'single-stream:batch=3' is no option of single-stream: it has min, max, duration, seed, \
             decide, limit; the nearest is 'max'",
        ),
        (
            "offline:min=1,min=2",
            "option 'min' stands twice in 'offline:min=1,min=2': give it once",
        ),
        (
            "offline:min=1,samples=2",
            "'offline:min=1,samples=2' gives both 'min' and 'samples', which exclude each other: give one",
        ),
    ] {
        assert_eq!(refusal(text), message);
    }
}

#[test]
fn a_value_is_a_whole_number_within_bounds() {
    assert_eq!(
        refusal("fixed-batch:size=0"),
        "'0' for 'size' in 'fixed-batch:size=0' is not a whole number from 1 to 1000000000"
    );
    for value in [
        "-1",
        "1.5",
        "",
        "1k",
        "1000000001",
        "99999999999999999999999",
    ] {
        assert!(
            refusal(&format!("offline:samples={value}")).contains("is not a whole number"),
            "{value}"
        );
    }
}

#[test]
fn presets_set_the_batch_and_refuse_any_other() {
    assert_eq!(spec("single-stream").fixed_batch(), None);
    assert_eq!(spec("fixed-batch").fixed_batch(), Some(128));
    assert_eq!(spec("fixed-batch:size=5").fixed_batch(), Some(5));
    assert_eq!(spec("multi-stream").fixed_batch(), Some(8));
    assert_eq!(spec("fixed-batch").batches(&[]), Ok(vec![128]));
    assert_eq!(spec("multi-stream").batches(&[8]), Ok(vec![8]));
    assert_eq!(
        spec("multi-stream")
            .batches(&[8, 4])
            .unwrap_err()
            .to_string(),
        "batch 4 contradicts scenario 'multi-stream', which sets the batch to 8: leave the batch out, \
         or set streams=4 in the scenario"
    );
}

#[test]
fn other_scenarios_take_the_batches_asked_for_else_one() {
    assert_eq!(spec("single-stream").batches(&[]), Ok(vec![1]));
    assert_eq!(spec("offline").batches(&[4, 2]), Ok(vec![4, 2]));
}

#[test]
fn only_offline_has_no_latency_and_says_why() {
    for entry in describe() {
        let reason = spec(entry.example).latency_missing();
        assert_eq!(reason.is_some(), entry.name == "offline", "{}", entry.name);
    }
    assert!(
        spec("offline")
            .latency_missing()
            .unwrap()
            .contains("throughput only")
    );
}

#[test]
fn latencies_add_up_to_the_time_of_all_samples_where_one_request_of_a_batch_follows_another() {
    let plain = describe();
    let plain = plain
        .iter()
        .filter(|entry| spec(entry.example).is_plain())
        .map(|entry| entry.name);
    let plain: Vec<_> = plain.collect();
    assert_eq!(plain, ["single-stream", "fixed-batch", "multi-stream"]);
}

#[test]
fn the_requests_that_a_scenario_asks_for_are_its_minimum_or_carry_its_samples() {
    let asked = |text: &str| spec(text).requests_asked_for(8);
    assert_eq!(asked("single-stream"), 0);
    assert_eq!(asked("single-stream:max=30"), 0);
    assert_eq!(asked("single-stream:min=200"), 200);
    assert_eq!(asked("offline:samples=20"), 3);
}

#[test]
fn limits_that_cannot_be_kept_are_refused() {
    let refused = |text: &str, limits| {
        let error = spec(text).schedule(limits, Seed::default(), None);
        error.unwrap_err().to_string()
    };
    assert_eq!(
        refused("offline", limits(0, 1, 1)),
        "the duration is 0: it must be at least 1"
    );
    assert_eq!(
        refused("offline", limits(1, 0, 1)),
        "the number of requests is 0: it must be at least 1"
    );
    assert_eq!(
        refused("offline", limits(1, 1, 0)),
        "the batch is 0: it must be at least 1"
    );
    assert!(
        refused("fixed-batch", limits(1, 1, 1))
            .starts_with("batch 1 contradicts scenario 'fixed-batch'")
    );
    assert_eq!(
        refused("offline:samples=101", limits(1, 50, 2)),
        "scenario 'offline:samples=101' asks for 51 requests and at most 50 are allowed: ask for less, \
         or raise the maximum of requests"
    );
    assert!(
        refused("single-stream:min=7", limits(1, 6, 1))
            .contains("asks for 7 requests and at most 6")
    );
}

#[test]
fn a_preset_is_the_closed_loop_with_its_batch() {
    let preset = run(
        &mut schedule("fixed-batch:size=16", limits(1_000, 50, 16)),
        0,
        2,
        |_| 30,
    );
    let plain = run(
        &mut schedule("single-stream", limits(1_000, 50, 16)),
        0,
        2,
        |_| 30,
    );
    assert_eq!(preset, plain);
    assert_eq!(preset.samples, 34 * 16);
}

#[test]
fn specs_compare_by_name_and_options() {
    assert_eq!(spec("fixed-batch"), spec("fixed-batch"));
    assert_ne!(
        spec("fixed-batch"),
        spec("fixed-batch:size=128"),
        "a record says what was written"
    );
    assert!(spec("fixed-batch") < spec("offline"));
}

#[test]
fn the_time_of_a_repeat_is_known_from_that_of_a_request() {
    for (text, duration, max, batch) in [
        ("single-stream", 95, 1_000, 1),
        ("single-stream", 10, 1_000, 1),
        ("single-stream:min=64", 10, 1_000, 1),
        ("single-stream", 1_000_000, 17, 4),
        ("offline:samples=99", 10, 1_000, 2),
    ] {
        let limits = limits(duration, max, batch);
        let trace = run(&mut schedule(text, limits), 0, 1, |_| 10);
        let timed = spec(text).timed(limits, Nanoseconds::from_nanos(10));
        assert_eq!(timed, Ok(Nanoseconds::from_nanos(trace.ended)), "{text}");
    }
    let refused = spec("single-stream:min=7").timed(limits(1, 6, 1), Nanoseconds::ZERO);
    assert!(refused.is_err());
}
