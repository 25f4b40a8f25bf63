//! Gates that cannot be: sides that fail or do not match, budgets that decide nothing, and gates that are stopped.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::Signal;

use crate::gate::{BASELINE, arguments, gate, only, runs};
use crate::gate_file::{DEEPER, SIZE, file};
use crate::support::{Bench, MLP, Running, lines, wait_for};

#[test]
fn a_side_that_fails_is_never_a_pass_and_says_which_and_why() {
    for (candidate, says) in [
        ("adapter=fake:run=2ms,fault=abort", "SIGABRT"),
        ("adapter=fake:run=2ms,fault=error,at=7", "failed"),
        ("adapter=fake:run=2ms,output=nan", "not numbers"),
        ("adapter=fake:run=2ms,output=off-by:0.5", "wrong-outputs"),
    ] {
        let bench = Bench::new();
        let ended = gate(&bench, candidate, &["--format", "json"]).with_code(4);
        let told = only(&ended);
        let verdict = told["verdict"].as_str().expect("a verdict");
        assert!(["inconclusive", "invalid"].contains(&verdict), "{told:#}");
        let table = told["why"].to_string();
        assert!(table.contains(says), "no '{says}' in {table}");
        assert!(table.contains("candidate"), "{table}");
    }
}

#[test]
fn a_side_that_hangs_is_killed_within_the_budget() {
    let bench = Bench::new();
    let ended = gate(
        &bench,
        "adapter=fake:run=2ms,fault=hang,at=30",
        &["--deadline", "3s"],
    )
    .with_code(4);
    assert!(
        ended.stdout.contains("candidate: its process failed"),
        "{ended:#?}"
    );
}

#[test]
fn other_outputs_pass_only_where_they_may_differ() {
    let bench = Bench::new();
    let more = ["--allow-different-outputs"];
    let ended = gate(&bench, "adapter=fake:run=2ms,output=off-by:0.5", &more).with_code(0);
    assert!(ended.stdout.contains("were not compared"), "{ended:#?}");
}

/// Asserts that each of these command lines is refused with one error that says so, and measures nothing.
fn are_refused(cases: &[(&[&str], &str)]) {
    let bench = Bench::new();
    bench.write("bad.toml", "[[gate]]\nmode = 'x'\n");
    for (arguments, says) in cases {
        let ended = bench.tare(&[&["gate"], *arguments].concat()).with_code(2);
        assert!(ended.error().contains(says), "no '{says}' in {ended:#?}");
    }
    assert!(runs(&bench).is_empty(), "nothing was measured");
}

#[test]
fn sides_that_are_not_there_or_do_not_match_are_one_error() {
    are_refused(&[
        (&["--model", MLP], "no side is named"),
        (&["--candidate", "threads=2"], "no model is named"),
        (
            &["--file", "none.toml"],
            "cannot read the gates in none.toml",
        ),
        (&["--file", "bad.toml"], "bad.toml:2: unknown field `mode`"),
        (
            &["--model", MLP, "--baseline-bin", "none"],
            "there is no program none",
        ),
        (
            &["--model", MLP, "--candidate", "adapter=nobody"],
            "the candidate: ",
        ),
        (
            &["--model", MLP, "--candidate", "model=none.onnx"],
            "none.onnx",
        ),
        (
            &["--model", MLP, "--candidate", "model=mlp:width=32,depth=2"],
            "the sides do not match",
        ),
    ]);
    let bench = Bench::new();
    let key = ["gate", "--model", MLP, "--candidate", "batch=2"];
    let ended = bench.tare(&key).with_code(2);
    ended.tells(&["'batch' is the same for both sides"]);
}

#[test]
fn a_baseline_that_fails_is_told_as_such() {
    let bench = Bench::new();
    let sides = arguments("adapter=fake:fault=abort", "adapter=fake:run=2ms", &[]);
    let ended = bench.tare(&sides).with_code(4);
    let told = "because   baseline: its process failed";
    assert!(ended.stdout.contains(told), "{ended:#?}");
}

#[test]
fn limits_and_files_that_cannot_be_kept_are_one_error() {
    let limits = ["--tolerance", "9%", "--must-detect", "5%"];
    let candidate = ["--model", MLP, "--candidate", "threads=2"];
    let stored = ["--model", MLP, "--against", "days.json"];
    are_refused(&[
        (
            &[&candidate[..], &limits].concat(),
            "is not beyond the tolerance",
        ),
        (
            &[&stored[..], &limits, &["--update-baseline"]].concat(),
            "is not beyond the tolerance",
        ),
        (
            &[&candidate[..], &["-o", "."]].concat(),
            "--output .: it is a folder",
        ),
        (
            &[&candidate[..], &["-o", "none/gate.xml"]].concat(),
            "there is no folder none",
        ),
        (
            &[&candidate[..], &["-o", "gate.html"]].concat(),
            "its ending says no format",
        ),
        (
            &[&candidate[..], &["--budget", "0s"]].concat(),
            "leaves no time",
        ),
        (
            &[&candidate[..], &["--update-baseline"]].concat(),
            "stores nothing",
        ),
    ]);
}

