//! Cells under load: what became of every request that was due is in the record, whatever went wrong.

use serde_json::Value;

use crate::support::{Bench, Ended};

/// As [`ended`], of a cell of which nothing fails: a machine that is busy with other tests may issue requests so late that
/// the cell is invalid, and for no other reason.
fn served(bench: &Bench, adapter: &str, scenario: &str, more: &[&str]) -> (Ended, Value) {
    let (run, record) = ended(bench, adapter, scenario, more);
    let reasons = record["reasons"].as_array().expect("reasons");
    let is_lag = |reason: &Value| {
        let reason = reason.as_str().unwrap_or_default();
        reason.starts_with("requests were issued ") && reason.contains(" late at ")
    };
    assert!(reasons.iter().all(is_lag), "{record:#}");
    assert_eq!(run.code, Some(if reasons.is_empty() { 0 } else { 3 }));
    (run, record)
}

/// A run of one repeat of one cell of the fake framework, or of rten, valid or not.
fn ended(bench: &Bench, adapter: &str, scenario: &str, more: &[&str]) -> (Ended, Value) {
    let asked = [
        "--adapter",
        adapter,
        "--scenario",
        scenario,
        "--repeats",
        "1",
        "--format",
        "json",
    ];
    let run = bench.run(&[&asked[..], more].concat());
    assert!(matches!(run.code, Some(0 | 3)), "{run:#?}");
    let records = bench.measurements();
    let [record] = records.as_slice() else {
        panic!("not one record: {records:#?}");
    };
    assert_counted(&record["serving"]);
    let record = record.clone();
    (run, record)
}

fn count(serving: &Value, key: &str) -> u64 {
    let count = serving[key].as_u64();
    count.unwrap_or_else(|| panic!("no count {key} in {serving:#}"))
}

/// Every request that was due is in one count.
fn assert_counted(serving: &Value) {
    let ends = ["done", "rejected", "timed_out", "errors", "never_sent"];
    let sum: u64 = ends.iter().map(|key| count(serving, key)).sum();
    assert_eq!(sum, count(serving, "due"), "{serving:#}");
}

#[test]
fn an_open_loop_is_served_for_its_duration_at_its_rate() {
    let bench = Bench::new();
    let scenario = "server:rate=200,arrivals=constant,slo=p50<10s";
    let (run, record) = served(&bench, "rten", scenario, &["--duration", "500ms"]);
    let serving = &record["serving"];
    assert_eq!(count(serving, "due"), 100);
    assert_eq!(count(serving, "done"), 100);
    assert_eq!(count(serving, "workers"), 1);
    assert_eq!(serving["mean_batch"], 1.0);
    assert_eq!(serving["objective"]["over"], 0);
    assert!(serving["goodput_per_s"].as_f64() > Some(100.0), "{serving}");
    let offered = record["throughput"]["offered_per_s"].as_f64();
    let offered = offered.expect("an open loop offers");
    assert!((190.0..=201.0).contains(&offered), "{offered}");
    let achieved = record["throughput"]["achieved_per_s"].as_f64();
    let achieved = achieved.expect("requests were done");
    assert!(
        (100.0..=offered).contains(&achieved),
        "{achieved} of {offered}"
    );
    let goodput = serving["goodput_per_s"].as_f64();
    assert!(goodput <= Some(achieved), "{goodput:?} of {achieved}");
    assert_eq!(record["latency"]["count"], 100);
    assert!(record["schedule"]["skew_p99_ns"].is_number());
    let untold = record["missing"]["effective_latency"].as_str();
    assert!(untold.is_some_and(|why| why.contains("under load")));
    let summary = &run.json()[0];
    let reason = summary["missing"]["tax"].as_str().unwrap_or_default();
    assert!(reason.contains("under load"), "{summary:#}");
}

#[test]
fn a_cell_under_load_whose_requests_are_longer_than_any_lag_is_valid() {
    // A lag of 50 ms would be too much of them.
    for scenario in ["server:rate=0.9,arrivals=constant", "closed:clients=1"] {
        let bench = Bench::new();
        let more = ["--max-requests", "2"];
        let (run, record) = ended(&bench, "fake:run=1s", scenario, &more);
        assert_eq!(record["verdict"], "valid", "{record:#}");
        assert_eq!(run.code, Some(0), "{run:#?}");
    }
}

#[test]
fn clients_in_a_closed_loop_are_served_by_sessions_that_share_the_weights() {
    let bench = Bench::new();
    let scenario = "closed:clients=4,workers=2";
    let (_, record) = served(&bench, "fake:run=2ms", scenario, &["--max-requests", "200"]);
    let serving = &record["serving"];
    assert_eq!((count(serving, "due"), count(serving, "done")), (200, 200));
    assert_eq!(count(serving, "workers"), 2);
    assert_eq!(serving["saturated"], false);
    assert!(record["throughput"]["offered_per_s"].is_null());
    let at_least = record["latency"]["min_ns"].as_u64();
    assert!(at_least >= Some(2_000_000), "{at_least:?}");
}

