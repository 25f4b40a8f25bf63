//! What deciding costs the timed loop for each request.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tare_scenarios::{Limits, Progress, ScenarioSpec, Schedule, Seed, Step};
use tare_units::Nanoseconds;

const REQUESTS: u64 = 1_000_000;
/// Within the duration, and after a million requests are due.
const NOW: Nanoseconds = Nanoseconds::from_secs(999);

fn requests(text: &str) -> u64 {
    let spec: ScenarioSpec = text.parse().expect("exists");
    let limits = Limits {
        duration: Nanoseconds::from_secs(1_000),
        max_requests: REQUESTS,
        batch: spec.fixed_batch().unwrap_or(1),
    };
    let mut schedule = spec.schedule(limits, Seed::new(0, 0), None).expect("fits");
    let mut progress = Progress::starting_at(Nanoseconds::ZERO);
    while let Step::Issue { scheduled, .. } = schedule.next(NOW, black_box(&progress)) {
        black_box(scheduled);
        progress.issued += 1;
        progress.completed += 1;
    }
    progress.issued
}

fn schedule(c: &mut Criterion) {
    let mut group = c.benchmark_group("next");
    group.throughput(Throughput::Elements(REQUESTS));
    for text in [
        "single-stream",
        "offline",
        "random-batch",
        "server:rate=2000",
        "server:rate=2000,arrivals=constant",
        "server:rate=2000,arrivals=bursty",
        "closed:clients=64",
        "closed:clients=64,think=exp:1ns",
    ] {
        group.bench_function(text, |b| b.iter(|| requests(black_box(text))));
    }
    group.finish();
}

criterion_group!(benches, schedule);
criterion_main!(benches);
