//! Outputs beside the reference's, by two jobs in this process: equal ones pass, planted wrong ones are told.

mod common;

use std::path::{Path, PathBuf};

use common::{Phases, job};
use tare_adapter_api::{DataType, OutputSpec};
use tare_adapter_fake::Fake;
use tare_clock::SimulatedClock;
use tare_harness::fidelity::{Compared, compare_files};
use tare_harness::protocol::{Given, Job, Outcome, Purpose};
use tare_harness::{JobError, Reporter, perform};
use tare_results::{Fidelity, Phase};
use tare_units::Bytes;

const REFERENCE: &str = "fake 0";

fn does(job: &Job) -> Result<Outcome, JobError> {
    let clock = SimulatedClock::new();
    let fake = Fake::new(clock.clone());
    perform(&fake, job, &clock, &mut Phases::default())
}

fn with_outputs(options: &[(&str, &str)], specs: &[OutputSpec], path: PathBuf) -> Job {
    let mut job = job(&[&[("run", "10ms")], options].concat());
    job.load.outputs = specs.to_vec();
    job.outputs = Some(path);
    job
}

fn specs(dtypes: &[DataType]) -> Vec<OutputSpec> {
    let named = dtypes.iter().zip(["y", "z", "w", "v"]);
    named
        .map(|(dtype, name)| OutputSpec {
            name: name.to_owned(),
            dtype: *dtype,
        })
        .collect()
}

/// The outputs of a measured job with `options` beside those of a reference of its own.
fn compared(options: &[(&str, &str)], specs: &[OutputSpec]) -> Compared {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let mut reference = with_outputs(&[], specs, path("reference"));
    reference.purpose = Purpose::Reference;
    does(&reference).expect("refers");
    does(&with_outputs(options, specs, path("candidate"))).expect("measures");
    compare_files(
        &path("candidate"),
        &path("reference"),
        REFERENCE,
        specs,
        "fp32",
    )
    .expect("two files")
}

fn values(compared: Compared) -> (Fidelity, Vec<String>) {
    match compared {
        Compared::Values(fidelity, reasons) => (fidelity, reasons),
        Compared::Misfit(reason) => panic!("{reason}"),
    }
}

#[test]
fn the_same_outputs_are_valid_to_the_last_bit() {
    let specs = specs(&[DataType::F32, DataType::I64, DataType::Bool]);
    let (fidelity, reasons) = values(compared(&[], &specs));
    assert_eq!(reasons, [""; 0]);
    assert_eq!(fidelity.reference, REFERENCE);
    assert_eq!((fidelity.max_abs, fidelity.max_relative), (0.0, 0.0));
    let names: Vec<(&str, u64, u64)> = fidelity
        .outputs
        .iter()
        .map(|output| (output.name.as_str(), output.count, output.beyond))
        .collect();
    assert_eq!(names, [("y", 2, 0), ("z", 2, 0), ("w", 2, 0)]);
}

#[test]
fn a_planted_wrong_result_is_told_with_its_output_its_values_and_the_tolerance() {
    let specs = specs(&[DataType::I64, DataType::F32]);
    let (fidelity, reasons) = values(compared(&[("output", "off-by:0.01")], &specs));
    assert!((fidelity.max_abs - 0.01).abs() < 1e-6, "{fidelity:?}");
    assert!(
        fidelity.max_relative > 0.01,
        "values are below 1: {fidelity:?}"
    );
    assert_eq!(fidelity.outputs[0].beyond, 0);
    assert_eq!(fidelity.outputs[1].beyond, 2);
    let [reason] = reasons.as_slice() else {
        panic!("one output is wrong: {reasons:?}")
    };
    assert!(
        reason.starts_with("output 'z' is wrong: 2 of 2 values, the worst 0."),
        "{reason}"
    );
    for part in [
        "where fake 0 gives 0.",
        "1e-4 of the output's scale",
        "are tolerated",
    ] {
        assert!(reason.contains(part), "no '{part}' in '{reason}'");
    }
}

#[test]
fn a_difference_within_the_tolerance_is_told_and_valid() {
    let (fidelity, reasons) = values(compared(
        &[("output", "off-by:0.00001")],
        &specs(&[DataType::F64]),
    ));
    assert_eq!(reasons, [""; 0]);
    assert!((fidelity.max_abs - 1e-5).abs() < 1e-9, "{fidelity:?}");
}

#[test]
fn the_tolerance_is_the_coarser_of_precision_and_type() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outputs");
    let specs = specs(&[DataType::F32]);
    does(&with_outputs(&[], &specs, path.clone())).expect("measures");
    let rtol = |precision: &str| {
        let compared = compare_files(&path, &path, REFERENCE, &specs, precision);
        values(compared.expect("two files")).0.rtol
    };
    let rising = ["fp32", "tf32", "bf16", "int8"].map(rtol);
    assert!(
        rising.windows(2).all(|pair| pair[0] < pair[1]),
        "{rising:?}"
    );
    assert_eq!(rtol("f8e4m3fn"), rtol("fp32"), "an unknown one is strict");
}

