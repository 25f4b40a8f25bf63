//! One repeat under the simulated clock: every figure is known beforehand.

mod common;

use common::{Phases, job, timing};
use tare_adapter_fake::Fake;
use tare_clock::{MonotonicClock, SimulatedClock};
use tare_harness::protocol::{Job, Measured, RunDelayOf};
use tare_harness::{JobError, perform};
use tare_results::{DelaysOf, Phase, samples};
use tare_units::Nanoseconds;

fn repeat(job: &Job) -> Result<Measured, JobError> {
    let clock = SimulatedClock::new();
    let outcome = perform(
        &Fake::new(clock.clone()),
        job,
        &clock,
        &mut Phases::default(),
    )?;
    Ok(outcome.measured().expect("it was to measure").clone())
}

fn ms(millis: u64) -> Nanoseconds {
    Nanoseconds::from_millis(millis)
}

#[test]
fn load_first_inference_and_latency_are_what_the_framework_costs() {
    let job = job(&[("load", "30ms"), ("run", "10ms"), ("warmup", "1x5ms")]);
    let outcome = repeat(&job).expect("measures");
    assert_eq!(outcome.load.load_ns, ms(30));
    assert_eq!(outcome.load.first_inference_ns, Some(ms(15)));
    assert!(outcome.load.steady);
    let latency = outcome.latency.expect("single-stream times requests");
    assert_eq!(latency.count, 100, "one second of requests of 10 ms");
    assert_eq!(latency.p50.expect("100 samples decide it").value_ns, 10e6);
    assert_eq!(
        (latency.min_ns, latency.max_ns),
        (Some(ms(10)), Some(ms(10)))
    );
    assert_eq!(
        outcome.throughput.samples_per_s,
        Some(200.0),
        "two samples a request"
    );
    assert_eq!(
        outcome.schedule.expect("has skew").skew_max_ns,
        Nanoseconds::ZERO
    );
}

#[test]
fn a_percentile_that_too_few_samples_decide_is_null_with_its_reason() {
    let outcome = repeat(&job(&[("run", "10ms")])).expect("measures");
    assert_eq!(outcome.latency.expect("has latency").p99, None);
    assert_eq!(outcome.missing["latency.p99"], "100 of 368 samples");
}

#[test]
fn whoever_is_asked_how_long_all_threads_wait_reads_it_however_short_a_request_is_and_says_what_that_costs()
 {
    let mut job = job(&[("run", "20us")]);
    timing(&mut job).run_delay = RunDelayOf::All;
    timing(&mut job).max_requests = 20;
    let dir = tempfile::tempdir().expect("temporary folder");
    timing(&mut job).samples = Some(dir.path().join("samples.npy"));
    let adapter = Fake::new(MonotonicClock);
    let outcome = perform(&adapter, &job, &MonotonicClock, &mut Phases::default());
    let outcome = outcome.expect("measures");
    let measured = outcome.measured().expect("it was to measure");
    let reading = measured.run_delay_ns.clone().expect("a reading");
    assert!(reading > 100.0, "{reading}: two are over 1% of 20 µs");
    let why = &measured.missing["effective_latency"];
    assert!(why.contains("of all threads"), "{why}");
    let kept = measured.samples.as_ref().expect("samples");
    assert_eq!(kept.delays, Some(DelaysOf::All));
}

#[test]
fn samples_say_whose_waiting_they_hold_where_it_was_read() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (of, scenario, expected) in [
        (
            RunDelayOf::Executing,
            "single-stream",
            Some(DelaysOf::Executing),
        ),
        (RunDelayOf::Nobody, "single-stream", None),
        (RunDelayOf::Executing, "offline", None),
    ] {
        let mut job = job(&[("run", "10ms")]);
        let timing = timing(&mut job);
        timing.run_delay = of;
        timing.scenario = scenario.parse().expect("a scenario");
        timing.samples = Some(dir.path().join("samples.npy"));
        let measured = repeat(&job).expect("measures");
        let kept = measured.samples.expect("samples");
        assert_eq!(kept.delays, expected, "{of:?} {scenario}");
    }
}

