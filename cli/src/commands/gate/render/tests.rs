//! The formats, over gates with the worst of names.

use tare_gate::{Block, Conditions, Fault, Gate, Metric, Side, SideFigure};
use tare_units::Nanoseconds;

use super::super::prepared::Difference;
use super::super::told::{NotRun, SCHEMA, Told, missing};
use super::*;

const NAME: &str = "<script>alert(\"1\")</script> & 100% | `x`\n::error::no\u{1b}[2J";

fn told(name: &str, metric: Metric, candidate: Result<f64, Fault>) -> Told {
    let conditions = Conditions {
        single_threaded: true,
        run_delay: true,
    };
    let mut gate = Gate::new(metric, metric.limits(), conditions).expect("sound limits");
    gate.push(Block {
        first: Side::Baseline,
        baseline: Ok(SideFigure::once(1_000.0)),
        candidate: candidate.map(SideFigure::once),
    });
    Told {
        name: name.to_owned(),
        differences: vec![Difference {
            part: "model".to_owned(),
            baseline: name.to_owned(),
            candidate: "b".to_owned(),
        }],
        outcome: gate.outcome(),
        size: gate.size(),
        took_ns: Nanoseconds::from_millis(1_500),
        runs: ["one", "two"].map(str::to_owned).to_vec(),
        updated: false,
        notes: vec!["a note".to_owned()],
        evidence: gate.evidence().blocks().to_vec(),
        processes: Vec::new(),
        missing: missing(&gate.outcome()),
    }
}

fn all() -> All {
    let fault = Fault::Failed {
        why: "killed by signal 11".to_owned(),
    };
    let gates = vec![
        told("smaller", Metric::Size, Ok(900.0)),
        told(NAME, Metric::Size, Ok(1_100.0)),
        told("crash", Metric::PeakMemory, Err(fault)),
    ];
    All {
        schema: SCHEMA,
        created: "2026-11-22T16:00:00Z".to_owned(),
        machine: "abc".to_owned(),
        exit: All::class(&gates).code(),
        gates,
        not_run: Vec::new(),
    }
}

#[test]
fn the_table_says_verdict_effect_and_reason_first() {
    let text = table(&all());
    assert!(
        text.starts_with("improvement: -10.00%  smaller\n"),
        "{text}"
    );
    assert!(text.contains("regression: +10.00%  <script>"), "{text}");
    assert!(
        text.contains(
            "inconclusive  crash\n  because   candidate: its process failed: killed by signal 11"
        ),
        "{text}"
    );
    assert!(
        !text.contains('\u{1b}'),
        "no escape sequence reaches a terminal: {text}"
    );
}

#[test]
fn junit_holds_a_case_a_gate_and_nothing_of_a_name_is_markup() {
    let text = junit::junit(&all());
    assert!(
        text.contains(r#"tests="3" failures="1" errors="1" skipped="0" time="4.500""#),
        "{text}"
    );
    assert!(
        text.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; 100%"),
        "{text}"
    );
    assert!(
        !text.contains("<script") && !text.contains('\u{1b}'),
        "{text}"
    );
    for element in [
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "system-out",
    ] {
        let opened = text.matches(&format!("<{element} ")).count()
            + text.matches(&format!("<{element}>")).count();
        assert_eq!(
            opened,
            text.matches(&format!("</{element}>")).count(),
            "{element}"
        );
    }
}

#[test]
fn a_baseline_that_was_stored_is_what_was_asked_for_in_every_report() {
    let undecided = Told {
        updated: true,
        ..told("first day", Metric::PeakMemory, Ok(1_000.0))
    };
    assert_eq!(undecided.outcome.verdict.name(), "inconclusive");
    let reason = undecided.reasons().remove(0);
    let all = All {
        exit: All::class(std::slice::from_ref(&undecided)).code(),
        gates: vec![undecided],
        ..all()
    };
    assert_eq!(all.exit, 0);
    let text = junit::junit(&all);
    let counts = r#"tests="1" failures="0" errors="0" skipped="0""#;
    assert!(text.contains(counts) && !text.contains("<error"), "{text}");
    assert!(text.contains(&junit::escape(&reason)), "{text}");
    let text = annotations(&all);
    assert!(
        text.starts_with("::notice title=tare gate%3A first day"),
        "{text}"
    );
}

#[test]
fn the_evidence_tells_waiting_of_whom_it_is_known_and_of_how_many_processes_it_is_not() {
    let mut told = told("waits", Metric::Size, Ok(1_000.0));
    let of = |told: &Told| {
        told.evidence()
            .split_once("; ")
            .map(|(_, rest)| rest.to_owned())
    };
    assert_eq!(of(&told), None);
    told.outcome.sides[1].waited = Some(0.25);
    assert_eq!(
        of(&told).as_deref(),
        Some("waited for a core 25.0% of the candidate's time")
    );
    told.outcome.sides[0].waited = Some(0.05);
    told.outcome.sides[0].unread = 1;
    let both = "waited for a core 5.0% of the baseline's time and 25.0% of the candidate's, which could not be read in 1 process";
    assert_eq!(of(&told).as_deref(), Some(both));
}

#[test]
fn a_long_name_of_a_part_keeps_apart_from_its_value() {
    let mut all = all();
    all.gates.truncate(1);
    all.gates[0].differences = vec![Difference {
        part: "env OMP_NUM_THREADS".to_owned(),
        baseline: "not set".to_owned(),
        candidate: "2".to_owned(),
    }];
    let text = table(&all);
    assert!(
        text.contains("\n  env OMP_NUM_THREADS not set → 2\n"),
        "{text}"
    );
    assert!(text.contains("\n  note      a note\n"), "{text}");
}

#[test]
fn markdown_keeps_a_gate_on_its_line_and_its_name_a_name() {
    let text = markdown::markdown(&all());
    let rows: Vec<&str> = text
        .lines()
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), 2 + 3);
    assert!(
        rows.iter().all(|row| row.matches('|').count() == 6),
        "{rows:#?}"
    );
    assert!(!text.contains("<script") && !text.contains("`x`"), "{text}");
}

