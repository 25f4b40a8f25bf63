//! The hollow twin beside each repeat: found once, run as often, remembered, and missed with a reason.

use serde_json::Value;

use crate::support::{Bench, lines};

const QUICK: [&str; 8] = [
    "run",
    "--repeats",
    "2",
    "--duration",
    "10ms",
    "--no-probes",
    "--reference",
    "none",
];

/// A model whose work is a thousand times its twin's.
const MODEL: [&str; 4] = ["--model", "mlp:width=512,depth=3", "--adapter", "rten"];

fn of_kind(bench: &Bench, kind: &str) -> Vec<Value> {
    let records = lines(&bench.latest_run().join("cells.jsonl"));
    records
        .into_iter()
        .filter(|record| record["kind"] == kind)
        .collect()
}

/// Workers that the run started.
fn workers(bench: &Bench) -> usize {
    let events = lines(&bench.latest_run().join("events.jsonl"));
    let started = |event: &&Value| event["event"] == "worker-started";
    events.iter().filter(started).count()
}

#[test]
fn every_repeat_has_its_twin_and_one_profile_follows() {
    let bench = Bench::new();
    bench.tare(&[&QUICK[..], &MODEL].concat()).with_code(0);
    let (cells, twins) = (of_kind(&bench, "measurement"), of_kind(&bench, "twin"));
    assert_eq!((cells.len(), twins.len()), (2, 2));
    assert_eq!(of_kind(&bench, "profile").len(), 1);
    for (cell, twin) in cells.iter().zip(&twins) {
        assert_eq!(cell["id"], twin["id"]);
        let p50 = |record: &Value| record["latency"]["p50"]["value_ns"].as_f64();
        assert!(p50(twin) < p50(cell), "{:?} {:?}", p50(twin), p50(cell));
        let facts = &twin["twin"];
        assert_eq!(facts["same_operators"], true, "{facts}");
        assert_eq!(
            facts["operators_executed"],
            facts["original_operators_executed"]
        );
        assert!(
            facts["hollowness"].as_f64().expect("a ratio") < 1e-3,
            "{facts}"
        );
    }
    let twins = std::fs::read_dir(bench.latest_run().join("twins")).expect("a folder");
    assert!(
        twins.count() >= 1,
        "the twin that was run is there to be looked at"
    );
}

#[test]
fn a_rung_is_found_once_and_known_to_the_next_run() {
    let bench = Bench::new();
    bench.tare(&[&QUICK[..], &MODEL].concat()).with_code(0);
    let first = workers(&bench);
    let facts = of_kind(&bench, "twin")[0]["twin"].clone();
    bench.tare(&[&QUICK[..], &MODEL].concat()).with_code(0);
    let second = workers(&bench);
    assert!(second < first, "{second} workers after {first}");
    assert_eq!(of_kind(&bench, "twin")[1]["twin"], facts);
}

#[test]
fn without_the_tax_there_is_neither_twin_nor_profile() {
    let bench = Bench::new();
    bench
        .tare(&[&QUICK[..], &MODEL, &["--no-tax"]].concat())
        .with_code(0);
    assert_eq!(of_kind(&bench, "measurement").len(), 2);
    assert_eq!(
        of_kind(&bench, "twin").len() + of_kind(&bench, "profile").len(),
        0
    );
    assert!(!bench.latest_run().join("twins").exists());
}

#[test]
fn a_run_goes_on_between_a_repeat_and_its_twin() {
    let bench = Bench::new();
    bench.tare(&[&QUICK[..], &MODEL].concat()).with_code(0);
    let path = bench.latest_run().join("cells.jsonl");
    let text = std::fs::read_to_string(&path).expect("records");
    let place = text.find(r#""kind":"twin""#).expect("a twin");
    let start = text[..place].rfind('\n').expect("a line before") + 1;
    std::fs::write(&path, &text[..start]).expect("writes");
    bench.tare(&["run", "--resume", "latest"]).with_code(0);
    assert_eq!(of_kind(&bench, "measurement").len(), 2);
    assert_eq!(of_kind(&bench, "twin").len(), 2);
}

#[test]
fn a_framework_whose_outputs_mean_nothing_has_no_twin() {
    let bench = Bench::new();
    let fake = [
        "--model",
        "mlp:width=64,depth=2",
        "--adapter",
        "fake:run=1ms",
    ];
    bench.tare(&[&QUICK[..], &fake].concat()).with_code(0);
    assert_eq!(of_kind(&bench, "twin").len(), 0);
    assert_eq!(of_kind(&bench, "measurement").len(), 2);
}
