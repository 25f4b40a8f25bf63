//! A run that goes well: its summaries are plausible, and every other way to print them agrees.

use std::fs;

use serde_json::Value;

use crate::support::{Bench, MLP, lines};

const TWO_CELLS: [&str; 12] = [
    "--adapter",
    "rten",
    "--reference",
    "none",
    "--batch",
    "1,8",
    "--repeats",
    "2",
    "--duration",
    "50ms",
    "--format",
    "json",
];

fn number(value: &Value, path: &str) -> f64 {
    value
        .pointer(path)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("no number at {path} of {value:#}"))
}

#[test]
fn a_run_prints_a_plausible_summary_a_cell_and_nothing_else() {
    let bench = Bench::new();
    let run = bench.run(&TWO_CELLS).with_code(0);
    let summaries = run.json();
    let [one, eight] = summaries.as_array().expect("an array").as_slice() else {
        panic!("not two summaries: {summaries:#}");
    };
    for (summary, batch) in [(one, 1.0), (eight, 8.0)] {
        assert_eq!(summary["schema"], "tare.summary/1");
        assert_eq!(summary["verdict"], "valid", "{summary:#}");
        assert_eq!(summary["repeats"], 2);
        assert_eq!(summary["cell"]["model"], MLP);
        assert_eq!(number(summary, "/cell/batch"), batch);
        assert_eq!(
            number(summary, "/model/parameters"),
            2.0 * (64.0 * 64.0 + 64.0)
        );
        assert_eq!(
            number(summary, "/model/macs_paper"),
            batch * 2.0 * 64.0 * 64.0
        );
        let [low, p50, high] = ["low_ns", "value_ns", "high_ns"]
            .map(|key| number(summary, &format!("/latency/p50/{key}")));
        assert!(low <= p50 && p50 <= high, "{low} {p50} {high}");
        assert!(
            number(summary, "/latency/min_ns") <= p50 && p50 <= number(summary, "/latency/max_ns")
        );
        let possible = batch * 1e9 / number(summary, "/latency/min_ns");
        let achieved = number(summary, "/throughput/samples_per_s");
        assert!(
            0.0 < achieved && achieved <= possible,
            "{achieved} of {possible}"
        );
        assert!(number(summary, "/load/load_ns") > 0.0);
        assert!(number(summary, "/load/first_inference_ns") > 0.0);
        let time = |name: &str| summary["counters"][name].as_f64();
        match (time("cpu_ns"), time("issuing_cpu_ns")) {
            (Some(all), Some(issuing)) => {
                assert!(0.0 < issuing && issuing <= all, "{issuing} of {all}");
            }
            (_, issuing) => {
                let why = &summary["missing"]["counters.cpu_ns"];
                assert!(issuing.is_none() && why.is_string(), "{summary:#}");
            }
        }
        let peak = number(summary, "/memory/peak_rss_bytes");
        assert!((1e6..1e9).contains(&peak), "{peak}");
        assert!(number(summary, "/harness/p50_ns") < p50 * 1e3);
    }
}

#[test]
fn progress_goes_to_standard_error_and_says_where_the_run_is() {
    let bench = Bench::new();
    let run = bench.run(&TWO_CELLS).with_code(0);
    let id = run.json()[0]["run"].as_str().expect("an id").to_owned();
    run.tells(&[
        "[1/4] ",
        "[4/4] ",
        " · b=8 · repeat 2/2 · p50 ",
        " left\n",
        &id,
    ]);
    assert!(bench.path("store").join(&id).is_dir());
    assert!(!run.stderr.contains('\x1b') && !run.stderr.contains('\r'));
}

#[test]
fn every_sample_that_was_counted_is_kept() {
    let bench = Bench::new();
    let summaries = bench.run(&TWO_CELLS).with_code(0).json();
    let run = bench.only_run();
    for summary in summaries.as_array().expect("an array") {
        let files = summary["samples"].as_array().expect("files");
        assert_eq!(files.len(), 2);
        let mut kept = 0;
        for file in files {
            let path = run.join(file["path"].as_str().expect("a path"));
            let bytes = fs::read(path).expect("the file is there");
            assert!(bytes.starts_with(b"\x93NUMPY"));
            let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
            assert_eq!((bytes.len() - header) % 24, 0);
            kept += (bytes.len() - header) / 24;
        }
        assert_eq!(summary["latency"]["count"], kept);
    }
}

#[test]
fn show_and_export_print_what_the_run_printed() {
    let bench = Bench::new();
    let printed = bench.run(&TWO_CELLS).with_code(0).stdout;
    let id = bench.only_run();
    let id = id
        .file_name()
        .and_then(|name| name.to_str())
        .expect("an id");
    for spec in ["latest", id, &id[..id.len() - 2]] {
        let shown = bench.tare(&["show", spec, "--format", "json"]).with_code(0);
        assert_eq!(shown.stdout, printed, "{spec}");
        assert_eq!(shown.stderr, "");
    }
    assert_eq!(bench.tare(&["export"]).with_code(0).stdout, printed);
    let file = bench.path("out.json");
    let written = bench.tare(&["export", id, "-o", file.to_str().expect("UTF-8")]);
    assert_eq!(written.with_code(0).stdout, "");
    assert_eq!(fs::read_to_string(file).expect("written"), printed);
}

