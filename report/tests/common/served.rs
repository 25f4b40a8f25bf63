//! Records of requests under load, worked out by hand.

use std::collections::BTreeMap;

use tare_results::{Cell, Latency, Met, ObjectiveKept, Percentile, Record, SampleFile, Serving};
use tare_units::Nanoseconds;

use super::{cell, timed};

/// The cell of batch 1 under `adapter`, served at `rate` requests a second.
pub fn served_cell(adapter: &str, rate: u64) -> Cell {
    let mut served = cell(1);
    served.adapter = adapter.to_owned();
    served.scenario = "server".to_owned();
    let option = |key: &str, value: String| (key.to_owned(), value);
    served.scenario_options = BTreeMap::from([
        option("rate", rate.to_string()),
        option("slo", "p99<20ms".to_owned()),
    ]);
    served
}

/// 10,000 requests of this cell, of which `over` took more than 20 ms and `rejected` were not done; half of them are worth
/// an independent one.
pub fn served(
    cell: &Cell,
    repeat: u64,
    (p50_ms, p99_ms): (f64, f64),
    over: u64,
    rejected: u64,
) -> Record {
    let mut record = timed(cell, repeat, p50_ms * 1e6);
    let rate: f64 = cell.scenario_options["rate"].parse().expect("a rate");
    let kept = (10_000 - rejected) as f64 / 10_000.0;
    let latency = latency((p50_ms * 1e6, p99_ms * 1e6), rejected);
    (record.latency, record.effective_latency) = (Some(latency), None);
    record
        .missing
        .retain(|path, _| !path.starts_with("latency"));
    let reason = "2 threads worked: their run delays overlap";
    let path = "effective_latency".to_owned();
    record.missing.insert(path, reason.to_owned());
    let rates = record.throughput.as_mut().expect("throughput");
    rates.offered_per_s = Some(rate);
    rates.achieved_per_s = Some(rate * kept);
    rates.samples_per_s = rates.achieved_per_s;
    record.samples = Some(SampleFile {
        path: format!("samples/served-{repeat}.npy"),
        count: 10_000,
        delays: None,
    });
    record.serving = Some(Serving {
        workers: 2,
        due: 10_000,
        done: 10_000 - rejected,
        rejected,
        timed_out: 0,
        errors: 0,
        never_sent: 0,
        most_waiting: 7 + repeat,
        mean_batch: Some(1.0 + repeat as f64),
        search: None,
        goodput_per_s: Some(rate * (10_000 - over) as f64 / 10_000.0),
        saturated: Some(false),
        objective: Some(ObjectiveKept {
            percentile: "p99".to_owned(),
            bound_ns: Nanoseconds::from_millis(20),
            over,
            effective_count: Some(5_000.0),
            met: Met::NotDecided,
        }),
    });
    record
}

fn latency((p50, p99): (f64, f64), failed: u64) -> Latency {
    let around = |value: f64| {
        Some(Percentile {
            value_ns: value,
            low_ns: Some(value * 0.97),
            high_ns: Some(value * 1.04),
            tau: Some(2.0),
            effective_count: Some(5_000.0),
        })
    };
    Latency {
        count: 10_000,
        failed,
        mean_ns: Some(p50 * 1.1),
        std_ns: Some(p50 * 0.3),
        min_ns: Some(Nanoseconds::from_nanos_f64(p50 * 0.5)),
        max_ns: Some(Nanoseconds::from_nanos_f64(p99 * 2.0)),
        p50: around(p50),
        p90: around(p50 + 0.5 * (p99 - p50)),
        p95: around(p50 + 0.7 * (p99 - p50)),
        p99: around(p99),
        p99_9: around(p99 * 1.5),
    }
}
