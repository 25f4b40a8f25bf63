//! Suites of several experiments: shown, planned into one run, quick on request, without what is not here.

use serde_json::Value;

use crate::support::{Bench, Ended, lines};

const OWN: &str = r#"name = "own"
summary = "two experiments that share a cell"
adapters = ["rten"]
scenarios = ["single-stream"]
repeats = 2
duration = "10ms"

[quick]
repeats = 1

[[experiment]]
name = "batch"
summary = "over batches"
models = ["mlp:width=64,depth=2"]
batches = [1, 2, 4]

[experiment.quick]
batches = [1]

[[experiment]]
name = "depth"
summary = "over depths"
models = ["mlp:width=64,depth=2", "mlp:width=64,depth=3"]
batches = [1]
"#;

/// A dry run of the suite in `text`.
fn planned(bench: &Bench, text: &str, more: &[&str]) -> Ended {
    bench.write("own.toml", text);
    bench.tare(&[&["run", "--suite", "own.toml", "--dry-run"], more].concat())
}

/// Each cell's line, up to its device, one space between the words.
fn cells(told: &str) -> Vec<String> {
    let lines = told.lines().skip(2).filter(|line| !line.starts_with(' '));
    let words = |line: &str| -> Vec<String> {
        let words = line.split_whitespace().take_while(|word| *word != "cpu");
        words.map(str::to_owned).collect()
    };
    lines.map(|line| words(line).join(" ")).collect()
}

/// Minutes that a dry run tells, rounded up.
fn minutes(told: &str) -> u64 {
    let line = told.lines().find(|line| line.starts_with("time: about "));
    let words: Vec<&str> = line.expect("a time").split_whitespace().collect();
    match (words[2].parse::<u64>(), words[3]) {
        (Ok(seconds), "s") => seconds.div_ceil(60),
        (Ok(minutes), "min") => minutes,
        _ => panic!("neither seconds nor minutes: {words:?}"),
    }
}

#[test]
fn the_framework_tax_is_shown_with_its_experiments_and_quick_variants() {
    let bench = Bench::new();
    let shown = bench.tare(&["suite", "show", "framework-tax"]).with_code(0);
    for part in [
        "name = \"framework-tax\"\n",
        "absent = \"leave out\"\n",
        "\n[quick]\nrepeats = ",
        "\n[[experiment]]\nname = \"flops\"\n",
        "\n[[experiment]]\nname = \"precision\"\n",
        "\n[experiment.quick]\nmodels = [",
    ] {
        assert!(
            shown.stdout.contains(part),
            "no {part:?} in {}",
            shown.stdout
        );
    }
    bench.write("again.toml", &shown.stdout);
    let again = bench.tare(&["suite", "show", "again.toml"]).with_code(0);
    assert_eq!(again.stdout, shown.stdout);
}

#[test]
fn the_quick_framework_tax_is_planned_without_what_is_not_here_in_under_ten_minutes() {
    let bench = Bench::new();
    let quick = ["run", "--suite", "framework-tax", "--quick", "--dry-run"];
    let ended = bench.tare(&quick).with_code(0);
    assert!(minutes(&ended.stdout) < 10, "{}", ended.stdout);
    let cells = cells(&ended.stdout);
    assert!(cells.len() > 20, "{cells:?}");
    let distinct: std::collections::BTreeSet<&String> = cells.iter().collect();
    assert_eq!(distinct.len(), cells.len(), "{cells:?}");
    let adapters = bench.tare(&["adapter", "list", "--format", "json"]).json();
    for row in adapters.as_array().expect("a list") {
        let name = row["name"].as_str().expect("a name");
        let used = ["rten", "tract", "onnxruntime", "libtorch"].contains(&name);
        let here = cells.iter().any(|cell| cell.contains(&format!(" {name}")));
        let told = ended.stderr.lines().filter(|line| {
            line.strip_prefix("left out: ")
                .is_some_and(|line| line.starts_with(name))
        });
        assert_eq!(
            told.count(),
            usize::from(used && !here),
            "{name}: {}",
            ended.stderr
        );
    }
    assert!(
        ended.stderr.contains("tare runtime install onnxruntime"),
        "what mends it: {}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("left out: experiment 'optimisation': none of its adapters is here"),
        "{}",
        ended.stderr
    );
    assert!(!bench.path("store").exists());
}

