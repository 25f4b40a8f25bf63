//! Workers and parents that are killed in mid-run: nothing that was finished is lost, nothing is left behind.

use std::collections::BTreeMap;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Bench, is_alive, kill, wait_for};

const THREE_REPEATS: [&str; 8] = [
    "--adapter",
    "fake:run=1ms",
    "--repeats",
    "3",
    "--duration",
    "300ms",
    "--format",
    "json",
];

/// How many records each repeat of each cell has.
fn count(records: &[Value]) -> BTreeMap<(String, u64), usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        let id = record["id"].as_str().expect("an id").to_owned();
        let repeat = record["repeat"].as_u64().expect("a number");
        *counts.entry((id, repeat)).or_insert(0) += 1;
    }
    counts
}

fn failed(records: &[Value]) -> Vec<u64> {
    records
        .iter()
        .filter(|record| record["failure"].is_object())
        .filter_map(|record| record["repeat"].as_u64())
        .collect()
}

#[test]
fn a_killed_worker_costs_its_repeat_and_resuming_retries_only_that() {
    let bench = Bench::new();
    let running = bench.start(&THREE_REPEATS);
    kill(bench.measuring(1), Signal::KILL);
    let ended = running.wait().with_code(4);
    ended.tells(&["failed: ", "repeat 2/3", "SIGKILL", "--memory-limit"]);
    assert_eq!(ended.json()[0]["repeats"], 2);
    let records = bench.measurements();
    assert_eq!((records.len(), failed(&records)), (3, vec![1]));

    let resumed = bench
        .tare(&["run", "--resume", "latest", "--format", "json"])
        .with_code(0);
    let summary = &resumed.json()[0];
    assert_eq!(
        (&summary["repeats"], &summary["verdict"]),
        (&3.into(), &"valid".into())
    );
    let records = bench.measurements();
    let per_repeat: Vec<usize> = count(&records).into_values().collect();
    assert_eq!(per_repeat, [1, 2, 1]);
}

#[test]
fn a_killed_parent_takes_its_worker_along_and_resuming_does_only_what_is_left() {
    let bench = Bench::new();
    let running = bench.start(&[&THREE_REPEATS[..], &["--batch", "1,2"]].concat());
    bench.event("finished worker", |event| {
        event["event"] == "worker-finished" && event["repeat"] == 0
    });
    let worker = bench.measuring(1);
    kill(running.pid(), Signal::KILL);
    assert_eq!(running.wait().code, None);
    wait_for("end of the worker", || (!is_alive(worker)).then_some(()));
    let before = bench.measurements();
    assert_eq!(before.len(), 2, "{before:#?}");

    let resumed = bench
        .tare(&["run", "--resume", "latest", "--format", "json"])
        .with_code(0);
    let summaries = resumed.json();
    assert!(
        (0..2).all(|cell| summaries[cell]["repeats"] == 3),
        "{summaries:#}"
    );
    let after = bench.measurements();
    assert_eq!(after[..before.len()], before);
    let counts = count(&after);
    assert_eq!(counts.len(), 6);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}

#[test]
fn an_interrupt_ends_with_130_keeps_what_is_done_and_says_how_to_go_on() {
    for signal in [Signal::INT, Signal::TERM] {
        let bench = Bench::new();
        let running = bench.start(&THREE_REPEATS);
        let worker = bench.measuring(1);
        kill(running.pid(), signal);
        let ended = running.wait().with_code(130);
        assert!(!is_alive(worker));
        let id = bench.only_run();
        let id = id
            .file_name()
            .and_then(|name| name.to_str())
            .expect("an id");
        ended.tells(&[&format!("tare run --resume {id}")]);
        assert_eq!(ended.json()[0]["repeats"], 1);
        assert_eq!(failed(&bench.measurements()), Vec::<u64>::new());

        bench.tare(&["run", "--resume", id]).with_code(0);
        let per_repeat: Vec<usize> = count(&bench.measurements()).into_values().collect();
        assert_eq!(per_repeat, [1, 1, 1]);
    }
}

#[test]
fn a_run_that_is_being_written_is_not_resumed_by_another() {
    let bench = Bench::new();
    let running = bench.start(&THREE_REPEATS);
    bench.measuring(0);
    let second = bench.tare(&["run", "--resume", "latest"]).with_code(2);
    assert!(
        second.error().contains("being written by another process"),
        "{second:#?}"
    );
    let shown = bench.tare(&["show"]).with_code(0);
    assert_eq!(shown.stderr, "");
    running.wait().with_code(0);
}
