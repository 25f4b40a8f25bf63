//! What a table says of how to have a percentile that too few requests decide.

mod common;

use common::run_of;
use common::served::{served, served_cell};
use tare_report::{Style, summarise, table};
use tare_results::Record;

/// The table of one repeat with too few requests for a p99, of a scenario with this option beside its rate.
fn told(option: Option<(&str, &str)>, change: impl Fn(&mut Record)) -> String {
    told_of(option, 1_000, change)
}

/// The same of a run with so many requests at the most.
fn told_of(option: Option<(&str, &str)>, most: u64, change: impl Fn(&mut Record)) -> String {
    let mut cell = served_cell("rten", 100);
    cell.scenario_options
        .extend(option.map(|(key, value)| (key.to_owned(), value.to_owned())));
    let mut record = served(&cell, 0, (4.0, 12.0), 5, 0);
    let latency = record.latency.as_mut().expect("a latency");
    (latency.p99, latency.p99_9) = (None, None);
    for (path, reason) in [
        ("latency.p99", "200 of 368 samples"),
        ("latency.p99_9", "200 of 3688 samples"),
    ] {
        record.missing.insert(path.to_owned(), reason.to_owned());
    }
    change(&mut record);
    let style = Style {
        width: 400,
        color: false,
        unicode: true,
    };
    let mut run = run_of(vec![cell], 1);
    run.max_requests = most;
    table(&summarise(&run, &[record]), style)
}

#[test]
fn the_option_is_named_that_says_how_long_a_repeat_is() {
    for (option, remedy) in [
        (None, "--duration 4s"),
        (Some(("duration", "1s")), "duration=4s of the scenario"),
        (Some(("decide", "p99")), "limit=4s of the scenario"),
    ] {
        let table = told(option, |_| {});
        let note =
            format!("a p99 needs 368 samples of each repeat: {remedy} is enough for every row");
        assert!(table.contains(&note), "{table}");
    }
}

#[test]
fn what_else_bounds_the_requests_is_named_beside_the_time() {
    for (option, most, remedy) in [
        (
            Some(("max", "200")),
            1_000,
            "--duration 4s, and max=368 of the scenario",
        ),
        (Some(("max", "400")), 1_000, "--duration 4s"),
        (None, 200, "--duration 4s, and --max-requests 368"),
        (None, 368, "--duration 4s"),
        (
            Some(("trace", "short.txt")),
            1_000,
            "--duration 4s, and a trace with 368 arrivals in that time",
        ),
    ] {
        let table = told_of(option, most, |_| {});
        let note =
            format!("a p99 needs 368 samples of each repeat: {remedy} is enough for every row");
        assert!(table.contains(&note), "{table}");
    }
}

#[test]
fn a_closed_loop_takes_as_long_as_its_samples_take() {
    let table = told(None, |record| {
        let rates = record.throughput.as_mut().expect("rates");
        (rates.offered_per_s, rates.achieved_per_s) = (None, None);
        rates.samples_per_s = Some(50.0);
    });
    assert!(table.contains("--duration 8s is enough"), "{table}");
}

#[test]
fn where_nothing_was_done_no_time_is_enough() {
    let table = told(None, |record| {
        let rates = record.throughput.as_mut().expect("rates");
        rates.achieved_per_s = Some(0.0);
    });
    assert!(!table.contains("a p99 needs"), "{table}");
}
