//! What the harness itself costs around an adapter that does nothing.

#[path = "../tests/common/mod.rs"]
mod common;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tare_adapter_api::Adapter;
use tare_adapter_null::Null;
use tare_clock::{MonotonicClock, reading_cost_ns};
use tare_harness::protocol::{Job, Purpose};
use tare_harness::{Pool, SampleBuffer, drive, latency_of, wall};
use tare_results::{Missing, samples};
use tare_scenarios::{CellSchedule, Limits, Seed};
use tare_units::Nanoseconds;

const MILLION: u64 = 1_000_000;

fn job() -> Job {
    let mut job = common::job(&[]);
    job.adapter = "null".into();
    job
}

fn schedule(job: &Job, requests: u64) -> CellSchedule {
    let Purpose::Measure(timing) = &job.purpose else {
        panic!("the job times requests")
    };
    let limits = Limits {
        duration: Nanoseconds::from_secs(3600),
        max_requests: requests,
        batch: 1,
    };
    timing
        .scenario
        .schedule(limits, Seed::new(0, 0), None)
        .expect("single-stream keeps these limits")
}

fn pool(job: &Job) -> Pool {
    Pool::filled(&job.inputs)
}

/// A million closed-loop requests into a fresh buffer.
fn million(job: &Job, pool: &Pool, buffer: &mut SampleBuffer) {
    let loaded = Null.load(&job.load).expect("null loads anything");
    let mut session = loaded.session().expect("null gives sessions");
    let mut schedule = schedule(job, MILLION);
    session.enter(&mut |session| {
        drive(session, pool, &mut schedule, &MonotonicClock, None, buffer);
    });
}

fn closed_loop(criterion: &mut Criterion) {
    let job = job();
    let pool = pool(&job);
    let mut group = criterion.benchmark_group("closed loop around null");
    group
        .throughput(Throughput::Elements(MILLION))
        .sample_size(10);
    group.bench_function("1 M requests", |bencher| {
        let fresh = || SampleBuffer::with_capacity(MILLION as usize);
        let run = |buffer: &mut SampleBuffer| million(&job, &pool, buffer);
        bencher.iter_batched_ref(fresh, run, criterion::BatchSize::PerIteration);
    });
    group.finish();
}

fn set_up_and_finish(criterion: &mut Criterion) {
    let job = job();
    let mut filled = SampleBuffer::with_capacity(MILLION as usize);
    million(&job, &pool(&job), &mut filled);
    report_recorded_cost(&filled);
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("samples.npy");
    let mut group = criterion.benchmark_group("set up and finish");
    group
        .throughput(Throughput::Elements(MILLION))
        .sample_size(10);
    group.bench_function("1 M requests", |bencher| {
        bencher.iter(|| {
            let buffer = SampleBuffer::with_capacity(MILLION as usize);
            let latency = latency_of(wall(filled.samples()), "latency", &mut Missing::new());
            samples::write(&path, filled.samples()).expect("writes");
            (buffer, latency)
        });
    });
    group.finish();
}

/// The recorded latency of doing nothing, beside the cost of reading the clock in the same process.
fn report_recorded_cost(filled: &SampleBuffer) {
    let clock_ns = reading_cost_ns(&MonotonicClock);
    let latency = latency_of(wall(filled.samples()), "latency", &mut Missing::new());
    let p50 = latency.p50.map_or(f64::NAN, |p50| p50.value_ns);
    let p99 = latency.p99.map_or(f64::NAN, |p99| p99.value_ns);
    println!("recorded cost of a request: p50 {p50:.0} ns, p99 {p99:.0} ns");
    println!(
        "one reading of the clock: {clock_ns:.1} ns; p50 is {:.2} readings",
        p50 / clock_ns
    );
    assert!(
        p50 <= 3.0 * clock_ns,
        "recording costs more than three readings of the clock"
    );
    assert!(p99 <= 300.0, "recording costs more than 300 ns at p99");
    println!("memory of a request: {} bytes", filled.byte_len() / MILLION);
}

criterion_group!(benches, closed_loop, set_up_and_finish);
criterion_main!(benches);