#[test]
fn experiments_become_one_plan_with_each_cell_once() {
    let bench = Bench::new();
    let whole = planned(&bench, OWN, &[]).with_code(0);
    assert!(
        whole.stdout.starts_with("cells: 4, repeats of each: 2,"),
        "{}",
        whole.stdout
    );
    let told = cells(&whole.stdout);
    let expected = [("2", 1), ("2", 2), ("2", 4), ("3", 1)].map(|(depth, batch)| {
        format!("mlp:width=64,depth={depth} rten single-stream batch={batch} fp32")
    });
    assert_eq!(told, expected);
    let quick = planned(&bench, OWN, &["--quick"]).with_code(0);
    assert!(
        quick.stdout.starts_with("cells: 2, repeats of each: 1,"),
        "{}",
        quick.stdout
    );
    let over = planned(&bench, OWN, &["--quick", "--batch", "8", "--repeats", "3"]).with_code(0);
    assert!(
        over.stdout.starts_with("cells: 2, repeats of each: 3,"),
        "{}",
        over.stdout
    );
    assert!(
        cells(&over.stdout)
            .iter()
            .all(|cell| cell.ends_with("batch=8 fp32"))
    );
}

#[test]
fn the_time_told_counts_twins_and_profiles_unless_they_are_left_out() {
    let bench = Bench::new();
    let time = |more: &[&str]| {
        let told = planned(&bench, OWN, more).with_code(0).stdout;
        told.lines().nth(1).expect("a time").to_owned()
    };
    let whole = time(&["--reference", "none"]);
    assert!(
        whole.starts_with("time: about ")
            && whole.contains(" in 20 workers, hollow twins and profiles among them"),
        "{whole}"
    );
    let bare = time(&["--reference", "none", "--no-tax", "--energy-bound", "off"]);
    assert!(bare.contains(" in 8 workers; at "), "{bare}");
}

#[test]
fn a_quick_variant_is_measured_and_recorded_under_its_name() {
    let bench = Bench::new();
    bench.write("own.toml", OWN);
    let run = [
        "run",
        "--suite",
        "own.toml",
        "--quick",
        "--no-tax",
        "--reference",
        "none",
    ];
    bench.tare(&run).with_code(0);
    let kept = std::fs::read_to_string(bench.only_run().join("run.json")).expect("a plan");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("JSON");
    assert_eq!(kept["suite"], "own:quick");
    assert_eq!(bench.measurements().len(), 2);
    assert!(
        lines(&bench.only_run().join("cells.jsonl")).len() > 2,
        "the harness too"
    );
}

#[test]
fn quick_is_refused_where_there_is_no_quick_variant() {
    let bench = Bench::new();
    for arguments in [
        &["run", "--quick"][..],
        &["run", "--suite", "first", "--quick"],
    ] {
        let error = bench.tare(arguments).with_code(2).error().to_owned();
        assert!(
            error.starts_with("suite 'first' has no quick variant: leave --quick out"),
            "{error}"
        );
        assert!(
            error.contains("framework-tax and pentathlon have one"),
            "{error}"
        );
    }
    let resumed = bench.tare(&["run", "--quick", "--resume", "latest"]);
    let told = resumed.with_code(2).stderr;
    assert!(
        told.contains("--quick") && told.contains("cannot be used with"),
        "{told}"
    );
    let without_suite = bench.run(&["--quick"]).with_code(2);
    assert!(
        without_suite
            .error()
            .ends_with("--model alone names none: give --suite too"),
        "{without_suite:#?}"
    );
}

#[test]
fn what_a_suite_leaves_out_stands_in_the_run_its_table_and_its_report() {
    let bench = Bench::new();
    let both = OWN.replace("[\"rten\"]", "[\"rten\", \"onnxruntime\"]");
    let leaving = both.replace("adapters", "absent = \"leave out\"\nadapters");
    bench.write("own.toml", leaving);
    let run = ["run", "--suite", "own.toml", "--quick", "--no-tax"];
    let ran = bench
        .tare(&[&run[..], &["--no-probes", "--no-checks"]].concat())
        .with_code(0);
    let description = std::fs::read_to_string(bench.only_run().join("run.json")).unwrap();
    let description: serde_json::Value = serde_json::from_str(&description).unwrap();
    let line = description["left_out"][0].as_str().expect("a line");
    assert!(line.starts_with("left out: onnxruntime: "), "{line}");
    let shown = bench.tare(&["show"]).with_code(0);
    for text in [&ran.stdout, &shown.stdout] {
        assert!(text.contains("left out: onnxruntime: "), "{text}");
    }
    let page = bench.tare(&["report", "latest"]).with_code(0);
    assert!(page.stdout.contains("<p>left out: onnxruntime: "));
}

