//! Outputs beside a reference's, and the profiled pass: what is told, what makes a cell invalid, what is left behind.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Bench, Ended, kill, lines};

const QUICK: [&str; 6] = ["--repeats", "1", "--duration", "10ms", "--format", "json"];

fn run(bench: &Bench, more: &[&str]) -> Ended {
    bench.run(&[more, &QUICK].concat())
}

/// The only summary of a run that ended with `code`.
fn summary(more: &[&str], code: i32) -> Value {
    run(&Bench::new(), more).with_code(code).json()[0].clone()
}

fn text<'a>(summary: &'a Value, pointer: &str) -> &'a str {
    let found = summary.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} of {summary:#}"))
}

fn kinds(folder: &Path) -> Vec<String> {
    let records = lines(&folder.join("cells.jsonl"));
    let kind = |record: &Value| text(record, "/kind").to_owned();
    records.iter().map(kind).collect()
}

fn references(folder: &Path) -> usize {
    let kinds = kinds(folder).into_iter();
    kinds.filter(|kind| kind == "reference").count()
}

#[test]
fn a_planted_wrong_result_makes_the_cell_invalid_and_says_which_output() {
    let bench = Bench::new();
    let wrong = [
        "--adapter",
        "fake:run=1ms,output=off-by:0.01",
        "--reference",
        "fake",
    ];
    let ended = run(&bench, &wrong).with_code(3);
    let summary = &ended.json()[0];
    assert_eq!(summary["verdict"], "invalid");
    let reason = text(summary, "/reasons/0");
    for part in [
        "output 'output' is wrong: 1 of 1 values",
        "where fake ",
        "are tolerated",
    ] {
        assert!(reason.contains(part), "no '{part}' in '{reason}'");
    }
    let fidelity = &summary["fidelity"];
    assert!(text(fidelity, "/reference").starts_with("fake "));
    let off = fidelity["max_abs"].as_f64().expect("a number");
    assert!((off - 0.01).abs() < 1e-6, "{off}");
    assert_eq!(fidelity["outputs"][0]["beyond"], 1);
    assert!(
        summary["latency"]["p50"].is_object(),
        "it was measured all the same"
    );
    let table = bench.tare(&["show"]).with_code(0).stdout;
    assert!(
        table.contains("invalid") && table.contains("output 'output' is wrong"),
        "{table}"
    );
    assert_eq!(
        kinds(&bench.only_run()),
        ["harness", "reference", "measurement"]
    );
    assert!(!bench.only_run().join("outputs").exists());
}

#[test]
fn outputs_that_agree_are_valid_and_named_below_the_table() {
    let bench = Bench::new();
    let right = ["--adapter", "fake:run=1ms", "--reference", "fake:run=2ms"];
    let summary = &run(&bench, &right).with_code(0).json()[0];
    assert_eq!(summary["fidelity"]["max_abs"], 0.0);
    assert_eq!(summary["missing"]["fidelity"], Value::Null);
    let table = bench.tare(&["show"]).with_code(0).stdout;
    assert!(table.contains("outputs are those of fake "), "{table}");
}

#[test]
fn frameworks_that_do_not_compute_the_model_are_found_out() {
    let summary = summary(&["--adapter", "rten", "--reference", "fake"], 3);
    assert_eq!(summary["verdict"], "invalid");
}

#[test]
fn a_missing_output_makes_the_cell_invalid() {
    let wrong = [
        "--adapter",
        "fake:run=1ms,output=none",
        "--reference",
        "fake",
    ];
    let summary = summary(&wrong, 3);
    let reason = text(&summary, "/reasons/0");
    assert!(
        reason.starts_with("0 outputs came out, fake ") && reason.ends_with("gives 1"),
        "{reason}"
    );
    assert_eq!(text(&summary, "/missing/fidelity"), reason);
}

#[test]
fn a_cell_that_is_not_compared_says_why_and_is_valid() {
    for (arguments, part) in [
        (&["--adapter", "null"][..], "null computes nothing"),
        (
            &["--adapter", "rten", "--reference", "none"],
            "--reference none",
        ),
        (
            &["--adapter", "fake", "--reference", "fake"],
            "the reference itself",
        ),
    ] {
        let summary = summary(arguments, 0);
        assert_eq!(summary["verdict"], "valid", "{summary:#}");
        assert_eq!(summary["fidelity"], Value::Null);
        let reason = text(&summary, "/missing/fidelity");
        assert!(reason.contains(part), "no '{part}' in '{reason}'");
    }
}

#[cfg(not(feature = "tract"))]
#[test]
fn the_only_adapter_that_is_here_is_compared_with_nothing() {
    let summary = summary(&["--adapter", "rten"], 0);
    assert_eq!(summary["fidelity"], Value::Null);
    let reason = text(&summary, "/missing/fidelity");
    assert!(reason.contains("no other framework"), "{reason}");
}

