//! Workers that fail in every way there is: each costs its own cell, says why, and leaves the others alone.

use serde_json::Value;

use crate::support::{Bench, Ended};

const SOUND: &str = "fake:run=1ms";

/// A run of one repeat of one cell.
fn one_repeat(bench: &Bench, adapter: &str, duration: &str) -> Ended {
    bench.run(&[
        "--adapter",
        adapter,
        "--repeats",
        "1",
        "--duration",
        duration,
        "--format",
        "json",
    ])
}

/// A run of a sound cell and one with a fault, which must end with exit code 4.
fn beside_a_sound_cell(bench: &Bench, fault: &str, more: &[&str]) -> (Ended, Value) {
    let adapters = [
        "--adapter",
        SOUND,
        "--adapter",
        fault,
        "--duration",
        "20ms",
        "--format",
        "json",
    ];
    let run = bench.run(&[&adapters[..], more].concat()).with_code(4);
    let summaries = run.json();
    assert_eq!(summaries.as_array().map(Vec::len), Some(2));
    let sound = &summaries[0];
    assert_eq!(sound["verdict"], "valid", "{sound:#}");
    assert!(sound["latency"]["p50"]["value_ns"].is_number());
    let faulty = summaries[1].clone();
    assert_eq!(faulty["verdict"], "invalid", "{faulty:#}");
    assert!(faulty["latency"].is_null(), "{faulty:#}");
    (run, faulty)
}

/// Asserts that the fault is told once for each repeat, in the record and in the summary.
fn is_told(fault: &str, more: &[&str], parts: &[&str]) {
    let bench = Bench::new();
    let (run, faulty) = beside_a_sound_cell(&bench, fault, &[&["--repeats", "2"], more].concat());
    let told: Vec<&str> = run
        .stderr
        .lines()
        .filter(|line| line.starts_with("failed: "))
        .collect();
    assert_eq!(told.len(), 2, "{run:#?}");
    let reason = faulty["reasons"][0].as_str().expect("a reason");
    for part in parts {
        assert!(reason.contains(part), "no '{part}' in '{reason}'");
        assert!(
            told.iter().all(|line| line.contains(part)),
            "no '{part}' in {told:?}"
        );
    }
    let (failed, done): (Vec<Value>, Vec<Value>) = bench
        .measurements()
        .into_iter()
        .partition(|record| record["failure"].is_object());
    assert_eq!((failed.len(), done.len()), (2, 2));
    assert!(done.iter().all(|record| record["verdict"] == "valid"));
    for record in &failed {
        let message = record["failure"]["message"].as_str().expect("a message");
        for part in parts {
            assert!(message.contains(part), "no '{part}' in '{message}'");
        }
    }
}

#[test]
fn a_panic_at_load() {
    is_told(
        "fake:fault=panic,at=load",
        &[],
        &["panicked", "fault=panic"],
    );
}

#[test]
fn a_panic_in_a_request() {
    is_told(
        "fake:fault=panic,run=1ms,at=5",
        &[],
        &["panicked", "fault=panic"],
    );
}

#[test]
fn an_abort_at_load() {
    is_told(
        "fake:fault=abort,at=load",
        &[],
        &["while loading the model", "SIGABRT"],
    );
}

#[test]
fn an_abort_in_a_request() {
    is_told("fake:fault=abort", &[], &["while warming up", "SIGABRT"]);
}

#[test]
fn an_exit() {
    is_told("fake:fault=exit", &[], &["exited with code 7", "no answer"]);
}

#[test]
fn an_error_at_load() {
    is_told(
        "fake:fault=error,at=load",
        &[],
        &["cannot load the model", "fault=error"],
    );
}

#[test]
fn memory_over_the_limit() {
    is_told(
        "fake:fault=eat-memory,memory=600MiB",
        &["--memory-limit", "200MiB"],
        &["resident memory reached", "200 MiB", "--memory-limit"],
    );
}

#[test]
fn a_hang_ends_at_the_deadline() {
    let bench = Bench::new();
    let (run, faulty) = beside_a_sound_cell(
        &bench,
        "fake:fault=hang,at=load",
        &["--repeats", "1", "--deadline", "2s"],
    );
    run.tells(&[
        "killed after 2.00 s while loading the model",
        "raise --deadline",
    ]);
    let reason = faulty["reasons"][0].as_str().expect("a reason");
    assert!(reason.contains("killed after 2.00 s"), "{reason}");
}

#[test]
fn a_worker_that_was_killed_leaves_no_process_behind() {
    let bench = Bench::new();
    beside_a_sound_cell(
        &bench,
        "fake:fault=hang",
        &["--repeats", "1", "--deadline", "2s"],
    );
    for event in crate::support::lines(&bench.only_run().join("events.jsonl")) {
        if let Some(pid) = event["pid"].as_i64() {
            let pid = i32::try_from(pid).expect("a process");
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            assert!(
                name.trim() != "tare" || !crate::support::is_alive(pid),
                "{pid} lives"
            );
        }
    }
}

#[test]
fn an_error_in_a_timed_request_makes_the_cell_invalid() {
    let bench = Bench::new();
    let run = bench.run(&[
        "--adapter",
        "fake:run=200us,fault=error,at=5000",
        "--repeats",
        "1",
        "--duration",
        "1min",
        "--max-requests",
        "5000",
        "--format",
        "json",
    ]);
    let summary = &run.with_code(3).json()[0];
    assert_eq!(summary["verdict"], "invalid");
    assert_eq!(summary["latency"]["failed"], 1, "{summary:#}");
    let reason = summary["reasons"][0].as_str().expect("a reason");
    assert!(
        reason.contains("1 ") && reason.contains("fault=error"),
        "{reason}"
    );
}

#[test]
fn outputs_that_are_not_numbers_make_the_cell_invalid() {
    let bench = Bench::new();
    let run = one_repeat(&bench, "fake:run=1ms,output=nan", "20ms").with_code(3);
    let summary = run.json()[0].clone();
    assert_eq!(summary["verdict"], "invalid");
    let reason = summary["reasons"][0].as_str().expect("a reason");
    assert!(reason.contains("not numbers"), "{reason}");
}

#[test]
fn time_that_the_system_took_away_is_told_beside_the_wall_s() {
    let bench = Bench::new();
    let run = one_repeat(&bench, "fake:run=5ms", "60ms").with_code(0);
    let summary = run.json()[0].clone();
    assert!(
        summary["harness"]["run_delay_ns"].is_number(),
        "{}",
        summary["missing"]
    );
    let [wall, effective] = ["latency", "effective_latency"].map(|group| {
        summary[group]["p50"]["value_ns"]
            .as_f64()
            .expect("a median")
    });
    assert!(
        effective > 0.0 && effective <= wall,
        "{effective} of {wall}"
    );
}

#[test]
fn a_cell_too_fast_for_the_run_delay_says_so() {
    let bench = Bench::new();
    let run = one_repeat(&bench, "null", "20ms").with_code(0);
    let summary = run.json()[0].clone();
    assert!(summary["effective_latency"].is_null());
    let reason = summary["missing"]["effective_latency"]
        .as_str()
        .expect("a reason");
    assert!(reason.contains("over 1%"), "{reason}");
}
