//! Gates of the fake adapter: verdicts, exit codes and formats.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::{Bench, Ended, MLP, lines};

/// Short processes, and limits that no noise of a busy machine comes near.
pub const QUICK: [&str; 8] = [
    "--model",
    MLP,
    "--scenario",
    "single-stream:min=15,max=15",
    "--tolerance",
    "60%",
    "--must-detect",
    "99%",
];
pub const BASELINE: &str = "adapter=fake:run=2ms";

pub fn arguments<'a>(baseline: &'a str, candidate: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let sides = ["--baseline", baseline, "--candidate", candidate];
    [&["gate"], &QUICK[..], &sides, more].concat()
}

pub fn gate(bench: &Bench, candidate: &str, more: &[&str]) -> Ended {
    bench.tare(&arguments(BASELINE, candidate, more))
}

/// The only gate of its JSON.
pub fn only(ended: &Ended) -> Value {
    let json = ended.json();
    assert_eq!(json["schema"], "tare.gate/1");
    assert_eq!(json["gates"].as_array().map(Vec::len), Some(1), "{json:#}");
    json["gates"][0].clone()
}

pub fn runs(bench: &Bench) -> Vec<Value> {
    let folders = fs::read_dir(bench.path("store")).into_iter().flatten();
    let plans = folders.map(|entry| entry.expect("an entry").path().join("run.json"));
    let read = |path| fs::read_to_string(path).expect("a plan");
    let plans = plans.map(|path| serde_json::from_str(&read(path)).expect("JSON"));
    plans.collect()
}

#[test]
fn equal_sides_pass_and_every_block_is_in_the_store() {
    let bench = Bench::new();
    let ended = gate(&bench, "adapter=fake:run=2ms", &["--format", "json"]).with_code(0);
    let gate = only(&ended);
    assert_eq!(gate["verdict"], "pass", "{gate:#}");
    assert_eq!(gate["differences"].as_array().map(Vec::len), Some(0));
    let blocks = gate["blocks"].as_u64().expect("blocks");
    assert_eq!(
        gate["evidence"].as_array().map(|all| all.len() as u64),
        Some(blocks)
    );
    for (place, role) in [(0, "baseline"), (1, "candidate")] {
        let id = gate["runs"][place].as_str().expect("a run");
        let folder = bench.path("store").join(id);
        let records = lines(&folder.join("cells.jsonl"));
        let own = records
            .iter()
            .filter(|record| record["kind"] == "measurement");
        assert_eq!(own.count() as u64, blocks, "{role}");
        let run = fs::read_to_string(folder.join("run.json")).expect("a plan");
        let run: Value = serde_json::from_str(&run).expect("JSON");
        assert_eq!(run["side"]["role"], role);
        assert_eq!(run["side"]["gate"], gate["runs"][0]);
        let resumed = bench.tare(&["run", "--resume", id]).with_code(2);
        assert!(
            resumed.error().contains("is one side of a gate"),
            "{resumed:#?}"
        );
    }
    let note = "both sides are the same: what differs is noise";
    assert_eq!(gate["notes"][0], note);
}

#[test]
fn a_slower_candidate_ends_with_exit_code_1_in_every_format() {
    let bench = Bench::new();
    let files = [
        "-o",
        "gate.xml",
        "-o",
        "gate.md",
        "-o",
        "gate.json",
        "--annotate",
    ];
    let ended = gate(&bench, "adapter=fake:run=8ms", &files).with_code(1);
    assert!(ended.stdout.starts_with("regression: +"), "{ended:#?}");
    assert!(
        ended.stdout.contains("fake:run=2ms → fake:run=8ms"),
        "{ended:#?}"
    );
    ended.tells(&["::error title=tare gate%3A mlp"]);
    let read = |name: &str| fs::read_to_string(bench.path(name)).expect("written");
    assert!(read("gate.xml").contains("failures=\"1\" errors=\"0\""));
    assert!(read("gate.md").contains("**regression&#58; +"));
    let json: Value = serde_json::from_str(&read("gate.json")).expect("JSON");
    assert_eq!(
        (json["exit"].as_u64(), &json["gates"][0]["verdict"]),
        (Some(1), &"regression".into())
    );
}

