//! The commands that measure nothing: schemas, models, adapters, suites, the machine.

use serde_json::Value;

use crate::support::{Bench, MLP};

fn keys(value: &Value) -> Vec<&String> {
    value.as_object().expect("an object").keys().collect()
}

#[test]
fn a_summary_has_the_keys_that_its_schema_names() {
    let bench = Bench::new();
    for of in ["record", "run", "summary", "gate"] {
        let schema = bench.tare(&["schema", of]).with_code(0).json();
        assert_eq!(schema["title"], format!("tare.{of}/1"));
    }
    let schema = bench.tare(&["schema", "summary"]).json();
    let run = bench.run(&[
        "--adapter",
        "fake:run=1ms",
        "--repeats",
        "1",
        "--duration",
        "10ms",
        "--format",
        "json",
    ]);
    let summary = &run.with_code(0).json()[0];
    for key in keys(summary) {
        assert!(
            schema["properties"].get(key).is_some(),
            "{key} is in no schema"
        );
    }
    for required in schema["required"].as_array().expect("an array") {
        assert!(
            summary.get(required.as_str().expect("a name")).is_some(),
            "no {required}"
        );
    }
}

#[test]
fn records_and_runs_on_disk_have_the_keys_that_their_schemas_name() {
    let bench = Bench::new();
    bench
        .run(&[
            "--adapter",
            "fake:run=1ms",
            "--repeats",
            "1",
            "--duration",
            "10ms",
        ])
        .with_code(0);
    let plan = std::fs::read(bench.only_run().join("run.json")).expect("a plan");
    let plan: Value = serde_json::from_slice(&plan).expect("JSON");
    for (of, written) in [("record", &bench.measurements()[0]), ("run", &plan)] {
        let schema = bench.tare(&["schema", of]).with_code(0).json();
        for key in keys(written) {
            assert!(
                schema["properties"].get(key).is_some(),
                "{key} is in no schema of {of}"
            );
        }
    }
}

