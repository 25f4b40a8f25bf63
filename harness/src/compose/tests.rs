//! Records of workers of every kind: what is told of each, and what is missing with which reason.

#[path = "../../../results/tests/common/mod.rs"]
pub(crate) mod built;

mod devices;

use tare_results::{
    Checking, Doubt, Fidelity, Finding, Load, OperatorShare, Outcome as Found, Profile, Throughput,
    WrongOutputs,
};

use super::*;
use crate::check::Check;
use crate::inspect::Inspection;
use crate::plan::tests::work;
use crate::protocol::Measured;

fn load() -> Load {
    Load {
        load_ns: Nanoseconds::from_millis(5),
        first_inference_ns: None,
        warmup_requests: 4,
        steady: true,
    }
}

/// Timed requests with a median of 2 ms and this check.
pub(crate) fn measured(check: Check) -> Measured {
    Measured {
        load: load(),
        latency: Some(built::latency(2e6)),
        batches: None,
        samples_done: 280,
        effective_latency: None,
        throughput: Throughput::default(),
        schedule: built::record("run", built::cell(1), 0).schedule,
        serving: None,
        cut: None,
        left_waiting: None,
        drift: None,
        decision: None,
        delayed_share: None,
        clock_ns: 20.0,
        run_delay_ns: Ok(800.0),
        failed_requests: 0,
        first_error: None,
        check,
        samples: None,
        missing: Default::default(),
    }
}

fn given(given: Given) -> Attempt {
    Attempt {
        outcome: Ok(Some(Box::new(Outcome {
            runtime: Default::default(),
            given,
        }))),
        ..Attempt::not_tried_again("")
    }
}

fn record(kind: Kind, attempt: Attempt, beside: Beside, harness: &Harness) -> Record {
    let run = built::run("20261121-104656-3f9a", vec![built::cell(1)]);
    let about = About {
        run: &run,
        work: &work(run.cells[0].clone(), Ok(0)),
        kind,
        repeat: 0,
        harness,
        created: "2026-11-21T10:47:00Z".to_owned(),
    };
    compose(about, attempt, beside)
}

pub(crate) fn measurement(beside: Beside) -> Record {
    let attempt = given(Given::Measured(Box::new(measured(Check::default()))));
    record(Kind::Measurement, attempt, beside, &Harness::default())
}

fn profile() -> Profile {
    Profile {
        perturbation: None,
        requests: 20,
        latency_p50_ns: 3e6,
        operators: vec![OperatorShare {
            kind: "MatMul".to_owned(),
            count: 1,
            time_ns: 3e6,
            share: 1.0,
            flops: None,
            bytes: None,
        }],
        nodes: Vec::new(),
        families: Vec::new(),
        device: None,
    }
}

fn profiling(profile: Result<Profile, String>, unprofiled: Option<f64>) -> Record {
    let attempt = given(Given::Profiled {
        load: load(),
        profile: profile.map(Box::new),
        missing: Missing::new(),
    });
    let unprofiled =
        unprofiled.ok_or_else(|| "no repeat of the cell has a median latency".to_owned());
    let beside = Beside::Unprofiled(unprofiled);
    record(Kind::Profile, attempt, beside, &Harness::default())
}

#[test]
fn outputs_that_agree_leave_the_record_valid_and_wrong_ones_do_not() {
    let fidelity: Fidelity = built::fidelity();
    let compared = |reasons| Beside::Compared(Ok(Compared::Values(built::fidelity(), reasons)));
    let right = measurement(compared(Vec::new()));
    assert_eq!(
        (right.verdict, right.fidelity),
        (Verdict::Valid, Some(fidelity.clone()))
    );
    let wrong = measurement(compared(vec!["output 'y' is wrong".to_owned()]));
    assert_eq!(
        (wrong.verdict, wrong.fidelity),
        (Verdict::Invalid, Some(fidelity))
    );
    assert_eq!(wrong.reasons, ["output 'y' is wrong"]);
    assert!(wrong.failure.is_none() && wrong.latency.is_some());
}

