//! Files of many gates, and the reports of them.

use std::fs;

use crate::gate::{QUICK, runs};
use crate::support::{Bench, MLP};

/// A metric that needs no measuring.
pub const SIZE: &str = "metric = \"size\"";
/// A candidate of the same size.
pub const SAME: &str = "candidate = { model = \"mlp:width=64,depth=2\" }";
/// A larger one.
pub const DEEPER: &str = "candidate = { model = \"mlp:width=64,depth=4\" }";

/// A file of these gates, each a name and what it has of its own, of one model and what is common to them.
pub fn file(common: &str, gates: &[(&str, &str)]) -> String {
    let gates = gates
        .iter()
        .map(|(name, own)| format!("[[gate]]\nname = {name:?}\n{own}\n"));
    let gates: String = gates.collect();
    format!("[common]\nmodel = \"{MLP}\"\n{common}\n{gates}")
}

#[test]
fn a_file_holds_many_gates_and_the_worst_is_the_exit_code() {
    let bench = Bench::new();
    let gates = file(SIZE, &[("<script>", SAME), ("deeper", DEEPER)]);
    bench.write("tare-gate.toml", gates);
    let ended = bench.tare(&["gate", "--format", "junit"]).with_code(1);
    assert!(
        ended.stdout.contains("name=\"&lt;script&gt;\""),
        "{ended:#?}"
    );
    assert!(
        ended.stdout.contains("tests=\"2\" failures=\"1\""),
        "{ended:#?}"
    );
    let beside = bench.tare(&["gate", "--metric", "p99"]).with_code(2);
    let told = "--metric is of one gate, and no side is named";
    assert!(beside.error().contains(told), "{beside:#?}");
}

#[test]
fn limits_of_a_later_gate_that_decide_nothing_are_refused_before_the_first_is_decided() {
    let bench = Bench::new();
    let second = format!("must-detect = \"1%\"\nbaseline = {{ threads = 1 }}\n{SAME}");
    let first = format!("{SIZE}\n{DEEPER}");
    let gates = file("", &[("first", &first), ("second", &second)]);
    bench.write("tare-gate.toml", gates);
    let ended = bench.tare(&["gate"]).with_code(2);
    let told = "gate 'second': what must be detected, 1.0%, is not beyond the tolerance";
    assert!(ended.error().contains(told), "{ended:#?}");
    assert_eq!(ended.stdout, "");
    assert!(runs(&bench).is_empty(), "nothing was measured");
}

#[test]
fn a_report_that_cannot_be_written_costs_no_other_and_no_regression() {
    for (candidate, code) in [(DEEPER, 1), (SAME, 2)] {
        let bench = Bench::new();
        bench.write("tare-gate.toml", file(SIZE, &[("one", candidate)]));
        let files = ["gate", "-o", "/dev/full", "-o", "gate.json"];
        let ended = bench.tare(&files).with_code(code);
        ended.tells(&["error: cannot write /dev/full"]);
        let json = fs::read_to_string(bench.path("gate.json")).expect("a report");
        assert!(json.contains("\"tare.gate/1\""), "{json}");
    }
}

#[test]
fn a_baseline_that_was_stored_is_no_error_in_the_reports_of_its_gate() {
    let bench = Bench::new();
    let sides = [
        "gate",
        "--adapter",
        "fake:run=2ms",
        "--against",
        "days.json",
    ];
    let more = [
        "--update-baseline",
        "--annotate",
        "-o",
        "gate.xml",
        "-o",
        "gate.json",
    ];
    let ended = bench
        .tare(&[&sides, &QUICK[..], &more].concat())
        .with_code(0);
    ended.tells(&["::notice title=tare gate%3A mlp"]);
    let read = |name: &str| fs::read_to_string(bench.path(name)).expect("a report");
    let xml = read("gate.xml");
    assert!(
        xml.contains("tests=\"1\" failures=\"0\" errors=\"0\""),
        "{xml}"
    );
    let json: serde_json::Value = serde_json::from_str(&read("gate.json")).expect("JSON");
    let gate = &json["gates"][0];
    assert_eq!(
        gate["processes"].as_array().map(Vec::len),
        Some(10),
        "{gate:#}"
    );
    assert!(
        gate["processes"][0]["contention"]["waited"].is_number(),
        "{gate:#}"
    );
    assert!(gate["missing"]["sides.0.median"].is_string(), "{gate:#}");
    let stored: serde_json::Value = serde_json::from_str(&read("days.json")).expect("JSON");
    let contention = stored["days"][0]["contention"].as_array();
    assert_eq!(contention.map(Vec::len), Some(10), "{stored:#}");
}
