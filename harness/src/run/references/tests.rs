//! References from their file to the comparison: found again, refused, too large, failed.

use tare_adapter_api::{DataType, OutputSpec, RuntimeFacts, Tensor};
use tare_units::Bytes;

use super::*;
use crate::check::Check;
use crate::compose::tests::{built, measured as measured_with};
use crate::compose::{About, Beside, Harness, compose};
use crate::inspect::Inspection;
use crate::outputs;
use crate::plan::tests::{planned, work};
use crate::protocol::Outcome;

fn reference() -> Work {
    work(planned("onnxruntime", 1), Err("itself".to_owned()))
}

fn candidate() -> Work {
    let mut candidate = work(planned("rten", 1), Ok(0));
    candidate.load.outputs = vec![OutputSpec {
        name: "y".to_owned(),
        dtype: DataType::F32,
    }];
    candidate
}

fn given(given: Given) -> Attempt {
    let runtime = RuntimeFacts {
        name: "onnxruntime".to_owned(),
        version: "1.31.1".to_owned(),
        ..RuntimeFacts::default()
    };
    Attempt {
        outcome: Ok(Some(Box::new(Outcome { runtime, given }))),
        ..Attempt::not_tried_again("")
    }
}

fn referred() -> Attempt {
    given(Given::Referred(Inspection::default()))
}

fn measured(written: Result<(), String>) -> Attempt {
    let check = Check {
        written: Some(written),
        ..Check::default()
    };
    given(Given::Measured(Box::new(measured_with(check))))
}

fn write(path: &Path, value: f32) {
    let tensor = Tensor::from_values(vec![1], vec![value]).expect("fits");
    outputs::write(path, &candidate().load.outputs, &[tensor]).expect("writes");
}

/// References of one run, in a folder of their own, before any has run.
fn fresh() -> (tempfile::TempDir, References) {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("outputs");
    (folder, References::found(&[reference()], &[], dir))
}

#[test]
fn a_reference_is_needed_until_it_has_run_and_its_outputs_are_compared() {
    let (_folder, mut references) = fresh();
    assert_eq!(references.needed(&candidate()), Some(0));
    assert_eq!(references.candidate(&candidate(), 3), None);
    write(&references.file(0).expect("the only one"), 1.0);
    references.settle(0, &reference(), &referred());
    assert_eq!(references.needed(&candidate()), None);
    let path = references.candidate(&candidate(), 3).expect("is compared");
    write(&path, 1.5);
    let compared = references.compare(&candidate(), Some(&path), &measured(Ok(())));
    let Ok(Compared::Values(fidelity, reasons)) = compared else {
        panic!("{compared:?}")
    };
    assert_eq!(fidelity.reference, "onnxruntime 1.31.1");
    assert_eq!((fidelity.max_abs, reasons.len()), (0.5, 1));
    assert!(!path.exists(), "the candidate's outputs are not kept");
    references.remove();
    assert!(!references.dir.exists());
}

#[test]
fn a_reference_that_failed_is_told_and_not_run_again() {
    let (_folder, mut references) = fresh();
    references.settle(0, &reference(), &Attempt::not_tried_again("it hung"));
    assert_eq!(references.needed(&candidate()), None);
    assert_eq!(references.candidate(&candidate(), 0), None);
    let told = references.compare(&candidate(), None, &measured(Ok(())));
    let reason = told.expect_err("nothing to compare with");
    assert_eq!(
        reason,
        "the reference onnxruntime failed: not tried again: of an earlier worker, it hung"
    );
}

#[test]
fn a_reference_that_gives_no_numbers_is_none() {
    let (_folder, mut references) = fresh();
    let inspection = Inspection {
        not_numbers: vec!["y".to_owned()],
        ..Inspection::default()
    };
    references.settle(0, &reference(), &given(Given::Referred(inspection)));
    let told = references.compare(&candidate(), None, &measured(Ok(())));
    let reason = told.expect_err("nothing to compare with");
    assert!(reason.contains("onnxruntime 1.31.1 gives values that are not numbers in output y"));
}

#[test]
fn a_cell_without_a_reference_or_with_huge_outputs_is_not_compared() {
    let (_folder, references) = fresh();
    let reason = |work: &Work| {
        references
            .compare(work, None, &measured(Ok(())))
            .expect_err("not")
    };
    let alone = work(
        planned("rten", 1),
        Err("only rten is ready here".to_owned()),
    );
    assert_eq!(references.needed(&alone), None);
    assert_eq!(reason(&alone), "only rten is ready here");
    let mut huge = candidate();
    huge.planned.model.output_bytes = Some(Bytes::from_mib(2048));
    assert_eq!(references.needed(&huge), None);
    assert!(
        reason(&huge).contains("take 2.00 GiB: over 1.00 GiB"),
        "{}",
        reason(&huge)
    );
}

#[test]
fn outputs_that_the_worker_could_not_write_are_not_compared() {
    let (_folder, mut references) = fresh();
    references.settle(0, &reference(), &referred());
    let path = references.candidate(&candidate(), 0);
    let failed = measured(Err("no space left".to_owned()));
    let told = references.compare(&candidate(), path.as_deref(), &failed);
    assert_eq!(told.expect_err("not written"), "no space left");
}

#[test]
fn a_run_that_goes_on_finds_the_outputs_that_are_still_there() {
    let (folder, references) = fresh();
    let run = built::run("20261121-104656-3f9a", Vec::new());
    let about = About {
        run: &run,
        work: &reference(),
        kind: Kind::Reference,
        repeat: 0,
        harness: &Harness::default(),
        created: String::new(),
    };
    let record = compose(about, referred(), Beside::Nothing);
    let dir = folder.path().join("outputs");
    let again = || References::found(&[reference()], std::slice::from_ref(&record), dir.clone());
    assert_eq!(
        again().needed(&candidate()),
        Some(0),
        "its outputs are gone"
    );
    write(&references.file(0).expect("the only one"), 1.0);
    assert_eq!(again().needed(&candidate()), None);
    assert!(again().candidate(&candidate(), 0).is_some());
    let unrecorded = References::found(&[reference()], &[], dir.clone());
    assert_eq!(
        unrecorded.needed(&candidate()),
        Some(0),
        "whose outputs they are is not known"
    );
}
