//! What the machine could do stands in every record; what is lacking is measured once, and a cache that fails costs a run nothing.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Bench, Ended};

const QUICK: [&str; 8] = [
    "--adapter",
    "rten",
    "--repeats",
    "1",
    "--duration",
    "20ms",
    "--reference",
    "none",
];

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn a_record_says_what_the_machine_could_do_and_what_it_gave_before_and_after() {
    let bench = Bench::new();
    let ended = bench.run(&[&QUICK[..], &["--format", "json"]].concat());
    let summary = ended.with_code(0).json()[0].clone();
    let record = bench.measurements()[0].clone();
    for of in [&summary, &record] {
        let peaks = &of["peaks"];
        let (flops, bytes) = (number(&peaks["flops_per_s"]), number(&peaks["bytes_per_s"]));
        assert!(flops > 1e8 && bytes > 1e8, "{peaks}");
        assert!(["L1", "L2", "L3", "DRAM"].contains(&peaks["level"].as_str().expect("a level")));
        let (before, after) = (&of["probe"]["before"], &of["probe"]["after"]);
        assert_eq!(before["kernel"], after["kernel"]);
        assert_eq!(
            (&before["precision"], &before["threads"]),
            (&"fp32".into(), &1.into())
        );
        for reading in [before, after] {
            let share = number(&reading["flops_per_s"]) / flops;
            assert!(share > 0.01 && share < 100.0, "{share}: {of:#}");
        }
    }
}

/// The only file of peaks below a bench's own cache.
fn kept(bench: &Bench) -> PathBuf {
    let folder = bench.path("cache/tare/peaks");
    let mut files = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let file = files.next().expect("peaks");
    assert_eq!(files.next(), None);
    file
}

#[test]
fn what_was_measured_once_is_not_measured_again_until_more_is_needed_or_the_file_is_torn() {
    let bench = Bench::uncalibrated();
    let run = |more: &[&str]| bench.run(&[&QUICK[..], more].concat()).with_code(0);
    let peaks = || fs::read_to_string(kept(&bench)).expect("peaks");
    run(&[]);
    let first = peaks();
    run(&[]);
    assert_eq!(peaks(), first, "measured again");
    run(&["--batch", "4096"]);
    let more = peaks();
    assert!(more.len() > first.len(), "{more}");
    fs::write(kept(&bench), &more[..more.len() / 2]).expect("torn");
    run(&[]);
    let whole: Value = serde_json::from_str(&peaks()).expect("whole again");
    assert_eq!(whole["schema"], "tare.peaks/1");
}

#[test]
fn peaks_that_cannot_be_kept_are_told_and_cost_the_run_nothing() {
    let bench = Bench::uncalibrated();
    fs::create_dir_all(bench.path("cache/tare")).expect("a cache");
    bench.write("cache/tare/peaks", "no folder");
    let ended: Ended = bench.run(&QUICK).with_code(0);
    ended.tells(&["cannot be kept in", "each run measures it anew"]);
    assert!(bench.measurements()[0]["peaks"]["flops_per_s"].is_number());
}

#[test]
fn a_calibration_that_could_not_be_kept_is_refused_before_it_measures() {
    let bench = Bench::uncalibrated();
    fs::create_dir_all(bench.path("cache/tare")).expect("a cache");
    bench.write("cache/tare/peaks", "no folder");
    let ended = bench.tare(&["machine", "calibrate"]).with_code(2);
    ended.tells(&["cannot keep the peaks in", "set XDG_CACHE_HOME"]);
    assert!(ended.stdout.is_empty() && !ended.stderr.contains("left"));
}

#[test]
fn without_probes_nothing_is_read_and_every_figure_of_theirs_says_so() {
    let bench = Bench::uncalibrated();
    bench
        .run(&[&QUICK[..], &["--no-probes"]].concat())
        .with_code(0);
    assert!(!bench.path("cache/tare/peaks").exists(), "calibrated");
    let record = bench.measurements()[0].clone();
    assert!(record["latency"]["p50"]["value_ns"].is_number());
    for group in ["memory", "counters", "energy", "peaks"] {
        assert!(record[group].is_null(), "{group}: {record:#}");
        let reason = record["missing"][group].as_str().expect("a reason");
        assert!(
            reason.contains("no probes were asked for") || reason.contains("not watched"),
            "{group}: {reason}"
        );
    }
    assert_eq!(
        record["missing"]["probe.before"],
        "no probes were asked for"
    );
    let doubts = record["doubts"].as_array().expect("doubts");
    let unwatched = serde_json::json!({"doubt": "unchecked-environment"});
    assert!(doubts.contains(&unwatched), "{doubts:?}");
    let both = bench.run(&[&QUICK[..], &["--no-probes", "--memory-limit", "1GiB"]].concat());
    assert_eq!(both.code, Some(2), "{both:#?}");
}

#[test]
fn a_request_for_a_probe_that_is_none_is_bad_input() {
    let bench = Bench::new();
    let ended = bench.tare(&["probe"]).with_code(2);
    assert!(ended.error().contains("not a request for a probe"));
}
