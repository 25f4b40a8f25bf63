//! Exports carry every figure, in the same places whatever was measured.

mod common;

use std::collections::BTreeSet;

use common::zoo::zoo;
use common::{cell, failed, opaque, run_of, timed};
use expect_test::expect;
use serde_json::Value;
use tare_report::{
    Analysis, EXPORTERS, Laws, Summary, analyse, analysis_json, exporter, summarise, summary_schema,
};

fn summaries() -> Vec<Summary> {
    let cells = vec![cell(1), cell(8)];
    let mut records = vec![failed(&cells[1], 0, "wants 3|4 GiB, \"now\"")];
    records.extend([0, 1].map(|repeat| timed(&cells[0], repeat, 31.9e6 + 1e5 * repeat as f64)));
    summarise(&run_of(cells, 2), &records)
}

fn exported(name: &str, summaries: &[Summary]) -> String {
    let bytes = exporter(name).unwrap().export(summaries).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn json_is_an_array_that_reads_back() {
    let text = exported("json", &summaries());
    let back: Vec<Summary> = serde_json::from_str(&text).unwrap();
    assert_eq!(back, summaries());
    assert_eq!(exported("json", &[]), "[]\n");
}

#[test]
fn csv_has_a_column_for_every_field_of_the_schema() {
    let schema = serde_json::to_value(summary_schema()).unwrap();
    let mut leaves = BTreeSet::new();
    collect_leaves(&schema, &schema, "", &mut leaves);
    let lists = [
        "profile.families",
        "profile.operators",
        "profile.nodes",
        "profile.device.kernels.by_name",
        "fidelity.outputs",
    ];
    leaves.retain(|path| !path.ends_with(".tau") && !lists.contains(&path.as_str()));
    let text = exported("csv", &[]);
    let columns: Vec<String> = text.trim().split(',').map(String::from).collect();
    let unique: BTreeSet<String> = columns.iter().cloned().collect();
    assert_eq!(unique, leaves);
    assert_eq!(unique.len(), columns.len());
    assert_eq!(
        columns[..5],
        ["schema", "id", "run", "created", "producer.version"]
    );
}

/// Paths of what has no named fields of its own.
fn collect_leaves(root: &Value, schema: &Value, path: &str, leaves: &mut BTreeSet<String>) {
    let target = |reference: &Value| root.pointer(&reference.as_str().unwrap()[1..]).unwrap();
    let inner = match (&schema["$ref"], &schema["anyOf"][0]["$ref"]) {
        (Value::Null, Value::Null) => schema,
        (Value::Null, optional) => target(optional),
        (reference, _) => target(reference),
    };
    let Some(fields) = inner["properties"].as_object() else {
        leaves.insert(path.to_owned());
        return;
    };
    for (name, field) in fields {
        let dot = if path.is_empty() { "" } else { "." };
        collect_leaves(root, field, &format!("{path}{dot}{name}"), leaves);
    }
}

#[test]
fn csv_gives_figures_as_they_are_lists_as_json_and_nothing_for_null() {
    let text = exported("csv", &summaries());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let value = |row: usize, path: &str| {
        let place = header.iter().position(|column| column == path).unwrap();
        rows[row].get(place).unwrap().to_owned()
    };
    assert_eq!(rows.len(), 2);
    assert_eq!(value(0, "latency.p50.value_ns"), "31950000.0");
    assert_eq!(value(0, "latency.p99.value_ns"), "");
    assert_eq!(value(0, "cell.shape"), "{\"seq\":128}");
    assert_eq!(value(0, "verdict"), "valid");
    assert_eq!(value(1, "latency.count"), "");
    assert!(value(1, "reasons").contains("wants 3|4 GiB, \\\"now\\\""));
}

#[test]
fn markdown_is_the_table_with_every_column() {
    expect![[r#"
        minilm-l6 · rten 0.27.0 · single-stream · seq=128 · fp32 · cpu · 1 thread

        run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 2 CPUs · harness 62 ns

        | model | adapter | batch | p50 | 95% | p99 | samples/s | GFLOP | GFLOP/s | memory | verdict |
        | --- | --- | --: | --: | --- | --: | --: | --: | --: | --: | --- |
        | minilm-l6 | rten | 1 | 31.9 ms | ±2.0% | 33 of 368 | 31.3 | 2.87 | 89.8 | 196 MiB | valid |
        | minilm-l6 | rten | 8 | – | – | – | – | 23.0 | – | – | invalid |

        - b=8: repeat 1 of 2: failed while loading the model: wants 3\|4 GiB, "now"
        - b=8: repeat 2 of 2: not made yet
        - b=1: outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
        - a p99 needs 368 samples of each repeat: --duration 12s is enough for every row
    "#]].assert_eq(&exported("markdown", &summaries()));
}

#[test]
fn a_model_of_which_nothing_is_known_is_written_in_every_format() {
    let mut run = run_of(vec![cell(1)], 1);
    opaque(&mut run);
    let summaries = summarise(&run, &[timed(&cell(1), 0, 31.9e6)]);
    for exporter in EXPORTERS {
        assert!(exporter.export(&summaries).is_ok(), "{}", exporter.name());
    }
    let markdown = exported("markdown", &summaries);
    assert!(
        markdown.contains("| 31.3 | – | – | 196 MiB |"),
        "{markdown}"
    );
}

#[test]
fn formats_are_found_by_their_names_and_unknown_ones_answered_with_them() {
    for known in EXPORTERS {
        assert_eq!(exporter(known.name()).unwrap().name(), known.name());
    }
    let error = exporter("xml").err().unwrap().to_string();
    assert_eq!(error, "no format 'xml'; take one of json, csv, markdown");
}

#[test]
fn what_cells_say_together_is_json_that_reads_back() {
    let (run, records) = zoo(300);
    let analysis = analyse(&summarise(&run, &records), &Laws::of(&records));
    assert!(!analysis.laws.is_empty() && !analysis.knees.is_empty());
    let json = analysis_json(&analysis).expect("written");
    let value: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(value["schema"], "tare.analysis/1");
    assert_eq!(
        value["knees"].as_array().map(Vec::len),
        Some(analysis.knees.len())
    );
    let back: Analysis = serde_json::from_value(value).expect("an analysis");
    assert_eq!(back.laws.len(), analysis.laws.len());
    assert_eq!(back.knees[0].cell, analysis.knees[0].cell);
}