#[test]
fn a_reference_that_dies_or_gives_no_numbers_costs_the_comparison_only() {
    for (reference, parts) in [
        (
            "fake:fault=abort",
            ["the reference fake:fault=abort failed", "SIGABRT"],
        ),
        (
            "fake:output=nan",
            ["the reference fake ", "not numbers in output output"],
        ),
    ] {
        let bench = Bench::new();
        let arguments = ["--adapter", "fake:run=1ms", "--reference", reference];
        let ended = run(&bench, &arguments).with_code(0);
        let summary = &ended.json()[0];
        assert_eq!(summary["verdict"], "valid", "{summary:#}");
        let reason = text(summary, "/missing/fidelity");
        assert!(parts.iter().all(|part| reason.contains(part)), "{reason}");
    }
}

const THREE_REPEATS: [&str; 8] = [
    "--adapter",
    "fake:run=1ms",
    "--reference",
    "fake:run=2ms",
    "--repeats",
    "3",
    "--duration",
    "300ms",
];

/// A run that was stopped in its second repeat, and its folder.
fn interrupted() -> (Bench, PathBuf) {
    let bench = Bench::new();
    let running = bench.start(&THREE_REPEATS);
    bench.measuring(1);
    kill(running.pid(), Signal::INT);
    running.wait().with_code(130);
    let folder = bench.only_run();
    (bench, folder)
}

fn resumed(bench: &Bench, folder: &Path) {
    let ended = bench.tare(&["run", "--resume", "latest", "--format", "json"]);
    assert!(ended.with_code(0).json()[0]["fidelity"].is_object());
    let records = bench.measurements();
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| record["fidelity"].is_object()));
    assert!(!folder.join("outputs").exists());
}

#[test]
fn an_interrupted_run_keeps_its_reference_and_compares_with_it_when_it_goes_on() {
    let (bench, folder) = interrupted();
    assert_eq!(
        fs::read_dir(folder.join("outputs")).expect("kept").count(),
        1
    );
    resumed(&bench, &folder);
    assert_eq!(references(&folder), 1);
}

#[test]
fn a_reference_whose_outputs_are_gone_is_run_again() {
    let (bench, folder) = interrupted();
    fs::remove_dir_all(folder.join("outputs")).expect("removes");
    resumed(&bench, &folder);
    assert_eq!(references(&folder), 2);
}

#[test]
fn a_profile_comes_after_the_measurements_and_says_where_the_time_goes() {
    let bench = Bench::new();
    let arguments = [
        "--adapter",
        "fake:run=2ms,profiler=1.5",
        "--profile",
        "--batch",
        "1,2",
    ];
    let ended = run(&bench, &arguments).with_code(0);
    ended.tells(&["[4/4] ", " · profile"]);
    let summaries = ended.json();
    for place in 0..2 {
        let profile = &summaries[place]["profile"];
        let shares: Vec<(&str, f64)> = profile["operators"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| (text(one, "/kind"), one["share"].as_f64().expect("a share")))
            .collect();
        assert_eq!(shares, [("Add", 0.5), ("MatMul", 0.5)]);
        assert_eq!(profile["requests"], 100);
        assert_eq!(text(profile, "/nodes/0/name"), "product");
        let perturbation = profile["perturbation"].as_f64().expect("a number");
        assert!(perturbation > 0.0, "{perturbation}");
    }
    assert_eq!(
        kinds(&bench.only_run()),
        [
            "harness",
            "measurement",
            "measurement",
            "profile",
            "profile"
        ]
    );
    let table = bench.tare(&["show"]).with_code(0).stdout;
    for part in [
        "where the time of a request goes",
        "Add 50%",
        "MatMul 50%",
        "times as long",
    ] {
        assert!(table.contains(part), "no '{part}' in {table}");
    }
    let resumed = bench.tare(&["run", "--resume", "latest", "--format", "json"]);
    assert_eq!(resumed.with_code(0).json(), summaries);
}

#[test]
fn an_adapter_without_a_profiler_says_so_and_nothing_fails() {
    let asked = summary(&["--adapter", "fake:run=1ms", "--profile"], 0);
    assert_eq!(asked["profile"], Value::Null);
    let reason = text(&asked, "/missing/profile");
    assert_eq!(reason, "this adapter does not offer a profile by operator");
    let unasked = summary(&["--adapter", "fake:run=1ms"], 0);
    assert!(text(&unasked, "/missing/profile").contains("--profile"));
}

#[test]
fn csv_has_the_figures_of_fidelity_and_profile() {
    let bench = Bench::new();
    let arguments = [
        "--adapter",
        "fake:run=1ms,profiler=1",
        "--profile",
        "--reference",
        "fake",
    ];
    run(&bench, &arguments).with_code(0);
    let csv = bench
        .tare(&["export", "--format", "csv"])
        .with_code(0)
        .stdout;
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    for column in [
        "fidelity.reference",
        "fidelity.max_abs",
        "profile.perturbation",
        "profile.requests",
    ] {
        assert!(rows[0].contains(&column), "no {column}");
    }
    assert!(csv.contains(",100,"), "{csv}");
}
