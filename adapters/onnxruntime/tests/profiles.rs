//! The profile of each request, by operator, from ONNX Runtime's own profiler.

mod common;

use std::collections::BTreeMap;
use std::fs;

use tare_adapter_api::{DataType, RequestProfile, Tensor};
use tare_models::proto::{AttributeProto, AttributeType, GraphProto};

use common::{
    Written, doubling, doubling_request, floats, is_here, load, model, node, request, run, tensor,
};

fn kinds(profile: &RequestProfile) -> BTreeMap<&str, u64> {
    let mut kinds = BTreeMap::new();
    for time in profile {
        *kinds.entry(time.kind.as_str()).or_default() += time.count;
    }
    kinds
}

fn branch(name: &str, op_type: &str) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(AttributeType::Graph as i32),
        g: Some(GraphProto {
            name: Some(name.to_owned()),
            node: vec![node(op_type, &["x"], &[op_type])],
            output: vec![tensor(op_type, DataType::F32, &[2])],
            ..GraphProto::default()
        }),
        ..AttributeProto::default()
    }
}

/// The product of `x` with its sine or its cosine, as `flag` says.
fn choosing() -> Written {
    let mut choice = node("If", &["flag"], &["t"]);
    choice.name = Some("choice".to_owned());
    choice.attribute = vec![branch("then_branch", "Sin"), branch("else_branch", "Cos")];
    let mut product = node("Mul", &["t", "x"], &["y"]);
    product.name = Some("product \u{e4}".to_owned());
    Written::new(&model(
        vec![choice, product],
        vec![
            tensor("x", DataType::F32, &[2]),
            tensor("flag", DataType::Bool, &[]),
        ],
        vec![tensor("y", DataType::F32, &[2])],
    ))
}

fn inputs(flag: bool) -> Vec<Tensor> {
    let flag = Tensor::from_bools(vec![], &[flag]).expect("fits");
    vec![floats(&[0.5, 1.0]), flag]
}

#[test]
fn each_request_has_the_operators_that_it_executed_and_nothing_is_left_behind() {
    if !is_here() {
        return;
    }
    let temporary = tempfile::tempdir().expect("a folder");
    tempfile::env::override_temp_dir(temporary.path()).expect("not used before");
    let written = choosing();
    let loaded = load(&request(
        &written.path,
        &[("x", DataType::F32, &[2]), ("flag", DataType::Bool, &[])],
        &[("y", DataType::F32)],
    ));
    let mut session = loaded.session().expect("a session");
    let unprofiled = run(session.as_mut(), &inputs(true));
    session.start_profile().expect("starts");
    assert!(session.outputs().is_err(), "no profiled request has run");
    let outputs = [true, false, true].map(|flag| run(session.as_mut(), &inputs(flag)));
    let profiles = session.end_profile().expect("a profile");
    assert_eq!((&outputs[0], &outputs[2]), (&unprofiled, &unprofiled));
    assert_ne!(outputs[1], unprofiled);
    let with = |kind: &'static str| BTreeMap::from([(kind, 1), ("If", 1), ("Mul", 1)]);
    let expected = [with("Sin"), with("Cos"), with("Sin")];
    assert_eq!(profiles.iter().map(kinds).collect::<Vec<_>>(), expected);
    let names = profiles[0].iter().map(|time| time.name.as_deref());
    let names: Vec<Option<&str>> = names.collect();
    assert!(names.contains(&Some("choice")), "{names:?}");
    assert!(names.contains(&Some("product \u{e4}")), "{names:?}");
    assert_eq!(run(session.as_mut(), &inputs(true)), unprofiled);
    let left = fs::read_dir(temporary.path()).expect("there");
    let left: Vec<_> = left.flatten().map(|entry| entry.path()).collect();
    assert_eq!(left, [written.folder.path()]);
}

#[test]
fn a_profile_that_was_not_started_has_no_end() {
    if !is_here() {
        return;
    }
    let written = Written::new(&doubling());
    let loaded = load(&doubling_request(&written.path));
    let mut session = loaded.session().expect("a session");
    let error = session.end_profile().expect_err("not started").to_string();
    assert_eq!(
        error,
        "the request failed: no profile was started: start one first"
    );
    session.start_profile().expect("starts");
    assert_eq!(session.end_profile(), Ok(Vec::new()));
}

#[test]
fn requests_that_fail_or_run_twice_leave_the_others_their_own_profiles() {
    if !is_here() {
        return;
    }
    let written = Written::new(&model(
        vec![
            node("NonZero", &["x"], &["places"]),
            node("Gather", &["x", "i"], &["y"]),
        ],
        vec![
            tensor("x", DataType::F32, &[3]),
            tensor("i", DataType::I64, &[1]),
        ],
        vec![
            tensor("places", DataType::I64, &[1, -1]),
            tensor("y", DataType::F32, &[1]),
        ],
    ));
    let loaded = load(&request(
        &written.path,
        &[("x", DataType::F32, &[3]), ("i", DataType::I64, &[1])],
        &[("places", DataType::I64), ("y", DataType::F32)],
    ));
    let mut session = loaded.session().expect("a session");
    let inputs = |values: [f32; 3], index: i64| {
        let index = Tensor::from_values(vec![1], vec![index]).expect("fits");
        vec![floats(&values), index]
    };
    session.start_profile().expect("starts");
    run(session.as_mut(), &inputs([1.0, 0.0, 0.0], 0));
    session.run(&[]).expect_err("no inputs");
    run(session.as_mut(), &inputs([1.0, 2.0, 0.0], 1));
    session
        .run(&inputs([1.0, 2.0, 3.0], 7))
        .expect_err("out of bounds");
    run(session.as_mut(), &inputs([1.0, 2.0, 3.0], 2));
    let profiles = session.end_profile().expect("a profile");
    let each = BTreeMap::from([("NonZero", 1), ("Gather", 1)]);
    assert_eq!(
        profiles.iter().map(kinds).collect::<Vec<_>>(),
        [each.clone(), each.clone(), each]
    );
}