#[test]
fn a_side_has_an_environment_and_a_tare_of_its_own() {
    let bench = Bench::new();
    let other = bench.path("other-tare");
    fs::copy(env!("CARGO_BIN_EXE_tare"), &other).expect("copies");
    let other = other.to_str().expect("UTF-8");
    let more = ["--baseline-bin", other, "--format", "json"];
    let sides = arguments(BASELINE, "env=TARE_TEST=a=b", &more);
    let sides = [&sides[..], &["--candidate", "adapter=fake:run=2ms"]].concat();
    let told = only(&bench.tare(&sides).with_code(0));
    let parts: Vec<&str> = told["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|part| part["part"].as_str())
        .collect();
    assert_eq!(parts, ["env TARE_TEST", "tare"]);
    let candidate = runs(&bench)
        .into_iter()
        .find(|run| run["side"]["role"] == "candidate");
    assert_eq!(
        candidate.expect("a run")["side"]["environment"]["TARE_TEST"],
        "a=b"
    );
}

#[test]
fn an_exact_metric_needs_no_measuring() {
    let bench = Bench::new();
    let exact = |candidate: &str, metric: &str| {
        bench.tare(&[
            "gate",
            "--model",
            MLP,
            "--candidate",
            candidate,
            "--metric",
            metric,
            "--format",
            "json",
        ])
    };
    let same = only(&exact("model=mlp:width=64,depth=2", "operators").with_code(0));
    assert_eq!(same["verdict"], "pass");
    let deeper = "model=mlp:width=64,depth=4";
    for metric in ["operators", "flops", "size"] {
        let told = only(&exact(deeper, metric).with_code(1));
        assert_eq!(
            (
                told["verdict"].as_str(),
                told["runs"].as_array().map(Vec::len)
            ),
            (Some("regression"), Some(0))
        );
    }
    assert!(runs(&bench).is_empty(), "nothing was measured");
}

/// The keys that a schema names of an object, in whichever of its parts.
fn named(schema: &Value, object: &Value) -> BTreeSet<String> {
    let object = match object["$ref"].as_str() {
        Some(path) => schema
            .pointer(path.trim_start_matches('#'))
            .expect("a definition"),
        None => object,
    };
    let own = object["properties"].as_object();
    let mut keys: BTreeSet<String> = own
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect();
    for parts in ["allOf", "oneOf", "anyOf"] {
        let parts = object[parts].as_array();
        keys.extend(
            parts
                .into_iter()
                .flatten()
                .flat_map(|part| named(schema, part)),
        );
    }
    keys
}

#[test]
fn what_a_gate_writes_has_the_keys_that_its_schema_names() {
    let bench = Bench::new();
    let schema = bench.tare(&["schema", "gate"]).with_code(0).json();
    let ended = gate(
        &bench,
        "adapter=fake:run=2ms,fault=abort",
        &["--format", "json"],
    );
    let json = ended.with_code(4).json();
    let one = &schema["properties"]["gates"]["items"];
    for (object, written) in [(&schema, &json), (one, &json["gates"][0])] {
        let known = named(&schema, object);
        let keys = written.as_object().expect("an object").keys();
        for key in keys {
            assert!(known.contains(key), "{key} is in no schema: {known:?}");
        }
    }
    assert_eq!(json["gates"][0]["verdict"], "inconclusive");
}

#[test]
fn a_dry_run_tells_the_plan_and_measures_nothing() {
    let bench = Bench::new();
    let ended = gate(&bench, "adapter=fake:run=3ms", &["--dry-run"]).with_code(0);
    for part in ["blocks", "10 min", "fake:run=2ms → fake:run=3ms"] {
        assert!(ended.stdout.contains(part), "no '{part}' in {ended:#?}");
    }
    assert!(runs(&bench).is_empty());
}

#[test]
fn a_stored_baseline_is_the_weaker_test_and_never_taken_from_another_machine() {
    let bench = Bench::new();
    let against = |adapter: &str, more: &[&str]| {
        let common = ["gate", "--adapter", adapter, "--against", "baseline.json"];
        bench.tare(&[&common, &QUICK[..], more].concat())
    };
    let sound = "fake:run=2ms";
    let none = against(sound, &[]).with_code(2);
    assert!(none.error().contains("store one with --update-baseline"));
    against(sound, &["--update-baseline"]).with_code(0);
    let open = against(sound, &[]).with_code(3);
    assert!(
        open.stdout
            .contains("it takes 3 to know how much days differ"),
        "{open:#?}"
    );
    let stored = fs::read_to_string(bench.path("baseline.json")).expect("stored");
    let mut stored: Value = serde_json::from_str(&stored).expect("JSON");
    let day = stored["days"][0].clone();
    stored["days"] = ["2026-01-01", "2026-01-02", "2026-01-03"]
        .iter()
        .zip([0.99, 1.0, 1.01])
        .map(|(date, factor)| {
            let mut day = day.clone();
            day["date"] = (*date).into();
            for figure in day["figures"].as_array_mut().into_iter().flatten() {
                *figure = (figure.as_f64().expect("a number") * factor).into();
            }
            day
        })
        .collect();
    let write = |stored: &Value| bench.write("baseline.json", stored.to_string());
    write(&stored);
    let pass = against(sound, &[]).with_code(0);
    assert!(pass.stdout.contains("the weaker test"), "{pass:#?}");
    let slower = against("fake:run=20ms", &["--update-baseline"]).with_code(1);
    assert!(!slower.stdout.contains("days now"), "{slower:#?}");
    stored["machine"] = "elsewhere".into();
    write(&stored);
    let elsewhere = against(sound, &[]).with_code(2);
    assert!(elsewhere.error().contains("on another machine"));
}

/// The script of the composite action, as GitHub executes it.
fn action() -> String {
    let action = concat!(env!("CARGO_MANIFEST_DIR"), "/../action.yml");
    let action = fs::read_to_string(action).expect("the action");
    let (_, script) = action.split_once("run: |\n").expect("a script");
    let lines = script
        .lines()
        .map(|line| line.trim_start_matches("        "));
    lines.collect::<Vec<_>>().join("\n")
}

/// The action over these words, a budget and what becomes of what is undecided.
fn acted(bench: &Bench, words: &[&str], (budget, undecided): (&str, &str)) -> Ended {
    let script = action();
    let arguments = ["--noprofile", "--norc", "-eo", "pipefail", "-c", &script];
    let mut command = bench.command_of("bash", &arguments);
    command
        .env("TARE", env!("CARGO_BIN_EXE_tare"))
        .env("ARGUMENTS", words.join("\n"))
        .env("BUDGET", budget)
        .env("UNDECIDED", undecided)
        .env("REPORT", "report")
        .env("GITHUB_OUTPUT", bench.path("output"))
        .env("GITHUB_STEP_SUMMARY", bench.path("summary"));
    Ended::of(command.output().expect("bash starts"))
}

#[test]
fn the_action_ends_as_its_gate_does_and_fills_the_summary() {
    for (depth, code, verdict) in [(2, 0, "passed"), (4, 1, "regressed")] {
        let bench = Bench::new();
        let candidate = format!("model=mlp:width=64,depth={depth}");
        let words = [
            "--model",
            MLP,
            "--metric",
            "size",
            "--candidate",
            &candidate,
        ];
        let ended = acted(&bench, &words, ("1min", "fail")).with_code(code);
        ended.tells(&["title=tare gate%3A mlp"]);
        let read = |name: &str| fs::read_to_string(bench.path(name)).expect(name);
        assert_eq!(read("output"), format!("verdict={verdict}\n"));
        assert!(read("summary").starts_with("| gate | verdict |"));
        assert!(read("report/gate.xml").contains("<testcase "));
    }
}

#[test]
fn the_action_fails_or_warns_of_what_is_undecided_and_nothing_else() {
    let crashes = "adapter=fake:run=2ms,fault=abort";
    let differs = "adapter=fake:run=2ms,output=off-by:0.5";
    // Fewer requests than a percentile is taken of.
    let few = ["--scenario", "single-stream:min=5,max=5"];
    let few = [&["--model", MLP][..], &few, &["--candidate", BASELINE]].concat();
    let of = |candidate| [&QUICK[..], &["--candidate", candidate]].concat();
    for (words, undecided, code, verdict) in [
        (few.clone(), "fail", 3, "undecided"),
        (few, "warn", 0, "undecided"),
        (of(crashes), "fail", 4, "failed"),
        (of(crashes), "warn", 4, "failed"),
        (of(differs), "warn", 4, "failed"),
    ] {
        let bench = Bench::new();
        let words = [&words[..], &["--baseline", BASELINE]].concat();
        let ended = acted(&bench, &words, ("", undecided)).with_code(code);
        let output = fs::read_to_string(bench.path("output")).expect("an output");
        assert_eq!(output, format!("verdict={verdict}\n"), "{ended:#?}");
        let warns = ended.stdout.contains("::warning title=tare gate::");
        assert_eq!(warns, code == 0, "{ended:#?}");
    }
}

#[test]
fn the_action_names_what_could_not_be_measured() {
    let bench = Bench::new();
    let none = ["--model", "none.onnx", "--candidate", "threads=2"];
    acted(&bench, &none, ("", "warn")).with_code(2);
    let output = fs::read_to_string(bench.path("output")).expect("an output");
    assert_eq!(output, "verdict=failed\n");
    let ended = acted(&Bench::new(), &none, ("", "ignore")).with_code(2);
    ended.tells(&["undecided is 'ignore': give fail or warn"]);
}

#[test]
fn the_action_leaves_budgets_to_the_file_unless_it_is_given_one() {
    let bench = Bench::new();
    bench.write(
        "tare-gate.toml",
        r#"
        [[gate]]
        name = "short"
        model = "mlp:width=64,depth=2"
        budget = "100ms"
        candidate = { adapter = "fake:run=2ms" }
        "#,
    );
    let ended = acted(&bench, &[], ("", "fail")).with_code(2);
    ended.tells(&["a budget of 100 ms is too small"]);
    let ended = acted(&bench, &["--dry-run"], ("7min", "fail")).with_code(0);
    assert!(ended.stdout.contains("7 min"), "{ended:#?}");
}

#[test]
fn the_action_shows_no_reports_of_an_earlier_use() {
    let bench = Bench::new();
    let words = ["--model", MLP, "--metric", "size", "--baseline", BASELINE];
    let words = [&words[..], &["--candidate", BASELINE]].concat();
    acted(&bench, &words, ("", "fail")).with_code(0);
    let summary = fs::read_to_string(bench.path("summary")).expect("a summary");
    let unknown = [&words[..], &["--none-such"]].concat();
    acted(&bench, &unknown, ("", "fail")).with_code(2);
    for name in ["gate.json", "gate.xml", "gate.md"] {
        assert!(!bench.path("report").join(name).exists(), "{name}");
    }
    let after = fs::read_to_string(bench.path("summary")).expect("a summary");
    assert_eq!(after, summary, "nothing is told twice");
    let output = fs::read_to_string(bench.path("output")).expect("an output");
    assert_eq!(output, "verdict=passed\nverdict=failed\n");
}
