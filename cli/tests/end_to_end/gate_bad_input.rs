//! Bad input to gates, one claim each: one clear error or verdict, the right exit code, never a pass by accident.

use std::fs;
use std::path::Path;

use tare_hardware::energy::discover;
use tare_hardware::nvml::Nvml;

use crate::clock_steps::setter;
use crate::gate::{BASELINE, QUICK, arguments, gate, only, runs};
use crate::gate_file::{DEEPER, SAME, SIZE, file};
use crate::support::{Bench, Ended, MLP, left_out};

fn against(bench: &Bench, more: &[&str]) -> Ended {
    let common = [
        "gate",
        "--adapter",
        "fake:run=2ms",
        "--against",
        "baseline.json",
    ];
    bench.tare(&[&common, &QUICK[..], more].concat())
}

#[test]
fn a_baseline_that_crashes_hangs_or_computes_nothing_is_never_a_pass() {
    for (baseline, says) in [
        ("fake:run=2ms,fault=abort", "SIGABRT"),
        ("fake:run=2ms,fault=hang,at=30", "was killed after"),
        ("fake:run=2ms,fault=error,at=7", "failed"),
        ("fake:run=2ms,output=nan", "not numbers"),
    ] {
        let bench = Bench::new();
        let baseline = format!("adapter={baseline}");
        let more = ["--deadline", "3s", "--format", "json"];
        let sides = arguments(&baseline, "adapter=fake:run=2ms", &more);
        let told = only(&bench.tare(&sides).with_code(4));
        let verdict = told["verdict"].as_str().expect("a verdict");
        assert!(["inconclusive", "invalid"].contains(&verdict), "{told:#}");
        let why = told["why"].to_string();
        assert!(why.contains(says), "no '{says}' in {why}");
    }
}

#[test]
fn a_budget_without_room_for_one_process_is_told_as_such_and_not_as_a_killed_one() {
    let bench = Bench::new();
    let ended = gate(
        &bench,
        "adapter=fake:run=2ms,load=5s",
        &["--budget", "8s", "-o", "gate.xml"],
    )
    .with_code(2);
    ended.tells(&[
        "a budget of 8.00 s is too small to decide anything: a process of the candidate",
        "and the first look takes 20",
    ]);
    let xml = fs::read_to_string(bench.path("gate.xml")).expect("a report");
    assert!(xml.contains("too small to decide anything"), "{xml}");
    assert!(
        xml.contains("tests=\"1\" failures=\"0\" errors=\"1\""),
        "{xml}"
    );
}

#[test]
fn a_budget_without_room_for_what_a_schedule_takes_is_told_before_the_first_block() {
    for stored in [false, true] {
        let bench = Bench::new();
        let scenario = "server:rate=5,arrivals=constant,min=10";
        let common = [
            "gate",
            "--model",
            MLP,
            "--scenario",
            scenario,
            "--budget",
            "10s",
        ];
        let sides = match stored {
            false => ["--baseline", BASELINE, "--candidate", BASELINE].to_vec(),
            true => [
                "--adapter",
                "fake:run=2ms",
                "--against",
                "days.json",
                "--update-baseline",
            ]
            .to_vec(),
        };
        let ended = bench.tare(&[&common[..], &sides].concat()).with_code(2);
        ended.tells(&["a budget of 10.0 s is too small to decide anything"]);
        assert!(!ended.stderr.contains("[1/"), "{ended:#?}");
    }
}

#[test]
fn a_stored_baseline_that_is_torn_or_foreign_is_one_error_and_stays_as_it_is() {
    let bench = Bench::new();
    against(&bench, &["--update-baseline"]).with_code(0);
    let whole = fs::read_to_string(bench.path("baseline.json")).expect("stored");
    let torn = &whole[..whole.len() / 2];
    for (text, says) in [
        (torn, "it holds no stored baseline"),
        ("", "it holds no stored baseline"),
        ("{\"schema\": \"other/1\"}", "it holds no stored baseline"),
        ("\u{0}\u{1}", "it holds no stored baseline"),
    ] {
        bench.write("baseline.json", text);
        let ended = against(&bench, &["--update-baseline"]).with_code(2);
        assert!(ended.error().contains(says), "{ended:#?}");
        let after = fs::read_to_string(bench.path("baseline.json")).expect("there");
        assert_eq!(after, text, "what is no baseline is not written over");
    }
    let newer = whole.replace("tare.gate-baseline/1", "tare.gate-baseline/9");
    bench.write("baseline.json", newer);
    let ended = against(&bench, &[]).with_code(2);
    assert!(
        ended
            .error()
            .contains("its schema is 'tare.gate-baseline/9'")
    );
    fs::remove_file(bench.path("baseline.json")).expect("removed");
    let ended = against(&bench, &[]).with_code(2);
    assert!(
        ended
            .error()
            .contains("there is no stored baseline baseline.json")
    );
}