#[test]
fn annotations_are_one_line_a_gate_whatever_its_name() {
    let text = annotations(&all());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(
        lines[0].starts_with("::notice title=tare gate%3A smaller::improvement: -10.00%25"),
        "{text}"
    );
    assert!(
        lines[1].starts_with("::error title=tare gate%3A <script>"),
        "{text}"
    );
    assert!(lines[1].contains("%0A%3A%3Aerror%3A%3Ano"), "{text}");
    assert!(
        lines[2].starts_with("::error title=tare gate%3A crash"),
        "a crash is no doubt: {text}"
    );
    let undecided = All {
        gates: vec![told("too few", Metric::PeakMemory, Ok(1_000.0))],
        ..all()
    };
    let text = annotations(&undecided);
    assert!(text.starts_with("::warning "), "{text}");
}

#[test]
fn json_has_every_block_and_the_exit_code() {
    let text = render(&all(), GateFormat::Json).expect("has a form");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (json["schema"].as_str(), json["exit"].as_u64()),
        (Some("tare.gate/1"), Some(1))
    );
    assert_eq!(json["gates"][1]["verdict"], "regression");
    assert_eq!(json["gates"][1]["name"], NAME);
    assert_eq!(
        json["gates"][0]["evidence"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn gates_that_were_not_run_are_in_every_format() {
    let not_run = |name: &str, failed| NotRun {
        name: name.to_owned(),
        why: "the budget of \"4s\" is too small".to_owned(),
        failed,
    };
    let all = All {
        not_run: vec![not_run(NAME, true), not_run("later", false)],
        ..all()
    };
    let text = junit::junit(&all);
    let counts = r#"tests="5" failures="1" errors="2" skipped="1""#;
    assert!(text.contains(counts), "{text}");
    let skipped = r#"<skipped message="the budget of &quot;4s&quot; is too small"/>"#;
    assert!(
        text.contains(skipped) && !text.contains("<script"),
        "{text}"
    );
    assert!(text.contains(r#"<error type="not-run" message="#), "{text}");
    let text = markdown::markdown(&all);
    assert!(text.contains("| later | **not run** |  |  |  |"), "{text}");
    assert!(!text.contains("<script"), "{text}");
    let text = table(&all);
    assert!(
        text.contains("not run  later\n  because   the budget"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "{text}");
    let text = annotations(&all);
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(
        text.contains("::warning title=tare gate%3A later::not run: the"),
        "{text}"
    );
    let json = render(&all, GateFormat::Json).expect("has a form");
    assert!(json.contains("\"not_run\""), "{json}");
}

#[test]
fn an_ending_says_what_a_file_holds() {
    let format = |name: &str| format_of(Path::new(name));
    assert_eq!(format("a/gate.xml"), GateFormat::Junit);
    assert_eq!(format("gate.json"), GateFormat::Json);
    assert_eq!(format("summary.md"), GateFormat::Markdown);
    assert_eq!(format("gate.txt"), GateFormat::Table);
}