#[test]
fn a_few_wrong_outputs_are_named_and_the_rest_counted() {
    let specs = specs(&[DataType::F32, DataType::F64, DataType::F32, DataType::F32]);
    let five = [
        &specs[..],
        &[OutputSpec {
            name: "u".into(),
            dtype: DataType::F32,
        }],
    ]
    .concat();
    let told = |specs: &[OutputSpec]| values(compared(&[("output", "off-by:1")], specs)).1;
    assert_eq!(
        told(&specs).last().map(String::as_str),
        Some("1 more output is wrong")
    );
    assert_eq!(
        told(&five).last().map(String::as_str),
        Some("2 more outputs are wrong")
    );
    assert_eq!(told(&five).len(), 4);
}

#[test]
fn another_number_of_outputs_another_type_or_shape_is_no_match() {
    let misfit = |compared: Compared| match compared {
        Compared::Misfit(reason) => reason,
        Compared::Values(..) => panic!("they match"),
    };
    let two = specs(&[DataType::F32, DataType::F32]);
    assert_eq!(
        misfit(compared(&[("output", "none")], &two)),
        "1 outputs came out, fake 0 gives 2"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, dtype| {
        does(&with_outputs(&[], &specs(&[dtype]), path(name))).expect("measures");
    };
    write("f32", DataType::F32);
    write("f64", DataType::F64);
    let found = compare_files(
        &path("f64"),
        &path("f32"),
        REFERENCE,
        &specs(&[DataType::F32]),
        "fp32",
    );
    assert_eq!(
        misfit(found.expect("two files")),
        "output 'y': f64 instead of f32, which fake 0 gives"
    );
}

#[test]
fn without_files_or_outputs_nothing_is_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outputs");
    let compare = |path: &Path| compare_files(path, path, REFERENCE, &[], "fp32").expect_err("no");
    assert!(
        compare(&path).contains("outputs: No such file"),
        "{}",
        compare(&path)
    );
    does(&with_outputs(&[], &[], path.clone())).expect("measures");
    assert_eq!(compare(&path), "there are no outputs to compare");
}

#[test]
fn a_nan_for_a_number_is_the_worst_of_all() {
    let (fidelity, reasons) = values(compared(&[("output", "nan")], &specs(&[DataType::F32])));
    assert_eq!((fidelity.max_abs, fidelity.outputs[0].beyond), (0.0, 2));
    assert!(
        reasons[0].contains("the worst NaN (number 0)"),
        "{reasons:?}"
    );
}

/// Writes down whether the outputs were there when the worker told of each phase.
struct Looking(PathBuf, Vec<(Phase, bool)>);

impl Reporter for Looking {
    fn phase(&mut self, phase: Phase, _own: Bytes) -> Result<(), JobError> {
        self.1.push((phase, self.0.exists()));
        Ok(())
    }
}

#[test]
fn outputs_are_written_when_time_and_memory_have_been_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outputs");
    let clock = SimulatedClock::new();
    let fake = Fake::new(clock.clone());
    let job = with_outputs(&[], &specs(&[DataType::F32]), path.clone());
    let mut looking = Looking(path.clone(), Vec::new());
    perform(&fake, &job, &clock, &mut looking).expect("measures");
    assert_eq!(looking.1.last(), Some(&(Phase::Finish, false)));
    assert!(path.exists());
}

#[test]
fn a_reference_is_not_timed_and_tells_what_its_outputs_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut job = with_outputs(
        &[("output", "nan"), ("warmup", "100x1s")],
        &specs(&[DataType::F32]),
        folder.path().join("outputs"),
    );
    job.purpose = Purpose::Reference;
    let clock = SimulatedClock::new();
    let mut phases = Phases::default();
    let outcome = perform(&Fake::new(clock.clone()), &job, &clock, &mut phases).expect("refers");
    assert_eq!(phases.0, [Phase::Load, Phase::Warmup, Phase::Finish]);
    let Given::Referred(inspection) = outcome.given else {
        panic!("{outcome:?}")
    };
    assert_eq!(inspection.not_numbers, ["y"]);
    job.outputs = Some("/no/such/folder/outputs".into());
    let error = does(&job).expect_err("cannot be written").to_string();
    assert!(error.contains("/no/such/folder/outputs"), "{error}");
}

#[test]
fn outputs_that_cannot_be_written_cost_the_comparison_and_not_the_measurement() {
    let job = with_outputs(
        &[],
        &specs(&[DataType::F32]),
        "/no/such/folder/outputs".into(),
    );
    let outcome = does(&job).expect("measures");
    let measured = outcome.measured().expect("was to measure");
    let written = measured.check.written.clone().expect("asked for");
    assert!(
        written
            .expect_err("no folder")
            .contains("/no/such/folder/outputs")
    );
    assert!(measured.latency.is_some());
}

#[test]
fn a_check_input_that_fails_is_told_and_not_timed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outputs");
    let specs = specs(&[DataType::F32]);
    let requests = |at: &str| {
        let options = [("fault", "error"), ("at", at)];
        let outcome = does(&with_outputs(&options, &specs, path.clone())).expect("measures");
        outcome.measured().expect("was to measure").clone()
    };
    let sound = requests("1000000");
    let last = sound.load.warmup_requests + sound.latency.expect("timed").count + 1;
    let failed = requests(&last.to_string());
    assert_eq!(failed.failed_requests, 0);
    assert!(failed.check.inspection.failed.is_some());
    assert!(failed.check.written.expect("asked for").is_err());
}