#[test]
fn a_gate_decides_alike_while_the_wall_clock_is_set_to_and_fro_by_decades() {
    for (candidate, code, verdict) in [
        ("adapter=fake:run=2ms", 0, "pass"),
        ("adapter=fake:run=8ms", 1, "regression"),
    ] {
        let bench = Bench::new();
        let arguments = arguments(BASELINE, candidate, &["--format", "json"]);
        let mut command = bench.command(&arguments);
        command.env("LD_PRELOAD", setter(&bench));
        let ended = Ended::of(command.output().expect("the binary starts")).with_code(code);
        let told = only(&ended);
        assert_eq!(told["verdict"], verdict, "{told:#}");
        let took = told["took_ns"].as_u64().expect("a time");
        assert!((1_000_000..600_000_000_000).contains(&took), "{took}");
        let created = ended.json()["created"].to_string();
        assert!(
            ["2001-", "2033-"].iter().any(|year| created.contains(year)),
            "{created}"
        );
    }
}

/// What GitHub takes for a command of a workflow: `::` at the beginning of a line, and in its older syntax `##[` anywhere.
fn is_command(line: &&str) -> bool {
    line.trim_start().starts_with("::") || line.contains("##[")
}

#[test]
fn a_name_of_markup_and_commands_is_only_a_name_in_every_report() {
    let bench = Bench::new();
    let name = "</testcase><script>&\n::error::forged % | `x` ##[error]forged";
    bench.write("tare-gate.toml", file(SIZE, &[(name, DEEPER)]));
    let files = ["gate", "--annotate", "-o", "gate.xml", "-o", "gate.md"];
    let ended = bench.tare(&files).with_code(1);
    let lines = ended.stdout.lines().chain(ended.stderr.lines());
    let commands: Vec<&str> = lines.filter(is_command).collect();
    assert_eq!(commands.len(), 1, "{ended:#?}");
    assert!(
        commands[0].contains("%0A%3A%3Aerror%3A%3Aforged %25") && !commands[0].contains("##["),
        "{ended:#?}"
    );
    let xml = fs::read_to_string(bench.path("gate.xml")).expect("a report");
    assert_eq!(xml.matches("</testcase>").count(), 1, "{xml}");
    assert!(!xml.contains("<script"), "{xml}");
    let markdown = fs::read_to_string(bench.path("gate.md")).expect("a report");
    assert!(
        !markdown.contains("<script") && !markdown.contains("`x`"),
        "{markdown}"
    );
}

#[test]
fn a_name_that_begins_or_holds_a_command_commands_nothing_while_its_gate_runs_or_fails() {
    let bench = Bench::new();
    let quick = r#"
        scenario = "single-stream:min=15,max=15"
        tolerance = "60%"
        must-detect = "99%"
        baseline = { adapter = "fake:run=2ms" }
    "#;
    let name = "::error::forged\n::error::forged\r\n ::warning::`x` ##[error]forged ###[group]";
    let gates = |adapter: &str| {
        let candidate = format!("candidate = {{ adapter = \"{adapter}\" }}");
        file(quick, &[(name, &candidate)])
    };
    for (adapter, more, code) in [
        ("fake:run=2ms", None, 0),
        ("fake:run=2ms", Some("--dry-run"), 0),
        ("fake:run=2ms", Some("--format=json"), 0),
        ("fake:run=2ms", Some("--format=junit"), 0),
        ("fake:run=2ms", Some("--format=markdown"), 0),
        ("fake:run=2ms,fault=abort", None, 4),
        ("none", None, 2),
    ] {
        bench.write("tare-gate.toml", gates(adapter));
        let arguments: Vec<&str> = std::iter::once("gate").chain(more).collect();
        let ended = bench.tare(&arguments).with_code(code);
        let mut lines = ended.stdout.lines().chain(ended.stderr.lines());
        assert!(
            !lines.any(|line| is_command(&line)),
            "{adapter} {more:?}: {ended:#?}"
        );
        if more == Some("--format=json") {
            assert_eq!(only(&ended)["name"], name, "it is the same name");
        }
    }
}

#[test]
fn a_regression_that_was_shown_is_one_though_a_later_gate_fails() {
    let bench = Bench::new();
    let grows = format!("{SIZE}\n{DEEPER}");
    let short = "budget = \"100ms\"\ncandidate = { adapter = \"fake:run=2ms\" }";
    let gates = file("", &[("grows", &grows), ("short", short)]);
    bench.write("tare-gate.toml", gates);
    let ended = bench.tare(&["gate", "-o", "gate.json"]).with_code(1);
    ended.tells(&["error: ", "is too small to decide anything"]);
    assert!(ended.stdout.contains("regression"), "{ended:#?}");
    let json = fs::read_to_string(bench.path("gate.json")).expect("a report");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["exit"], 1);
    assert_eq!(json["not_run"][0]["failed"], true);
}