#[test]
fn csv_has_a_dotted_path_a_column_and_a_line_a_cell() {
    let bench = Bench::new();
    bench.run(&TWO_CELLS).with_code(0);
    let csv = bench
        .tare(&["export", "--format", "csv"])
        .with_code(0)
        .stdout;
    let mut rows = csv.lines();
    let head: Vec<&str> = rows.next().expect("a head").split(',').collect();
    for column in [
        "cell.batch",
        "latency.p50.value_ns",
        "throughput.samples_per_s",
        "verdict",
    ] {
        assert!(head.contains(&column), "no {column} in {head:?}");
    }
    assert_eq!(rows.count(), 2);
}

#[test]
fn the_table_and_markdown_name_both_batches_and_their_verdicts() {
    let bench = Bench::new();
    bench.run(&TWO_CELLS).with_code(0);
    let table = bench.tare(&["show"]).with_code(0).stdout;
    for part in [
        "p50",
        "p99",
        "samples/s",
        "GFLOP/s",
        "memory",
        "verdict",
        "rten",
        MLP,
    ] {
        assert!(table.contains(part), "no {part} in {table}");
    }
    let markdown = bench
        .tare(&["show", "--format", "markdown"])
        .with_code(0)
        .stdout;
    let rows: Vec<&str> = markdown
        .lines()
        .filter(|line| line.contains("| valid"))
        .collect();
    assert_eq!(rows.len(), 2, "{markdown}");
}

#[test]
fn latest_is_the_newest_and_a_prefix_of_both_is_refused() {
    let bench = Bench::new();
    let ids: Vec<String> = ["1", "2"]
        .iter()
        .map(|batch| {
            let run = bench.run(&[
                "--adapter",
                "fake:run=1ms",
                "--batch",
                batch,
                "--repeats",
                "1",
                "--duration",
                "10ms",
                "--format",
                "json",
            ]);
            run.with_code(0).json()[0]["run"]
                .as_str()
                .expect("an id")
                .to_owned()
        })
        .collect();
    let shown = |spec: &str| bench.tare(&["show", spec, "--format", "json"]);
    assert_eq!(
        shown("latest").with_code(0).json()[0]["run"],
        ids[1].as_str()
    );
    assert_eq!(shown(&ids[0]).with_code(0).json()[0]["cell"]["batch"], 1);
    let ambiguous = shown("20").with_code(2);
    assert!(ids.iter().all(|id| ambiguous.error().contains(id.as_str())));
    assert!(ambiguous.error().contains("write more"));
}

#[test]
fn known_costs_come_out_of_the_measurement() {
    let bench = Bench::new();
    let run = bench.run(&[
        "--adapter",
        "fake:load=30ms,run=2ms,per-sample=500us",
        "--batch",
        "1,5",
        "--repeats",
        "2",
        "--duration",
        "60ms",
        "--format",
        "json",
    ]);
    let summaries = run.with_code(0).json();
    for (summary, cost_ns) in [(&summaries[0], 2.5e6), (&summaries[1], 4.5e6)] {
        let fastest = number(summary, "/latency/min_ns");
        assert!(
            (cost_ns..cost_ns * 3.0).contains(&fastest),
            "{fastest} for {cost_ns}"
        );
        assert!(number(summary, "/load/load_ns") >= 30e6);
    }
}

#[test]
fn a_dry_run_prints_the_plan_and_makes_no_store() {
    let bench = Bench::new();
    let planned = bench
        .run(&[
            "--batch",
            "1,8",
            "--threads",
            "1,2",
            "--repeats",
            "3",
            "--dry-run",
        ])
        .with_code(0);
    assert!(
        planned.stdout.starts_with("cells: 4, repeats of each: 3"),
        "{planned:?}"
    );
    assert_eq!(planned.stdout.matches("rten  single-stream").count(), 4);
    assert!(!bench.path("store").exists());
}

#[test]
fn a_suite_of_one_s_own_is_run_and_overridden() {
    let bench = Bench::new();
    let suite = "name = \"mine\"\nsummary = \"one cell\"\nmodels = [\"mlp:width=64,depth=2\"]\n\
                 adapters = [\"fake:run=1ms\"]\nscenarios = [\"single-stream\"]\nbatches = [1]\nrepeats = 4\nduration = \"10ms\"\n";
    bench.write("mine.toml", suite);
    let shown = bench
        .tare(&["suite", "show", "mine.toml"])
        .with_code(0)
        .stdout;
    bench.write("again.toml", &shown);
    assert_eq!(
        bench
            .tare(&["suite", "show", "again.toml"])
            .with_code(0)
            .stdout,
        shown
    );
    let run = bench
        .tare(&[
            "run",
            "--suite",
            "mine.toml",
            "--repeats",
            "2",
            "--format",
            "json",
        ])
        .with_code(0)
        .json();
    assert_eq!(
        (&run[0]["repeats"], &run[0]["cell"]["adapter"]),
        (&2.into(), &"fake".into())
    );
    let plan = &lines_of_run(&bench);
    assert_eq!(plan["suite"], "mine");
}

fn lines_of_run(bench: &Bench) -> Value {
    let text = fs::read(bench.only_run().join("run.json")).expect("a plan");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn events_tell_of_every_worker() {
    let bench = Bench::new();
    bench.run(&TWO_CELLS).with_code(0);
    let events = lines(&bench.only_run().join("events.jsonl"));
    let count = |name: &str| {
        events
            .iter()
            .filter(|event| event["event"] == name && event["kind"] == "measurement")
            .count()
    };
    assert_eq!((count("worker-started"), count("worker-finished")), (4, 4));
    let last = events.last().expect("an event");
    assert_eq!(last["event"], "run-finished");
    assert_eq!(
        (&last["failed"], &last["interrupted"]),
        (&0.into(), &false.into())
    );
}