#[test]
fn outputs_that_do_not_match_are_invalid_and_those_not_compared_are_missing() {
    let misfit = Compared::Misfit("1 outputs came out".to_owned());
    let misfit = measurement(Beside::Compared(Ok(misfit)));
    assert_eq!(
        (misfit.verdict, &misfit.fidelity),
        (Verdict::Invalid, &None)
    );
    assert_eq!(misfit.reasons, ["1 outputs came out"]);
    assert_eq!(misfit.missing["fidelity"], "1 outputs came out");
    let why = "1 outputs came out".to_owned();
    assert_eq!(misfit.wrong_outputs, [WrongOutputs::Misfit { why }]);
    let alone = measurement(Beside::Compared(Err("only rten is ready here".to_owned())));
    assert_eq!((alone.verdict, &alone.fidelity), (Verdict::Valid, &None));
    assert_eq!(alone.missing["fidelity"], "only rten is ready here");
}

fn finding(check: &str) -> Finding {
    Finding {
        check: check.to_owned(),
        about: tare_results::About::Window,
        outcome: Found::Problem {
            found: "7%".to_owned(),
            excess: Some(7.0),
            why: "it blurs".to_owned(),
            remedy: "ask for another machine".to_owned(),
        },
    }
}

#[test]
fn a_disturbed_machine_is_a_doubt_and_under_strict_invalid() {
    let surrounded = |checks| {
        let mut run = built::run("run", Vec::new());
        (run.checks, run.findings) = (checks, vec![finding("governor"), finding("swap")]);
        run.strict = vec!["governor".to_owned(), "steal".to_owned()];
        let mut record = measurement(Beside::Nothing);
        record.doubts.clear();
        surround(&mut record, &run, &[finding("steal")]);
        record
    };
    let warned = surrounded(Checking::Warn);
    assert_eq!((warned.doubts.len(), warned.verdict), (3, Verdict::Valid));
    let strict = surrounded(Checking::Strict);
    assert_eq!((strict.doubts.len(), strict.verdict), (3, Verdict::Invalid));
    assert_eq!(
        strict.reasons,
        [
            "governor: 7%; ask for another machine",
            "steal: 7%; ask for another machine"
        ]
    );
    let off = surrounded(Checking::Off);
    assert_eq!(off.doubts, [Doubt::UncheckedEnvironment]);
}

#[test]
fn a_worker_that_nobody_watched_says_so_beside_what_stood_before() {
    let doubts = |probes| {
        let mut run = built::run("run", Vec::new());
        (run.probes, run.findings) = (probes, vec![finding("governor")]);
        let mut record = measurement(Beside::Nothing);
        record.doubts.clear();
        surround(&mut record, &run, &[]);
        record.doubts
    };
    assert!(!doubts(true).contains(&Doubt::UncheckedEnvironment));
    let unwatched = doubts(false);
    assert_eq!(unwatched.len(), 2, "{unwatched:?}");
    assert!(unwatched.contains(&Doubt::UncheckedEnvironment));
}

#[test]
fn a_gpu_that_was_used_before_the_run_is_no_doubt_of_a_worker_that_found_it_free() {
    let mut run = built::run("run", Vec::new());
    run.findings = vec![finding("gpu-processes"), finding("gpu-throttling")];
    let doubts = |during: &[Finding]| {
        let mut record = measurement(Beside::Nothing);
        record.doubts.clear();
        surround(&mut record, &run, during);
        record.doubts.len()
    };
    assert_eq!(doubts(&[]), 0);
    assert_eq!(doubts(&[finding("gpu-processes")]), 1);
}

#[test]
fn a_profile_is_told_with_how_much_it_slowed_down() {
    let told = profiling(Ok(profile()), Some(2e6));
    assert_eq!(told.profile.and_then(|told| told.perturbation), Some(1.5));
    assert_eq!((told.latency, told.verdict), (None, Verdict::Valid));
    let unknown = profiling(Ok(profile()), None);
    assert_eq!(unknown.profile.and_then(|told| told.perturbation), None);
    assert!(unknown.missing["profile.perturbation"].contains("no repeat"));
}

#[test]
fn an_adapter_without_a_profiler_is_no_failure() {
    let reason = "this adapter does not offer a profile by operator";
    let told = profiling(Err(reason.to_owned()), Some(2e6));
    assert_eq!((&told.profile, &told.failure), (&None, &None));
    assert_eq!(
        (told.missing["profile"].as_str(), told.verdict),
        (reason, Verdict::Valid)
    );
    assert!(!told.missing.contains_key("profile.perturbation"));
}