#[test]
fn the_zoo_is_listed_with_its_parameters() {
    let bench = Bench::new();
    let zoo = bench
        .tare(&["model", "list", "--format", "json"])
        .with_code(0)
        .json();
    let names: Vec<&str> = zoo
        .as_array()
        .expect("an array")
        .iter()
        .map(|model| model["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names.len(), 18);
    let table = bench.tare(&["model", "list"]).with_code(0).stdout;
    assert!(names.iter().all(|name| table.contains(name)), "{table}");
    let resnet = &zoo[names
        .iter()
        .position(|name| *name == "resnet-50")
        .expect("listed")];
    assert_eq!(resnet["parameters"], 25_557_032);
}

#[test]
fn a_model_made_is_the_model_measured_by_name() {
    let bench = Bench::new();
    bench
        .tare(&["model", "make", MLP, "-o", "m.onnx"])
        .with_code(0)
        .tells(&["m.onnx"]);
    let facts = |model: &str| {
        let printed = bench.tare(&["model", "facts", model, "--batch", "3", "--format", "json"]);
        printed.with_code(0).json()
    };
    assert_eq!(facts("m.onnx"), facts(MLP));
    let sha256 = |model: &str| {
        let run = bench.tare(&[
            "run",
            "--model",
            model,
            "--adapter",
            "fake:run=1ms",
            "--repeats",
            "1",
            "--duration",
            "10ms",
            "--format",
            "json",
        ]);
        run.with_code(0).json()[0]["model"]["sha256"].clone()
    };
    assert_eq!(sha256("m.onnx"), sha256(MLP));
}

#[test]
fn a_plan_is_printed_and_is_data_with_the_operations_of_the_facts() {
    let bench = Bench::new();
    let table = bench.tare(&["model", "plan", MLP]).with_code(0).stdout;
    for part in ["product+bias+relu", "Gemm Relu", "arena"] {
        assert!(table.contains(part), "no {part} in {table}");
    }
    let json = |arguments: &[&str]| {
        let all = [&["model"][..], arguments, &[MLP, "--format", "json"]].concat();
        bench.tare(&all).with_code(0).json()
    };
    let (fused, plain) = (json(&["plan"]), json(&["plan", "--unfused"]));
    let steps = |plan: &Value| plan["steps"].as_array().expect("steps").len();
    assert!(steps(&fused) < steps(&plain));
    assert_eq!(plain["flops"], json(&["facts"])["flops"]);
}

#[test]
fn the_hollow_twin_has_the_operators_and_next_to_none_of_the_work() {
    let bench = Bench::new();
    bench.tare(&["model", "make", MLP, "--hollow"]).with_code(0);
    let facts = |model: &str| {
        bench
            .tare(&["model", "facts", model, "--format", "json"])
            .with_code(0)
            .json()
    };
    let (full, hollow) = (facts(MLP), facts("mlp-width-64-depth-2-hollow.onnx"));
    assert_eq!(hollow["operators"], full["operators"]);
    let flops = |facts: &Value| facts["flops"].as_f64().expect("a count");
    assert!(flops(&hollow) * 100.0 < flops(&full), "{hollow:#}");
}

#[test]
fn a_twin_at_no_rung_of_one_s_own_says_that_no_framework_was_asked() {
    let bench = Bench::new();
    let hollow = ["model", "hollow", MLP, "-o", "twin.onnx"];
    let unasked = bench.tare(&hollow).with_code(0);
    assert!(
        unasked.stderr.contains(
            "operators at rung 2 was not looked at; tare run takes the first of 2 2+distinct"
        ),
        "{}",
        unasked.stderr
    );
    let asked = bench
        .tare(&[&hollow[..], &["--rung", "16,2"]].concat())
        .with_code(0);
    assert!(!asked.stderr.contains("note:"), "{}", asked.stderr);
    let huge = bench
        .tare(&[&hollow[..], &["--rung", "100000"]].concat())
        .with_code(2);
    assert!(
        huge.stderr.contains("write a size from 2 to 256"),
        "{}",
        huge.stderr
    );
}

#[test]
fn facts_are_printed_as_a_table_with_its_operators() {
    let bench = Bench::new();
    let table = bench
        .tare(&["model", "facts", MLP, "--operators"])
        .with_code(0)
        .stdout;
    for part in ["parameters", "8,320", "FLOPs", "Gemm", "Relu"] {
        assert!(table.contains(part), "no {part} in {table}");
    }
}

#[test]
fn adapters_and_suites_are_listed() {
    let bench = Bench::new();
    let adapters = bench.tare(&["adapter", "list"]).with_code(0).stdout;
    assert!(
        adapters.contains("rten") && adapters.contains("ready"),
        "{adapters}"
    );
    assert!(!adapters.contains("fake"), "{adapters}");
    let rows = bench
        .tare(&["adapter", "list", "--format", "json"])
        .with_code(0)
        .json();
    assert_eq!(rows[0]["name"], "rten");
    let suites = bench.tare(&["suite", "list"]).with_code(0).stdout;
    for suite in suites
        .lines()
        .map(|line| line.split(' ').next().expect("a name"))
    {
        let shown = bench.tare(&["suite", "show", suite]).with_code(0).stdout;
        assert!(shown.starts_with(&format!("name = \"{suite}\"")), "{shown}");
    }
}

#[test]
fn the_machine_shown_is_the_machine_recorded() {
    let bench = Bench::new();
    let machine = bench
        .tare(&["machine", "show", "--format", "json"])
        .with_code(0)
        .json();
    let run = bench.run(&[
        "--adapter",
        "fake:run=1ms",
        "--repeats",
        "1",
        "--duration",
        "10ms",
        "--format",
        "json",
    ]);
    let fingerprint = &run.with_code(0).json()[0]["machine"]["fingerprint"];
    assert_eq!(&machine["fingerprint"], fingerprint);
    let table = bench.tare(&["machine", "show"]).with_code(0).stdout;
    assert!(table.contains(fingerprint.as_str().expect("a hash")));
}

#[test]
fn the_machine_is_checked_and_every_check_says_how_it_came_out() {
    let bench = Bench::new();
    let asked = ["machine", "check", "--window", "50ms"];
    let checks = bench
        .tare(&[&asked[..], &["--format", "json"]].concat())
        .with_code(0)
        .json();
    assert_eq!(checks["schema"], "tare.checks/1");
    let findings = checks["findings"].as_array().expect("findings");
    for check in ["governor", "load", "steal", "swap", "involuntary-switches"] {
        let of_it = findings.iter().filter(|one| one["check"] == check);
        let outcomes: Vec<_> = of_it.map(|one| &one["outcome"]).collect();
        assert_eq!(outcomes.len(), 1, "{check} in {findings:?}");
    }
    let table = bench.tare(&asked).with_code(0).stdout;
    assert!(table.contains("governor"), "{table}");
}

#[test]
fn what_is_not_checked_is_said_and_both_wishes_at_once_are_refused() {
    let bench = Bench::new();
    let quick = [
        "--adapter",
        "fake:run=1ms",
        "--repeats",
        "1",
        "--duration",
        "10ms",
    ];
    let asked = [&quick[..], &["--no-checks", "--format", "json"]].concat();
    let doubts = bench.run(&asked).with_code(0).json()[0]["doubts"].clone();
    let named = |doubt: &serde_json::Value| doubt["doubt"] == "unchecked-environment";
    assert!(
        doubts.as_array().expect("doubts").iter().any(named),
        "{doubts}"
    );
    for without in ["--no-checks", "--no-probes"] {
        bench.run(&[without, "--strict"]).with_code(2);
    }
    let unknown = bench.run(&["--strict=default,weather"]).with_code(2);
    assert!(
        unknown.stderr.contains("there is no check 'weather'"),
        "{unknown:#?}"
    );
}

#[test]
fn a_strict_run_keeps_the_set_that_it_heeds() {
    let bench = Bench::new();
    let options = "--adapter fake:run=1ms --repeats 1 --duration 10ms --strict=gpu-processes";
    let options: Vec<&str> = options.split(' ').collect();
    bench.run(&options).with_code(0);
    let plan = std::fs::read(bench.only_run().join("run.json")).expect("a plan");
    let plan: Value = serde_json::from_slice(&plan).expect("an object");
    assert_eq!(plan["strict"], serde_json::json!(["gpu-processes"]));
}

#[test]
fn the_machine_is_calibrated_and_its_peaks_are_kept() {
    let bench = Bench::new();
    let run = bench.tare(&["machine", "calibrate", "--repeats", "1", "--format", "json"]);
    let done = run.with_code(0);
    let peaks = done.json();
    assert_eq!(peaks["schema"], "tare.peaks/1");
    let compute = peaks["compute"].as_array().expect("compute");
    let fp32 = compute
        .iter()
        .find(|one| one["precision"] == "fp32" && one["threads"] == 1);
    let rate = fp32.and_then(|one| one["flops_per_s"].as_f64());
    assert!(rate.is_some_and(|rate| rate > 1e6), "{compute:?}");
    let kept = done
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("kept in "));
    let kept = std::fs::read(kept.expect("where it is kept")).expect("a file");
    let kept: serde_json::Value = serde_json::from_slice(&kept).expect("peaks");
    assert_eq!(kept["machine"], peaks["machine"]);
}

#[test]
fn help_names_the_exit_codes_and_no_hidden_command() {
    let bench = Bench::new();
    let help = bench.tare(&["--help"]).with_code(0).stdout;
    assert!(help.contains("130 stopped by Ctrl-C"), "{help}");
    assert!(!help.contains("worker"), "{help}");
    let version = bench.tare(&["--version"]).with_code(0).stdout;
    assert_eq!(version, format!("tare {}\n", env!("CARGO_PKG_VERSION")));
}