#[test]
fn more_requests_than_can_be_served_are_called_so_and_rejected_ones_are_infinitely_slow() {
    let bench = Bench::new();
    let scenario = "server:rate=1000,queue=10";
    let (_, record) = ended(&bench, "fake:run=5ms", scenario, &["--duration", "600ms"]);
    let serving = &record["serving"];
    assert_eq!(serving["saturated"], true, "{serving:#}");
    assert!(count(serving, "rejected") > count(serving, "done"));
    assert_eq!(count(serving, "most_waiting"), 10);
    let failed = record["latency"]["failed"].as_u64();
    assert_eq!(failed, Some(count(serving, "rejected")));
    assert!(record["latency"]["p90"].is_null(), "{record:#}");
    assert!(record["doubts"].to_string().contains("saturated"));
}

#[test]
fn a_session_that_hangs_or_panics_under_load_costs_its_requests_and_not_the_record() {
    for fault in ["hang", "panic", "error"] {
        let bench = Bench::new();
        let adapter = format!("fake:run=1ms,fault={fault},at=400");
        let limits = ["--duration", "1200ms", "--deadline", "6s"];
        let (_, record) = ended(&bench, &adapter, "server:rate=500", &limits);
        let serving = &record["serving"];
        assert_eq!(count(serving, "errors"), 1, "{fault}: {serving:#}");
        assert_eq!(record["verdict"], "invalid", "{fault}");
        assert!(record["failure"].is_null(), "{fault}: {record:#}");
        assert_ne!(record["reasons"], Value::Array(Vec::new()));
    }
}

#[test]
fn requests_under_load_go_on_until_their_percentile_is_decided_or_their_limit_is_reached() {
    for (limit, most) in [("10s", u64::MAX), ("100ms", 27)] {
        let bench = Bench::new();
        let scenario = format!("server:rate=200,arrivals=constant,decide=p50,limit={limit}");
        let (_, record) = served(&bench, "fake:run=1ms", &scenario, &[]);
        let decision = &record["decision"];
        let due = count(&record["serving"], "due");
        assert_eq!(decision["count"], due, "{record:#}");
        match most {
            u64::MAX => assert!(
                due >= 28 && due.is_multiple_of(28),
                "looks at 28, 56, …: {decision:#}"
            ),
            _ => assert!(due <= most && decision["decided"] == false, "{decision:#}"),
        }
    }
}

#[test]
fn the_highest_rate_that_keeps_an_objective_is_searched_and_served() {
    let bench = Bench::new();
    let scenario = "server:rate=max,slo=p50<100ms,budget=6s,arrivals=constant";
    let (_, record) = served(&bench, "fake:run=5ms", scenario, &["--duration", "500ms"]);
    let search = &record["serving"]["search"];
    let kept = search["kept_per_s"].as_f64().expect("a rate was kept");
    assert!((10.0..=206.0).contains(&kept), "5 ms each: {search:#}");
    assert!(search["missed_per_s"].as_f64() > Some(kept), "{search:#}");
    assert!(search["trials"].as_u64() > Some(1), "{search:#}");
    assert_eq!(search["confidence"], 0.95);
    let due = count(&record["serving"], "due") as f64;
    assert!((due / 0.5 - kept).abs() <= 0.1 * kept + 4.0, "{record:#}");
}

#[test]
fn requests_that_wait_are_executed_together() {
    let bench = Bench::new();
    let scenario = "server:rate=2000,arrivals=constant,max_batch=8";
    let adapter = "fake:run=2ms";
    let (_, record) = served(&bench, adapter, scenario, &["--duration", "500ms"]);
    let serving = &record["serving"];
    assert_eq!(count(serving, "done"), count(serving, "due"), "{serving:#}");
    let together = serving["mean_batch"].as_f64().expect("executed");
    assert!((2.0..=8.0).contains(&together), "{serving:#}");
}