#[test]
fn a_worker_that_failed_says_so_of_what_it_was_for() {
    let failed = |kind| {
        let attempt = Attempt::not_tried_again("it hung");
        record(kind, attempt, Beside::Nothing, &Harness::default())
    };
    let measurement = failed(Kind::Measurement);
    assert_eq!(measurement.missing["fidelity"], "the worker failed");
    assert_eq!(measurement.missing["latency"], "the worker failed");
    let profile = failed(Kind::Profile);
    assert_eq!(
        profile.missing["profile"],
        "not tried again: of an earlier worker, it hung"
    );
    assert!(!profile.missing.contains_key("latency"));
    assert!(profile.failure.is_some());
}

#[test]
fn a_reference_says_what_its_outputs_hold() {
    let inspection = Inspection {
        not_numbers: vec!["y".to_owned()],
        ..Inspection::default()
    };
    let attempt = given(Given::Referred(inspection));
    let told = record(
        Kind::Reference,
        attempt,
        Beside::Nothing,
        &Harness::default(),
    );
    assert_eq!((told.verdict, &told.load), (Verdict::Invalid, &None));
    assert!(told.reasons[0].contains("output y holds values that are not numbers"));
    let outputs = vec!["y".to_owned()];
    assert_eq!(told.wrong_outputs, [WrongOutputs::NotNumbers { outputs }]);
}

#[test]
fn infinite_or_unseen_outputs_are_doubted() {
    let inspection = Inspection {
        infinite: vec!["y".to_owned()],
        failed: Some("no outputs".to_owned()),
        ..Inspection::default()
    };
    let check = Check {
        inspection,
        written: None,
    };
    let attempt = given(Given::Measured(Box::new(measured(check))));
    let told = record(
        Kind::Measurement,
        attempt,
        Beside::Nothing,
        &Harness::default(),
    );
    let infinite = Doubt::InfiniteOutputs {
        outputs: vec!["y".to_owned()],
    };
    assert_eq!(told.doubts[0], infinite);
    assert!(matches!(&told.doubts[1], Doubt::OutputsNotSeen { reason } if reason == "no outputs"));
    assert_eq!(told.verdict, Verdict::Valid);
}

#[test]
fn why_the_run_delay_is_not_read_stands_where_it_is_missing() {
    let told = |cost: Option<HarnessCost>| {
        let harness = Harness {
            cost,
            no_run_delay: Some("the pilot gave no time".to_owned()),
        };
        let attempt = given(Given::Measured(Box::new(measured(Check::default()))));
        record(Kind::Measurement, attempt, Beside::Nothing, &harness)
    };
    let known = told(Some(HarnessCost {
        p50_ns: 40.0,
        p99_ns: None,
        clock_ns: 20.0,
        run_delay_ns: None,
    }));
    assert_eq!(known.missing[NO_RUN_DELAY], "the pilot gave no time");
    assert_eq!(known.missing["effective_latency"], "the pilot gave no time");
    let unknown = told(None);
    assert_eq!(unknown.missing["harness"], "the pilot gave no time");
    assert!(!unknown.missing.contains_key(NO_RUN_DELAY));
}

#[test]
fn a_library_that_walks_the_model_dispatches_nothing_that_could_be_counted() {
    let mut attempt = given(Given::Measured(Box::new(measured(Check::default()))));
    let told = |attempt| {
        record(
            Kind::Measurement,
            attempt,
            Beside::Nothing,
            &Harness::default(),
        )
    };
    let walks = measurement(Beside::Nothing);
    assert_eq!(
        walks.runtime.map(|runtime| runtime.dispatched_calls),
        Some(None)
    );
    assert!(walks.missing["runtime.dispatched_calls"].contains("walks the model"));
    if let Ok(Some(outcome)) = &mut attempt.outcome {
        outcome.runtime.dispatched_calls = Some(97);
    }
    let counted = told(attempt);
    assert_eq!(
        counted.runtime.map(|runtime| runtime.dispatched_calls),
        Some(Some(97))
    );
    assert!(!counted.missing.contains_key("runtime.dispatched_calls"));
}

#[test]
fn samples_are_those_that_were_done_where_any_were_kept() {
    let mut measured = measured(Check::default());
    let samples =
        |measured: &Measured| given(Given::Measured(Box::new(measured.clone()))).samples();
    assert_eq!(samples(&measured), None);
    measured.samples = Some(tare_results::SampleFile {
        path: "samples.npy".to_owned(),
        count: 100,
        delays: None,
    });
    assert_eq!(samples(&measured), Some(280));
}
