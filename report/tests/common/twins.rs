//! Records of hollow twins.

use std::collections::BTreeMap;

use tare_results::{Cell, Kind, Record, TwinFacts};

use super::{cell, latency, timed};

/// A repeat of the twin of `cell` whose median is `p50` nanoseconds; it executes 178 operators as the original does.
pub fn twin(cell: &Cell, repeat: u64, p50: f64) -> Record {
    let mut record = timed(cell, repeat, p50);
    record.kind = Kind::Twin;
    record.fidelity = None;
    record.twin = Some(facts(178));
    record
}

/// A twin that executes `operators`, half of them products, as its original does.
pub fn facts(operators: u64) -> TwinFacts {
    let kinds = [
        ("Add", operators / 2),
        ("MatMul", operators - operators / 2),
    ];
    TwinFacts {
        sha256: format!("{operators:064x}"),
        rung: "2".to_owned(),
        hollowness: Some(1e-5),
        elements_ratio: Some(1e-4),
        elements: None,
        operators_executed: Some(operators),
        original_operators_executed: Some(operators),
        same_operators: Some(true),
        kinds: Some(BTreeMap::from(
            kinds.map(|(kind, count)| (kind.to_owned(), count)),
        )),
    }
}

/// Repeats of a twin of the cell, in order, with these medians in nanoseconds.
pub fn twins(cell: &Cell, p50s: &[f64]) -> Vec<Record> {
    let twin = |(p50, repeat): (&f64, u64)| twin(cell, repeat, *p50);
    p50s.iter().zip(0..).map(twin).collect()
}

/// Twins of models that execute `operators`, each with 5 µs and 400 ns an operator.
pub fn other_twins(operators: &[u64]) -> Vec<Record> {
    let other = |(place, operators): (usize, &u64)| {
        let mut of = cell(1);
        of.seed = 100 + place as u64;
        of.model = format!("other-{place}");
        let wobble = if place % 2 == 0 { 1.001 } else { 0.999 };
        let mut record = twin(&of, 0, (5_000.0 + 400.0 * *operators as f64) * wobble);
        record.twin = Some(facts(*operators));
        record
    };
    operators.iter().enumerate().map(other).collect()
}

/// Twins of other models, of so many operators that take so many nanoseconds.
pub fn timed_twins(twins: &[(u64, f64)]) -> Vec<Record> {
    let (operators, latencies): (Vec<u64>, Vec<f64>) = twins.iter().copied().unzip();
    let mut records = other_twins(&operators);
    for (record, nanos) in records.iter_mut().zip(latencies) {
        set_median(record, nanos);
    }
    records
}

/// Gives the record a latency of this median in nanoseconds.
pub fn set_median(record: &mut Record, nanos: f64) {
    record.latency = Some(latency(nanos));
}

/// 5 µs and 400 ns an operator, near enough to fit a law: 76.2 µs for 178.
pub const CLEAR: [(u64, f64); 4] = [(20, 13.01e3), (60, 28.97e3), (350, 145.1e3), (700, 284.9e3)];
