//! What is written keeps to the published schemas, and the schemas refuse what is not written so.

mod common;
#[path = "common/schema.rs"]
mod validator;

use serde_json::{Value, json};
use tare_results::{
    ActivityCounts, Copies, CopyTime, DeviceMeans, DeviceTime, Doubt, Failure, Family, FamilyShare,
    KernelShare, KernelTime, Kind, NodeShare, OperatorShare, Percentile, Phase, Profile, Record,
    Run, TaxDoubt, Tuning, TwinFacts, Verdict, record_schema, run_schema,
};
use tare_units::Bytes;
use validator::violations;

const ID: &str = "20261121-104656-3f9a";

fn value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap()
}

fn record() -> Record {
    common::record(ID, common::cell(1), 0)
}

fn against_schema(record: &Value) -> Vec<String> {
    violations(&value(&record_schema()), record)
}

#[test]
fn a_record_keeps_to_its_schema() {
    assert_eq!(against_schema(&value(&record())), [""; 0]);
}

#[test]
fn a_record_of_a_worker_that_failed_at_once_keeps_to_its_schema() {
    let mut failed = record();
    failed.failure = Some(Failure {
        phase: Phase::Load,
        message: "no such file".into(),
        stderr: None,
    });
    failed.verdict = Verdict::Invalid;
    (failed.runtime, failed.load, failed.latency) = (None, None, None);
    (failed.effective_latency, failed.throughput) = (None, None);
    (failed.schedule, failed.memory, failed.samples) = (None, None, None);
    assert_eq!(against_schema(&value(&failed)), [""; 0]);
}

fn counts() -> ActivityCounts {
    ActivityCounts {
        recorded: 17_800,
        dropped: 0,
        untimed: 1,
        outside: 2,
        across: 3,
        unlaunched: 4,
    }
}

fn device() -> DeviceTime {
    let busy = Percentile {
        value_ns: 2.1e7,
        low_ns: Some(2e7),
        high_ns: None,
        tau: None,
        effective_count: None,
    };
    let kernels = |name: &str, count| KernelShare {
        name: name.into(),
        count,
        time_ns: 1e7,
        share: 0.5,
    };
    let moved = |count| CopyTime {
        count,
        bytes: Bytes::from_bytes(602_112),
        time_ns: 2.4e4,
    };
    DeviceTime {
        latency_p50_ns: Some(2.3e7),
        perturbation: Some(1.03),
        idle_ns: Some(2e6),
        kernels: Some(KernelTime {
            count: 175,
            busy_ns: 2e7,
            time_ns: 2e7,
            mean_ns: 1.14e5,
            launches: 175,
            launch_delay_ns: 8.7e5,
            mean_launch_delay_ns: Some(4_971.0),
            by_name: vec![kernels("sgemm", 100)],
            others: Some(kernels("7 others", 75)),
        }),
        copies: Some(Copies {
            to_device: moved(1),
            from_device: moved(1),
            on_device: moved(0),
            fills: moved(1),
        }),
        activities: Some(counts()),
        ..DeviceTime::of_busy(busy, 178, DeviceMeans::Cupti)
    }
}

fn shares() -> Profile {
    Profile {
        perturbation: Some(1.04),
        requests: 20,
        latency_p50_ns: 3.1e7,
        operators: vec![OperatorShare {
            kind: "MatMul".into(),
            count: 36,
            time_ns: 2.5e7,
            share: 0.9,
            flops: None,
            bytes: None,
        }],
        nodes: vec![NodeShare {
            name: "/encoder/0/query/MatMul".into(),
            kind: "MatMul".into(),
            count: 1,
            time_ns: 1.1e6,
            share: 0.04,
            flops: None,
            bytes: None,
        }],
        families: vec![FamilyShare {
            family: Family::MatrixProducts,
            count: 36,
            time_ns: 2.5e7,
            share: 0.9,
            flops: None,
            bytes: None,
        }],
        device: Some(device()),
    }
}

#[test]
fn a_profile_and_every_doubt_keep_to_the_schema() {
    let mut profile = record();
    profile.kind = Kind::Profile;
    profile.profile = Some(shares());
    profile.doubts = vec![
        Doubt::Unsteady { warmup_requests: 9 },
        Doubt::SingleRepeat,
        Doubt::Tax {
            why: TaxDoubt::OfTwin {
                about: Box::new(Doubt::SingleRepeat),
            },
        },
        Doubt::DelayedRequests { share: 0.02 },
        Doubt::UnknownCost {
            operators: vec!["Einsum".into()],
        },
    ];
    assert_eq!(against_schema(&value(&profile)), [""; 0]);
}

#[test]
fn a_record_of_a_twin_says_what_was_run_and_keeps_to_the_schema() {
    let mut twin = record();
    twin.kind = Kind::Twin;
    twin.twin = Some(TwinFacts {
        sha256: "9f".repeat(32),
        rung: "channels-16".into(),
        hollowness: Some(1.2e-5),
        elements_ratio: Some(3e-4),
        elements: Some(1_200),
        operators_executed: Some(178),
        original_operators_executed: Some(178),
        same_operators: Some(true),
        kinds: Some([("MatMul".to_owned(), 36)].into()),
    });
    assert_eq!(against_schema(&value(&twin)), [""; 0]);
    assert_eq!(twin.id, record().id);
}

#[test]
fn a_record_written_before_there_were_twins_is_of_none() {
    let mut written = value(&record());
    written.as_object_mut().unwrap().remove("twin");
    assert_eq!(serde_json::from_value::<Record>(written).unwrap(), record());
}

#[test]
fn a_run_keeps_to_its_schema_tuned_or_not() {
    let mut run = common::run(ID, vec![common::cell(1)]);
    let schema = value(&run_schema());
    assert_eq!(violations(&schema, &value(&run)), [""; 0]);
    run.tuned = Some(Tuning {
        changed: vec!["governor: powersave to performance".into()],
        left: vec!["there is no switch for turbo".into()],
    });
    assert_eq!(violations(&schema, &value(&run)), [""; 0]);
}

#[test]
fn a_run_written_before_there_was_tuning_was_not_tuned() {
    let run = common::run(ID, vec![common::cell(1)]);
    let mut written = value(&run);
    written.as_object_mut().unwrap().remove("tuned");
    assert_eq!(serde_json::from_value::<Run>(written).unwrap(), run);
}

#[test]
fn what_is_not_a_record_goes_against_the_schema() {
    let changed = |pointer: &str, to: Value| {
        let mut record = value(&record());
        *record.pointer_mut(pointer).unwrap() = to;
        against_schema(&record)
    };
    assert_eq!(changed("/schema", json!("tare.record/2")).len(), 1);
    assert_eq!(changed("/repeat", json!("first")).len(), 1);
    assert_eq!(changed("/repeat", json!(-1)).len(), 1);
    assert!(!changed("/latency/p50", json!({"low_ns": null})).is_empty());
    assert_eq!(
        changed("/doubts", json!([{"doubt": "unheard-of"}])).len(),
        1
    );
    let mut without_missing = value(&record());
    without_missing.as_object_mut().unwrap().remove("missing");
    assert_eq!(against_schema(&without_missing).len(), 1);
}

#[test]
fn a_figure_that_is_not_there_is_null_and_never_left_out() {
    let schema = value(&record_schema());
    let required = schema["required"].as_array().unwrap();
    let written = value(&record());
    assert_eq!(required.len(), written.as_object().unwrap().len());
    assert!(required.contains(&json!("failure")) && written["failure"].is_null());
}