#[test]
fn a_search_that_finds_no_rate_leaves_a_record_that_says_so_with_the_rates_that_were_tried() {
    let bench = Bench::new();
    let scenario = "server:rate=max,slo=p50<1ms,budget=2s";
    let (run, record) = ended(&bench, "fake:run=5ms", scenario, &[]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    let reason = record["reasons"][0].as_str().expect("a reason");
    assert!(
        reason.starts_with("no rate holds p50<1.00 ms: of "),
        "{reason}"
    );
    assert!(record["failure"].is_null(), "{record:#}");
    let search = &record["serving"]["search"];
    assert!(search["kept_per_s"].is_null(), "{search:#}");
    let tried = search["tried"].as_array().expect("rates");
    assert_eq!(Some(tried.len() as u64), search["trials"].as_u64());
    // Where requests of 5 ms are issued late by more than a twentieth of that, it is not said that a rate misses.
    let is_late = |one: &Value| one["skew_p99_ns"].as_u64() > Some(250_000);
    let missed = |one: &&Value| one["met"] == "not-met" || is_late(one);
    assert!(tried.iter().all(|one| one["per_s"].is_number()));
    assert!(tried.iter().filter(missed).count() > 0, "{search:#}");
    assert_eq!(record["missing"]["latency"], reason);
    let shown = bench.tare(&["show"]).with_code(0).stdout;
    assert!(shown.contains("no rate holds p50<1.00 ms"), "{shown}");
}

#[test]
fn what_cannot_be_served_is_refused_before_anything_is_measured_and_in_a_dry_run_too() {
    let bench = Bench::new();
    bench.write("late.txt", "3\n");
    for (scenario, part) in [
        (
            "server:rate=5,max_batch=2000",
            "no more than 1024 may wait: give queue=2000 or more, or a smaller max_batch",
        ),
        (
            "closed:clients=1000000,max_batch=1000000",
            "of this machine's memory are free; ask for a smaller max_batch=",
        ),
        (
            "closed:clients=5,max_batch=6",
            "its 5 clients have no more than 5 in flight: give clients=6 or more, or a smaller max_batch",
        ),
        (
            "server:rate=5,max_batch=2,batch_delay=2s,timeout=1s",
            "give a batch_delay shorter than timeout, or a longer timeout",
        ),
        (
            "server:rate=5,min=20,max=10",
            "asks for 20 requests and at most 10 are allowed",
        ),
        (
            "server:trace=late.txt",
            "first arrival is at 3.00 s, and its duration is 1.00 s: give a longer duration=",
        ),
    ] {
        for dry in [&[][..], &["--dry-run"]] {
            let asked = [
                "--adapter",
                "fake",
                "--batch",
                "1000",
                "--scenario",
                scenario,
            ];
            let refused = bench.run(&[&asked[..], dry].concat()).with_code(2);
            assert!(refused.stderr.contains(part), "{scenario}: {refused:#?}");
        }
    }
    assert!(!bench.path("store").exists(), "nothing was begun");
}

#[test]
fn a_repeat_that_is_longer_than_its_worker_may_take_is_cut_and_tells_what_became_of_its_requests() {
    let bench = Bench::new();
    let limits = ["--deadline", "5s"];
    let scenario = "server:rate=2,min=60";
    let (run, record) = ended(&bench, "fake:run=1ms", scenario, &limits);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(record["failure"].is_null(), "{record:#}");
    let reason = record["reasons"].to_string();
    assert!(
        reason.contains("and the schedule went on: the worker's time was over; raise --deadline"),
        "{reason}"
    );
    let serving = &record["serving"];
    let done = count(serving, "done");
    assert!((1..60).contains(&done), "{serving:#}");
    assert_eq!(record["latency"]["count"], count(serving, "due"));
}

#[test]
fn a_repeat_that_is_not_waited_for_to_its_end_is_invalid_and_says_so() {
    let bench = Bench::new();
    let limits = ["--duration", "200ms", "--deadline", "8s"];
    let (run, record) = ended(&bench, "fake:run=100ms", "server:rate=500", &limits);
    assert_eq!(run.code, Some(3), "{run:#?}");
    let timed_out = count(&record["serving"], "timed_out");
    assert!(timed_out > 0, "{record:#}");
    let reason = record["reasons"].to_string();
    assert!(reason.contains(&format!("{timed_out} of ")), "{reason}");
    assert!(
        reason.contains("still waited") && reason.contains("lower the rate, or raise --deadline"),
        "{reason}"
    );
}

#[test]
fn a_search_with_more_budget_than_its_worker_may_take_ends_before_and_serves_what_it_found() {
    let bench = Bench::new();
    let scenario = "server:rate=max,slo=p50<30ms,budget=60s";
    let limits = ["--duration", "500ms", "--deadline", "8s"];
    let (_, record) = served(&bench, "fake:run=5ms", scenario, &limits);
    assert!(record["failure"].is_null(), "{record:#}");
    let search = &record["serving"]["search"];
    assert!(search["kept_per_s"].as_f64().is_some(), "{search:#}");
    let serving = &record["serving"];
    assert!(count(serving, "done") > 0, "{record:#}");
    assert_eq!(count(serving, "done"), count(serving, "due"), "{serving:#}");
}
