//! The profiled pass under the simulated clock: what is told of which requests, and what is not a profile.

mod common;

use common::{Phases, job};
use tare_adapter_fake::Fake;
use tare_clock::SimulatedClock;
use tare_harness::protocol::{Effort, Given, Job, Purpose};
use tare_harness::{JobError, perform};
use tare_results::{Load, Phase, Profile};
use tare_units::Nanoseconds;

fn profiling(options: &[(&str, &str)]) -> Job {
    let mut job = job(options);
    job.purpose = Purpose::Profile(Effort {
        duration_ns: Nanoseconds::from_secs(1),
        max_requests: 20,
        trace: true,
    });
    job
}

fn profiled(job: &Job) -> Result<(Load, Result<Profile, String>), JobError> {
    let clock = SimulatedClock::new();
    let fake = Fake::new(clock.clone());
    match perform(&fake, job, &clock, &mut Phases::default())?.given {
        Given::Profiled { load, profile, .. } => Ok((load, profile.map(|profile| *profile))),
        other => panic!("{other:?}"),
    }
}

fn profile(options: &[(&str, &str)]) -> Profile {
    let (_, profile) = profiled(&profiling(options)).expect("profiles");
    profile.expect("offered")
}

#[test]
fn a_profile_tells_shares_by_kind_and_by_operator_and_the_latency_under_it() {
    let profile = profile(&[("run", "10ms"), ("profiler", "1.5")]);
    assert_eq!((profile.requests, profile.latency_p50_ns), (20, 15e6));
    let kinds: Vec<_> = profile
        .operators
        .iter()
        .map(|one| (one.kind.as_str(), one.count, one.time_ns, one.share))
        .collect();
    assert_eq!(kinds, [("Add", 2, 7.5e6, 0.5), ("MatMul", 1, 7.5e6, 0.5)]);
    let nodes: Vec<_> = profile
        .nodes
        .iter()
        .map(|one| (one.name.as_str(), one.kind.as_str(), one.share))
        .collect();
    assert_eq!(
        nodes,
        [
            ("product", "MatMul", 0.5),
            ("bias", "Add", 0.25),
            ("residual", "Add", 0.25)
        ]
    );
    assert_eq!(
        profile.perturbation, None,
        "only the parent knows the unprofiled latency"
    );
}

#[test]
fn slow_first_requests_are_in_no_profile() {
    let profile = profile(&[("run", "10ms"), ("warmup", "5x40ms"), ("profiler", "1")]);
    assert_eq!(profile.latency_p50_ns, 10e6);
    assert_eq!(profile.operators[0].time_ns, 5e6);
}

#[test]
fn long_requests_are_profiled_a_few_times_and_no_longer() {
    assert_eq!(profile(&[("run", "400ms"), ("profiler", "1")]).requests, 3);
    assert_eq!(profile(&[("run", "100ms"), ("profiler", "1")]).requests, 10);
}

#[test]
fn an_adapter_without_a_profiler_says_so_and_does_not_fail() {
    let (load, profile) =
        profiled(&profiling(&[("run", "10ms"), ("load", "30ms")])).expect("ends well");
    assert_eq!(
        profile,
        Err("this adapter does not offer a profile by operator".to_owned())
    );
    assert_eq!(load.load_ns, Nanoseconds::from_millis(30));
}

#[test]
fn a_request_that_fails_under_the_profiler_is_a_failure() {
    let with = |at: &str| {
        let fault = [("fault", "error"), ("at", at)];
        profiled(&profiling(
            &[&[("run", "10ms"), ("profiler", "1")], &fault[..]].concat(),
        ))
    };
    let (load, _) = with("1000000").expect("ends well");
    let at = (load.warmup_requests + 5).to_string();
    assert!(matches!(with(&at), Err(JobError::Adapter(_))));
}

#[test]
fn the_parent_is_asked_before_loading_after_loading_and_at_the_end() {
    let clock = SimulatedClock::new();
    let mut phases = Phases::default();
    let job = profiling(&[("run", "10ms"), ("profiler", "1")]);
    perform(&Fake::new(clock.clone()), &job, &clock, &mut phases).expect("profiles");
    assert_eq!(
        phases.0,
        [Phase::Load, Phase::Warmup, Phase::Run, Phase::Finish]
    );
}
