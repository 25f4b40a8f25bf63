//! Requests of several batches in one repeat, under the simulated clock: their costs, their record, and what the warm-up met.

mod common;

use std::num::NonZeroUsize;

use common::{Phases, job, timing};
use tare_adapter_api::Adapter;
use tare_adapter_fake::Fake;
use tare_clock::SimulatedClock;
use tare_harness::protocol::{Job, Measured};
use tare_harness::{JobError, Pool, SampleBuffer, drive, perform};
use tare_results::samples::{self, Sample};
use tare_scenarios::{Progress, Schedule, Step};
use tare_units::Nanoseconds;

const MILLISECOND: u64 = 1_000_000;

/// A job of batches around 2 that costs 1 ms a row, and `options`; its requests have as many as `largest`.
fn random(options: &[(&str, &str)], largest: usize) -> Job {
    let mut job = job(&[&[("per-sample", "1ms")], options].concat());
    job.load.largest_batch = NonZeroUsize::new(largest);
    let timing = timing(&mut job);
    timing.scenario = "random-batch:mean=2".parse().expect("a scenario");
    timing.duration_ns = Nanoseconds::from_secs(2);
    job
}

/// What was measured, and its samples.
fn repeat(mut job: Job) -> Result<(Measured, Vec<Sample>), JobError> {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("samples.npy");
    timing(&mut job).samples = Some(path.clone());
    let clock = SimulatedClock::new();
    let fake = Fake::new(clock.clone());
    let outcome = perform(&fake, &job, &clock, &mut Phases::default())?;
    let measured = outcome.measured().expect("it was to measure").clone();
    Ok((measured, samples::read(&path).expect("reads back")))
}

fn latencies_ms(samples: &[Sample]) -> Vec<u64> {
    samples
        .iter()
        .map(|sample| sample.latency / MILLISECOND)
        .collect()
}

#[test]
fn each_request_has_as_many_rows_as_its_samples_and_the_record_says_which_there_were() {
    let (measured, samples) = repeat(random(&[], 64)).expect("measures");
    let rows = latencies_ms(&samples);
    let batches = measured.batches.expect("several");
    assert_eq!(Some(&batches.smallest), rows.iter().min());
    assert_eq!(Some(&batches.largest), rows.iter().max());
    assert!(batches.smallest < batches.largest, "{batches:?}");
    let sum: u64 = rows.iter().sum();
    assert_eq!(measured.samples_done, sum);
    assert_eq!(batches.mean, sum as f64 / rows.len() as f64);
    let per_s = measured.throughput.samples_per_s.expect("time passed");
    assert!((per_s - 1_000.0).abs() < 1e-6, "1 ms each: {per_s}");
    assert_eq!(batches.first_met, 0);
}

#[test]
fn what_a_framework_does_for_a_new_batch_is_over_before_requests_are_timed() {
    let mut job = random(&[("first-of-batch", "500us")], 64);
    job.warmup.max_ns = Nanoseconds::from_secs(10);
    let (measured, samples) = repeat(job).expect("measures");
    let is_whole = |sample: &Sample| sample.latency.is_multiple_of(MILLISECOND);
    assert!(samples.iter().all(is_whole));
    let batches = measured.batches.expect("several");
    assert_eq!(batches.first_met, 0, "{batches:?}");
    assert!(measured.load.steady);
    assert_eq!(
        measured.load.first_inference_ns,
        Some(Nanoseconds::from_micros(2_500)),
        "of the cell's own batch"
    );
}

#[test]
fn batches_that_a_short_warm_up_has_not_met_are_counted() {
    let mut job = random(&[("first-of-batch", "500us")], 64);
    job.warmup.max_ns = Nanoseconds::from_millis(5);
    let (measured, samples) = repeat(job).expect("measures");
    let is_new = |sample: &&Sample| !sample.latency.is_multiple_of(MILLISECOND);
    let new = samples.iter().filter(is_new).count() as u64;
    assert!(new > 0, "two of each take longer");
    assert_eq!(measured.batches.expect("several").first_met, new);
}

#[test]
fn a_request_beyond_the_largest_batch_fails_the_repeat() {
    let error = repeat(random(&[], 2)).expect_err("three samples will come");
    let told = error.to_string();
    assert!(
        told.ends_with("samples was due, for which there are no inputs"),
        "{told}"
    );
}

/// One request of two samples, then one of three.
struct Growing;

impl Schedule for Growing {
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        Step::Issue {
            scheduled: now,
            samples: 2 + progress.issued,
        }
    }
}

#[test]
fn a_request_without_inputs_is_not_issued_and_ends_the_loop() {
    let job = random(&[], 2);
    let clock = SimulatedClock::new();
    let loaded = Fake::new(clock.clone()).load(&job.load).expect("loads");
    let mut session = loaded.session().expect("a session");
    let pool = Pool::filled_up_to(&job.inputs, 2).expect("fits");
    let mut buffer = SampleBuffer::with_capacity(8);
    let driven = drive(
        session.as_mut(),
        &pool,
        &mut Growing,
        &clock,
        None,
        &mut buffer,
    );
    assert_eq!(latencies_ms(buffer.samples()), [2]);
    assert_eq!((driven.samples_done, driven.unfed), (2, Some(3)));
    assert!(driven.fed().is_err());
}

#[test]
fn a_framework_of_one_batch_refuses_before_anything_is_timed() {
    let error = repeat(random(&[("batches", "one")], 64)).expect_err("refused");
    assert!(matches!(error, JobError::Adapter(_)), "{error}");
}

#[test]
fn a_request_of_one_batch_tells_of_none() {
    let (measured, _) = repeat(job(&[("run", "1ms")])).expect("measures");
    assert_eq!(measured.batches, None);
}

/// A job of two samples a request, up to four of which are executed together, for a warm-up of so many requests at the least.
fn together(warmup: u64) -> Measured {
    let mut job = job(&[("run", "2ms")]);
    job.load.largest_batch = NonZeroUsize::new(8);
    job.warmup.min_requests = warmup;
    if warmup == 1 {
        job.warmup.max_ns = Nanoseconds::ZERO;
    }
    let timing = timing(&mut job);
    timing.scenario = "server:rate=2000,arrivals=constant,max_batch=4"
        .parse()
        .expect("a scenario");
    timing.duration_ns = Nanoseconds::from_millis(200);
    timing.drain_ns = Nanoseconds::from_secs(10);
    let clock = tare_clock::MonotonicClock;
    let outcome = perform(&Fake::new(clock), &job, &clock, &mut Phases::default());
    let outcome = outcome.expect("measures");
    outcome.measured().expect("it was to measure").clone()
}

#[test]
fn requests_that_are_executed_together_are_counted_by_their_samples_and_new_ones_are_told() {
    let batches = together(3).batches.expect("several");
    assert!(batches.smallest >= 2 && batches.largest <= 8, "{batches:?}");
    assert!(batches.mean > 2.0, "2,000 requests a second: {batches:?}");
    assert_eq!(batches.first_met, 0, "each of 2, 4, 6 and 8 was met");
    let batches = together(1).batches.expect("several");
    assert!(
        batches.first_met > 0,
        "one request alone is a warm-up: {batches:?}"
    );
}
