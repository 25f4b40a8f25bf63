//! Records of the sort that the tests here need, built on those of the results' own tests.
#![allow(
    dead_code,
    reason = "each test program that includes this uses a part of it"
)]

#[path = "../../../results/tests/common/mod.rs"]
mod built;
pub mod large;

pub use built::*;

use tare_results::{Cell, Failure, Latency, Percentile, Phase, Record, Run, Verdict};

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
    (record.runtime, record.samples) = (None, None);
    record.verdict = Verdict::Invalid;
    record.failure = Some(Failure {
        phase: Phase::Load,
        message: message.to_owned(),
        stderr: None,
    });
    record.missing.clear();
    record
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
    })
}