#[test]
fn an_adapter_that_is_not_here_is_refused_unless_the_suite_leaves_it_out() {
    let bench = Bench::new();
    let both = OWN.replace("[\"rten\"]", "[\"rten\", \"onnxruntime\"]");
    let refused = planned(&bench, &both, &[]).with_code(2);
    assert!(
        refused
            .error()
            .starts_with("own.toml:3:21: adapters: adapter 'onnxruntime' cannot run here"),
        "{refused:#?}"
    );
    let leaving = both.replace("adapters", "absent = \"leave out\"\nadapters");
    let left = planned(&bench, &leaving, &[]).with_code(0);
    assert!(left.stdout.starts_with("cells: 4,"), "{}", left.stdout);
    let told: Vec<&str> = left
        .stderr
        .lines()
        .filter(|line| line.contains("left out"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("left out: onnxruntime: "), "{told:?}");
    let named = planned(&bench, &leaving, &["--adapter", "onnxruntime"]).with_code(2);
    assert!(
        named
            .error()
            .starts_with("adapter 'onnxruntime' cannot run here"),
        "{named:#?}"
    );
    let alone = leaving.replace("\"rten\", ", "");
    let nothing = planned(&bench, &alone, &[]).with_code(2);
    assert!(
        nothing
            .error()
            .starts_with("no adapter of the suite is here: onnxruntime: "),
        "{nothing:#?}"
    );
}

#[test]
fn a_wrong_experiment_is_refused_with_its_line_and_column() {
    let bench = Bench::new();
    for (from, to, error) in [
        (
            "batches = [1, 2, 4]",
            "batch = [1]",
            "own.toml:15:1: no experiment has a key 'batch': the nearest is 'batches'",
        ),
        (
            "batches = [1, 2, 4]",
            "batches = [1, 0]",
            "own.toml:15:15: batches: 0 is not a whole number from 1",
        ),
        (
            "\"depth\"",
            "\"batch\"",
            "own.toml:21:8: name: \"batch\" names two experiments",
        ),
    ] {
        let told = planned(&bench, &OWN.replacen(from, to, 1), &[]).with_code(2);
        assert!(told.error().contains(error), "{told:#?}");
    }
}

/// A number of a summary, by its dotted path.
fn number(summary: &Value, path: &str) -> f64 {
    let value = path.split('.').fold(summary, |value, key| &value[key]);
    let number = value.as_f64();
    number.unwrap_or_else(|| panic!("no {path} in {summary:#}"))
}

#[test]
fn the_quick_pentathlon_is_measured_with_each_of_its_figures_or_why_there_is_none() {
    let bench = Bench::new();
    let suite = ["run", "--suite", "pentathlon", "--quick"];
    let brief = ["--repeats", "1", "--duration", "50ms", "--no-tax"];
    let fake = ["--adapter", "fake:run=1ms,per-sample=100us", "--reference"];
    let run = [&suite[..], &brief, &fake, &["none", "--format", "json"]].concat();
    let summaries = bench.tare(&run).with_code(0).json();
    let summaries = summaries.as_array().expect("summaries");
    let mut cells = std::collections::BTreeSet::new();
    for summary in summaries {
        let cell = &summary["cell"];
        let name = |key: &str| cell[key].as_str().expect("a name").to_owned();
        let scenario = name("scenario");
        cells.insert((name("model"), scenario.clone(), cell["batch"].as_u64()));
        match scenario.as_str() {
            "offline" => assert!(summary["missing"]["latency"].is_string(), "{summary:#}"),
            "single-stream" => assert!(number(summary, "latency.p50.value_ns") >= 1.1e6),
            _ => assert!(number(summary, "latency.mean_ns") > 2e6, "16 of 100 µs"),
        }
        assert!(number(summary, "throughput.samples_per_s") > 100.0);
        assert!(number(summary, "memory.peak_rss_bytes") > 1e6);
        assert!(number(summary, "model.parameters") > 1e6);
        assert!(number(summary, "model.flops") > 1e6);
        let joules = &summary["energy"]["per_sample_j"];
        let paths = ["energy", "energy.per_sample_j"];
        let reason = paths
            .iter()
            .find(|path| summary["missing"][path].is_string());
        assert!(joules.is_number() != reason.is_some(), "{summary:#}");
    }
    let all = [
        ("fixed-batch", 16),
        ("random-batch", 16),
        ("single-stream", 1),
        ("offline", 16),
    ];
    let models = ["bert-tiny", "resnet-18"].into_iter();
    let expected = models.flat_map(|model| {
        all.map(|(scenario, batch)| (model.to_owned(), scenario.to_owned(), Some(batch)))
    });
    assert_eq!(cells, expected.collect());
    assert_eq!(summaries.len(), 8);
}
