//! Records of the sort that the tests here need, built on those of the results' own tests.
#![allow(
    dead_code,
    reason = "each test program that includes this uses a part of it"
)]

#[path = "../../../results/tests/common/mod.rs"]
mod built;
pub mod large;
pub mod models;
pub mod served;
pub mod sides;
pub mod splits;
pub mod twins;
pub mod zoo;

pub use built::*;

use tare_results::{
    Cell, Failure, Kind, Latency, NodeShare, OperatorShare, Percentile, Phase, Profile, Record,
    Run, Verdict,
};

/// The id of the runs built here.
pub const ID: &str = "20261121-104656-3f9a";

/// A run of `cells` with `repeats` repeats.
pub fn run_of(cells: Vec<Cell>, repeats: u64) -> Run {
    let mut run = run(ID, cells);
    run.repeats = repeats;
    run
}

/// A repeat whose median is `p50` nanoseconds, between 99% and 101% of it.
pub fn timed(cell: &Cell, repeat: u64, p50: f64) -> Record {
    let mut record = record(ID, cell.clone(), repeat);
    record.latency = Some(latency(p50));
    record.effective_latency = Some(latency(p50 * 0.99));
    if let Some(throughput) = &mut record.throughput {
        throughput.samples_per_s = Some(1e9 / p50 * cell.batch as f64);
    }
    record
}

/// A repeat whose worker could not load the model.
pub fn failed(cell: &Cell, repeat: u64, message: &str) -> Record {
    let mut record = record(ID, cell.clone(), repeat);
    (record.load, record.latency, record.effective_latency) = (None, None, None);
    (record.throughput, record.schedule, record.memory) = (None, None, None);
    (record.runtime, record.samples, record.fidelity) = (None, None, None);
    record.verdict = Verdict::Invalid;
    record.failure = Some(Failure {
        phase: Phase::Load,
        message: message.to_owned(),
        stderr: None,
    });
    record.missing.retain(|path, _| path.starts_with("harness"));
    record
}

/// A profiled pass over `cell` that took `perturbation` times as long, with the time of each kind in milliseconds.
pub fn profiled(cell: &Cell, perturbation: Option<f64>, kinds: &[(&str, f64)]) -> Record {
    let mut record = timed(cell, 0, 30e6);
    (record.kind, record.latency, record.fidelity) = (Kind::Profile, None, None);
    let total: f64 = kinds.iter().map(|(_, millis)| millis).sum();
    let share = |(kind, millis): &(&str, f64)| OperatorShare {
        kind: (*kind).to_owned(),
        count: 6,
        time_ns: millis * 1e6,
        share: millis / total,
        flops: None,
        bytes: None,
    };
    record.profile = Some(Profile {
        perturbation,
        requests: 20,
        latency_p50_ns: 31e6,
        operators: kinds.iter().map(share).collect(),
        nodes: vec![NodeShare {
            name: "/query/MatMul".to_owned(),
            kind: "MatMul".to_owned(),
            count: 1,
            time_ns: 3e6,
            share: 0.1,
            flops: None,
            bytes: None,
        }],
        families: Vec::new(),
        device: None,
    });
    record
}

/// A model of which nothing but its file is known, as of an archive of code.
pub fn opaque(run: &mut Run) {
    for planned in &mut run.cells {
        let facts = &mut planned.model;
        facts.format = "torchscript".to_owned();
        (facts.opset, facts.parameters, facts.operators) = (None, None, None);
        (facts.flops, facts.macs_paper) = (None, None);
        (facts.bytes_min, facts.bytes_unfused) = (None, None);
        (facts.input_bytes, facts.output_bytes) = (None, None);
        facts.peak_activation_bytes = None;
    }
}

/// The latency of a record that is there.
pub fn latency_of(record: &mut Record) -> &mut Latency {
    record.latency.as_mut().expect("a latency")
}

/// A percentile with its bounds.
pub fn percentile(value_ns: f64, low: f64, high: f64) -> Option<Percentile> {
    Some(Percentile {
        value_ns,
        low_ns: Some(low),
        high_ns: Some(high),
        tau: Some(1.0),
        effective_count: None,
    })
}

/// Repeats of the cell of batch 1, in order, with these medians in nanoseconds.
pub fn repeats(p50s: &[f64]) -> Vec<Record> {
    let timed = |(p50, repeat): (&f64, u64)| timed(&cell(1), repeat, *p50);
    p50s.iter().zip(0..).map(timed).collect()
}

/// Asserts that there is a figure, equal but for rounding.
pub fn close(value: Option<f64>, expected: f64) {
    let value = value.expect("a figure");
    assert!(
        (value - expected).abs() < expected * 1e-9,
        "{value} against {expected}"
    );
}