#[test]
fn gates_that_were_not_run_are_in_the_reports_and_old_ones_are_gone() {
    let bench = Bench::new();
    let gates = |second: &str| {
        let second = format!("candidate = {{ model = \"{second}\" }}");
        let all = [("first", SAME), ("second", &second), ("third", SAME)];
        file(SIZE, &all)
    };
    let files = ["gate", "-o", "gate.xml", "-o", "gate.json"];
    bench.write("tare-gate.toml", gates("mlp:width=64,depth=2"));
    bench.tare(&files).with_code(0);
    bench.write("tare-gate.toml", gates("none.onnx"));
    let ended = bench.tare(&files).with_code(2);
    assert!(ended.error().contains("none.onnx"), "{ended:#?}");
    let xml = fs::read_to_string(bench.path("gate.xml")).expect("a report");
    let counts = "tests=\"3\" failures=\"0\" errors=\"1\" skipped=\"2\"";
    assert!(xml.contains(counts), "{xml}");
    let json = fs::read_to_string(bench.path("gate.json")).expect("a report");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["exit"], 2);
    assert_eq!(json["not_run"][1]["name"], "second");
    assert_eq!(json["not_run"][1]["failed"], true);
    bench.write("tare-gate.toml", "gates");
    bench.tare(&files).with_code(2);
    assert!(
        !bench.path("gate.xml").exists(),
        "the old report stands for nothing"
    );
}

#[test]
fn what_a_gate_takes_is_told_before_it_begins() {
    let bench = Bench::new();
    let p99 = [
        "gate",
        "--model",
        MLP,
        "--candidate",
        "adapter=fake:run=2ms",
    ];
    let more = ["--metric", "p99", "--dry-run"];
    let dry = bench.tare(&[&p99[..], &more].concat()).with_code(0);
    for part in [
        "effective p99 in 10 to 256 blocks",
        "in each a process of each side with at least 400 requests",
        "down to 200 requests",
        "10 min at the most",
    ] {
        assert!(dry.stdout.contains(part), "no '{part}' in {dry:#?}");
    }
    assert!(runs(&bench).is_empty());
    let told = gate(&bench, "adapter=fake:run=2ms", &[]).with_code(0);
    told.tells(&[
        "in each a process of each side with ",
        "; a block takes about ",
    ]);
}

#[test]
fn a_latency_of_a_scenario_without_any_is_refused_with_what_can_be_compared() {
    let bench = Bench::new();
    let of = |more: &[&str]| {
        let common = ["gate", "--model", MLP, "--scenario", "offline", "--dry-run"];
        let sides = ["--baseline", BASELINE, "--candidate", BASELINE];
        bench.tare(&[&common[..], &sides, more].concat())
    };
    let ended = of(&[]).with_code(2);
    ended.tells(&[
        "there is no p50 to compare: offline measures throughput only",
        "give --metric throughput",
    ]);
    let ended = of(&["--metric", "throughput"]).with_code(0);
    assert!(
        ended.stdout.contains("throughput by wall time"),
        "{ended:#?}"
    );
}

#[test]
fn a_scenario_with_more_requests_than_a_gate_asks_for_has_them() {
    let bench = Bench::new();
    let common = ["gate", "--model", MLP, "--scenario", "single-stream:min=64"];
    let limits = ["--tolerance", "60%", "--must-detect", "99%"];
    let side = "adapter=fake:run=5ms";
    let sides = ["--baseline", side, "--candidate", side, "--format", "json"];
    let ended = bench
        .tare(&[&common[..], &limits, &sides].concat())
        .with_code(0);
    let told = only(&ended);
    let first = &told["evidence"][0];
    assert_eq!(first["baseline"]["Ok"]["requests"], 64, "{first:#}");
}

#[test]
fn energy_without_any_source_is_refused_before_anything_runs() {
    let bench = Bench::new();
    let sources = discover(Path::new("/"), &Nvml::shared(), None);
    if !sources.usable.is_empty() {
        return left_out("there is a source of energy readings here");
    }
    let reasons: Vec<&str> = sources.missing.values().map(String::as_str).collect();
    assert!(!reasons.is_empty());
    let sides = ["gate", "--model", MLP, "--metric", "energy"];
    let pair = ["--baseline", BASELINE, "--candidate", BASELINE];
    let alone = [
        "--adapter",
        "rten",
        "--against",
        "days.json",
        "--update-baseline",
    ];
    for more in [&pair[..], &alone] {
        let ended = bench.tare(&[&sides[..], more].concat()).with_code(2);
        ended.tells(&["energy cannot be measured here", "give another --metric"]);
        ended.tells(&reasons);
        assert!(runs(&bench).is_empty(), "nothing was measured");
    }
}