#[test]
fn slow_first_requests_are_warm_up_and_not_latency() {
    let outcome = repeat(&job(&[("run", "10ms"), ("warmup", "4x40ms")])).expect("measures");
    assert!(outcome.load.steady);
    assert!(outcome.load.warmup_requests > 4);
    assert_eq!(
        outcome.latency.and_then(|latency| latency.max_ns),
        Some(ms(10))
    );
}

#[test]
fn a_warm_up_that_never_ends_is_bounded_and_says_so() {
    let mut job = job(&[("run", "1ms"), ("warmup", "100000x1ms"), ("jitter", "30ms")]);
    job.warmup.max_ns = ms(200);
    let outcome = repeat(&job).expect("measures");
    assert!(!outcome.load.steady);
    assert!(
        outcome.load.warmup_requests < 200,
        "{}",
        outcome.load.warmup_requests
    );
}

#[test]
fn the_most_requests_end_a_repeat_before_its_duration() {
    let mut job = job(&[("run", "1ms")]);
    timing(&mut job).max_requests = 7;
    let latency = repeat(&job)
        .expect("measures")
        .latency
        .expect("has latency");
    assert_eq!(latency.count, 7);
}

#[test]
fn a_model_that_fails_before_timing_gives_no_figure() {
    let error = repeat(&job(&[("fault", "error"), ("at", "load")])).expect_err("fails");
    assert!(matches!(error, JobError::Adapter(_)), "{error}");
    assert!(repeat(&job(&[("fault", "error"), ("at", "1")])).is_err());
}

#[test]
fn a_request_that_fails_while_timed_is_counted_as_infinitely_slow() {
    let outcome =
        repeat(&job(&[("run", "10ms"), ("fault", "error"), ("at", "60")])).expect("measures");
    assert_eq!(outcome.failed_requests, 1);
    assert!(outcome.first_error.is_some());
    let latency = outcome.latency.expect("has latency");
    assert_eq!(latency.failed, 1);
    assert_eq!(outcome.samples_done, 2 * (latency.count - 1), "two each");
    assert_eq!(
        latency.max_ns,
        Some(ms(10)),
        "moments leave failed requests out"
    );
}

#[test]
fn outputs_that_are_not_numbers_are_named() {
    let outcome = repeat(&job(&[("run", "1ms"), ("output", "nan")])).expect("measures");
    assert_eq!(outcome.check.inspection.not_numbers, ["y"]);
    assert!(
        repeat(&job(&[("run", "1ms")]))
            .expect("measures")
            .check
            .inspection
            .not_numbers
            .is_empty()
    );
}

#[test]
fn offline_gives_throughput_and_no_latency() {
    let mut job = job(&[("run", "10ms")]);
    timing(&mut job).scenario = "offline:samples=31".parse().expect("a scenario");
    let outcome = repeat(&job).expect("measures");
    assert_eq!(outcome.latency, None);
    assert!(outcome.missing["latency"].contains("throughput only"));
    assert_eq!(outcome.throughput.samples_per_s, Some(200.0));
}

#[test]
fn every_sample_is_kept_and_counts_from_the_beginning_of_the_timing() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("samples.npy");
    let mut job = job(&[("run", "10ms")]);
    timing(&mut job).samples = Some(path.clone());
    let outcome = repeat(&job).expect("measures");
    assert_eq!(outcome.samples.map(|file| file.count), Some(100));
    let samples = samples::read(&path).expect("reads back");
    assert_eq!(samples.len(), 100);
    assert_eq!((samples[0].issued, samples[3].issued), (0, 30_000_000));
    assert!(
        samples
            .iter()
            .all(|sample| sample.latency == 10_000_000 && sample.delay == 0)
    );
}

#[test]
fn the_parent_is_asked_before_loading_after_loading_and_at_the_end() {
    let clock = SimulatedClock::new();
    let mut phases = Phases::default();
    perform(
        &Fake::new(clock.clone()),
        &job(&[("run", "1ms")]),
        &clock,
        &mut phases,
    )
    .expect("measures");
    assert_eq!(
        phases.0,
        [Phase::Load, Phase::Warmup, Phase::Run, Phase::Finish]
    );
}
