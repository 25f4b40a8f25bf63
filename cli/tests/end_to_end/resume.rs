//! Going on with a run: what is torn is dropped, what is done is not redone, and what has changed is refused.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Bench, MLP};

const TWO_REPEATS: [&str; 6] = [
    "--adapter",
    "fake:run=1ms",
    "--repeats",
    "2",
    "--duration",
    "10ms",
];

/// A finished run of a file of its own, with its folder.
fn finished() -> (Bench, PathBuf) {
    let bench = Bench::new();
    bench
        .tare(&["model", "make", MLP, "-o", "m.onnx"])
        .with_code(0);
    let run = [&["run", "--model", "m.onnx", "--no-tax"], &TWO_REPEATS[..]].concat();
    bench.tare(&run).with_code(0);
    let folder = bench.only_run();
    (bench, folder)
}

/// Writes the plan of a run back with something changed.
fn change(folder: &std::path::Path, pointer: &str, value: &str) {
    let path = folder.join("run.json");
    let mut plan: Value = serde_json::from_slice(&fs::read(&path).expect("a plan")).expect("JSON");
    *plan.pointer_mut(pointer).expect("a value") = value.into();
    fs::write(path, plan.to_string()).expect("writes");
}

/// Takes the last record away, as if the run had been stopped before it.
fn forget_the_last(folder: &std::path::Path) -> String {
    let path = folder.join("cells.jsonl");
    let text = fs::read_to_string(&path).expect("records");
    let start = text.trim_end().rfind('\n').expect("several lines") + 1;
    fs::write(&path, &text[..start]).expect("writes");
    text[start..].to_owned()
}

#[test]
fn a_finished_run_is_printed_again_and_nothing_is_added() {
    let (bench, folder) = finished();
    let before = fs::read(folder.join("cells.jsonl")).expect("records");
    let resumed = bench
        .tare(&["run", "--resume", "latest", "--format", "json"])
        .with_code(0);
    assert_eq!(resumed.json()[0]["repeats"], 2);
    assert_eq!(
        fs::read(folder.join("cells.jsonl")).expect("records"),
        before
    );
}

#[test]
fn a_torn_last_line_is_told_and_dropped() {
    let (bench, folder) = finished();
    let last = forget_the_last(&folder);
    let cells = folder.join("cells.jsonl");
    let whole = fs::read(&cells).expect("records");
    let mut file = fs::File::options()
        .append(true)
        .open(&cells)
        .expect("opens");
    file.write_all(&last.as_bytes()[..last.len() / 2])
        .expect("writes");

    let shown = bench.tare(&["show", "--format", "json"]).with_code(0);
    shown.tells(&["warning: ", "not written to its end", "cells.jsonl"]);
    assert_eq!(shown.json()[0]["repeats"], 1);

    let resumed = bench
        .tare(&["run", "--resume", "latest", "--format", "json"])
        .with_code(0);
    resumed.tells(&["warning: ", "not written to its end"]);
    assert_eq!(resumed.json()[0]["repeats"], 2);
    assert!(fs::read(&cells).expect("records").starts_with(&whole));
    assert_eq!(bench.measurements().len(), 2);
    assert_eq!(bench.tare(&["show"]).with_code(0).stderr, "");
}

#[test]
fn a_line_that_is_broken_in_the_middle_is_named() {
    let (bench, folder) = finished();
    let cells = folder.join("cells.jsonl");
    let text = fs::read_to_string(&cells)
        .expect("records")
        .replacen('{', "?", 1);
    fs::write(&cells, text).expect("writes");
    for command in [&["show"][..], &["run", "--resume", "latest"]] {
        let ended = bench.tare(command).with_code(2);
        let error = ended.error();
        assert!(
            error.contains("cells.jsonl line 1") && error.contains("mend"),
            "{error}"
        );
    }
}

#[test]
fn a_changed_model_is_refused() {
    let (bench, folder) = finished();
    forget_the_last(&folder);
    bench
        .tare(&["model", "make", MLP, "--seed", "1", "-o", "m.onnx"])
        .with_code(0);
    let ended = bench.tare(&["run", "--resume", "latest"]).with_code(2);
    let error = ended.error();
    assert!(
        error.contains("m.onnx") && error.contains("changed") && error.contains("new run"),
        "{error}"
    );
    fs::remove_file(bench.path("m.onnx")).expect("removes");
    let ended = bench.tare(&["run", "--resume", "latest"]).with_code(2);
    assert!(ended.error().contains("m.onnx"), "{ended:#?}");
}

#[test]
fn a_run_is_resumed_from_another_folder() {
    let (bench, folder) = finished();
    forget_the_last(&folder);
    let elsewhere = bench.path("elsewhere");
    fs::create_dir(&elsewhere).expect("makes a folder");
    let ended = bench
        .command(&["run", "--resume", "latest", "--format", "json"])
        .current_dir(elsewhere)
        .output()
        .expect("starts");
    let ended = crate::support::Ended::of(ended).with_code(0);
    assert_eq!(ended.json()[0]["repeats"], 2);
}

#[test]
fn another_machine_and_another_build_are_refused() {
    for (pointer, parts) in [
        (
            "/machine/fingerprint",
            ["another machine", "start a new run"],
        ),
        (
            "/producer/binary_sha256",
            ["another build", "start a new run"],
        ),
    ] {
        let (bench, folder) = finished();
        forget_the_last(&folder);
        change(&folder, pointer, "0123456789abcdef");
        let ended = bench.tare(&["run", "--resume", "latest"]).with_code(2);
        let error = ended.error();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        assert!(error.contains("0123456789ab"), "{error}");
        assert_eq!(bench.measurements().len(), 1);
    }
}

#[test]
fn a_plan_of_another_format_is_refused_by_its_name() {
    let (bench, folder) = finished();
    change(&folder, "/schema", "tare.run/9");
    let ended = bench.tare(&["show"]).with_code(2);
    let error = ended.error();
    assert!(
        error.contains("tare.run/9") && error.contains("tare.run/1"),
        "{error}"
    );
}