#[test]
fn a_budget_that_decides_nothing_is_refused_before_the_first_block() {
    let bench = Bench::new();
    let ended = gate(
        &bench,
        "adapter=fake:run=2ms,load=500ms",
        &["--budget", "4s"],
    )
    .with_code(2);
    ended.tells(&["too small to decide anything"]);
    for run in runs(&bench) {
        let records = bench
            .path("store")
            .join(run["id"].as_str().expect("an id"))
            .join("cells.jsonl");
        assert!(
            lines(&records)
                .iter()
                .all(|record| record["kind"] != "measurement")
        );
    }
}

#[test]
fn planning_is_of_the_budget_and_what_is_killed_for_its_end_is_undecided_and_no_failure() {
    let bench = Bench::new();
    let slow = bench.path("slow-tare");
    let tare = env!("CARGO_BIN_EXE_tare");
    let script =
        format!("#!/bin/sh\n[ -e asked ] || {{ touch asked; sleep 2; }}\nexec {tare} \"$@\"\n");
    fs::write(&slow, script).expect("writes");
    fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).expect("may be executed");
    let slow = slow.to_str().expect("UTF-8");
    let sides = ["gate", "--model", MLP, "--baseline-bin", slow];
    let more = ["--metric", "operators", "--budget", "1s"];
    let ended = bench.tare(&[&sides[..], &more].concat()).with_code(3);
    let told = "because   the budget ended after 0 blocks";
    assert!(ended.stdout.contains(told), "{ended:#?}");
}

/// A gate that goes on, with three blocks in the store.
fn started(bench: &Bench) -> Running {
    let arguments = arguments(BASELINE, "adapter=fake:run=2ms,load=300ms", &[]);
    let child = bench
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let running = Running::of(child);
    wait_for("third block", || {
        let counts: Vec<usize> = runs_begun(bench).iter().map(|run| measured(run)).collect();
        (counts.len() == 2 && counts.iter().all(|count| *count >= 3)).then_some(())
    });
    running
}

#[test]
fn a_gate_that_is_stopped_decides_nothing_and_keeps_its_blocks() {
    let bench = Bench::new();
    let running = started(&bench);
    running.signal(Signal::INT);
    let ended = running.wait().with_code(130);
    assert_eq!(ended.stdout, "");
    ended.tells(&["nothing is decided"]);
    assert!(runs_begun(&bench).iter().all(|run| measured(run) >= 3));
}

#[test]
fn a_candidate_that_is_much_slower_is_measured_within_a_budget_that_has_room_for_it() {
    let bench = Bench::new();
    // As many requests of the candidate as of the baseline would take 76 s in the blocks of the first look alone.
    let common = [
        "gate",
        "--model",
        MLP,
        "--budget",
        "75s",
        "--baseline",
        BASELINE,
    ];
    let slower = ["--candidate", "adapter=fake:run=50ms"];
    let child = bench
        .command(&[&common[..], &slower].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let running = Running::of(child);
    wait_for("process of a block", || {
        let is_any = runs_begun(&bench).iter().any(|run| measured(run) > 0);
        is_any.then_some(())
    });
    running.signal(Signal::INT);
    running.wait().with_code(130);
}

#[test]
fn a_gate_that_is_killed_leaves_every_block_that_was_made() {
    let bench = Bench::new();
    let running = started(&bench);
    running.signal(Signal::KILL);
    assert_eq!(running.wait().code, None);
    for run in runs_begun(&bench) {
        assert!(measured(&run) >= 3);
        let id = run
            .file_name()
            .and_then(|name| name.to_str())
            .expect("an id");
        let shown = bench.tare(&["show", id, "--format", "json"]).with_code(0);
        assert!(shown.json()[0]["repeats"].as_u64() >= Some(3), "{shown:#?}");
    }
}

fn runs_begun(bench: &Bench) -> Vec<PathBuf> {
    let folders = fs::read_dir(bench.path("store")).into_iter().flatten();
    folders
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

fn measured(folder: &Path) -> usize {
    let records = lines(&folder.join("cells.jsonl"));
    records
        .iter()
        .filter(|record| record["kind"] == "measurement")
        .count()
}

#[test]
fn gates_that_were_decided_are_told_whatever_becomes_of_the_next() {
    let bench = Bench::new();
    let first = format!("{SIZE}\n{DEEPER}");
    let second = r#"
        baseline = { adapter = "fake:run=2ms,load=500ms" }
        candidate = { adapter = "fake:run=2ms" }
        budget = "4s"
    "#;
    let gates = file("", &[("first", &first), ("second", second)]);
    bench.write("tare-gate.toml", gates);
    let ended = bench.tare(&["gate"]).with_code(1);
    assert!(ended.stdout.starts_with("regression: "), "{ended:#?}");
    ended.tells(&["too small to decide anything"]);
}
