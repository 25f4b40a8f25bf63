//! What an executor must not hide: buffers that overlap, indices out of range, requests that do not fit.

use tare_adapter_api::{
    Adapter, AdapterError, DataType, LoadRequest, OutputSpec, Tensor, TensorSpec,
};
use tare_models::Dim;
use tare_models::build::{Builder, Init, Weights, write};

use super::{CudaPlan, outputs_of};
use crate::fuse::testing::Case;
use crate::layout::lay_out;
use crate::plan::{Place, Plan};

/// Two branches that live at once and are added at the end.
fn branches() -> Case {
    Case::new(&[&[3, 4]], |b, x| {
        let sides = ["left", "right"].map(|name| {
            let weight = b.weight(name, &[4, 4], Init::fan_in(4, 1.0));
            let y = b.op("MatMul", &[&x[0], &weight]);
            b.op("Tanh", &[&y])
        });
        let [left, right] = &sides;
        vec![(b.op("Sub", &[left, right]), &[3, 4])]
    })
}

#[test]
fn buffers_that_overlap_give_other_numbers() {
    let case = branches();
    let (plan, weights) = Plan::of(lay_out(case.draft.clone()));
    let right = outputs_of(&plan, &weights, case.inputs()).expect("it runs");
    let mut broken = plan.clone();
    let places = broken.buffers.iter_mut().map(|buffer| &mut buffer.place);
    for place in places.filter(|place| matches!(place, Place::Arena(_))) {
        *place = Place::Arena(tare_units::Bytes::from_bytes(0));
    }
    let wrong = outputs_of(&broken, &weights, case.inputs()).expect("it runs");
    assert_ne!(right, wrong);
}

#[test]
fn what_no_step_has_written_is_no_number() {
    let case = branches();
    let (mut plan, weights) = Plan::of(lay_out(case.draft.clone()));
    let first = plan.steps.remove(0);
    assert!(!first.step.sources.is_empty());
    let outputs = outputs_of(&plan, &weights, case.inputs()).expect("it runs");
    let values = outputs[0].values::<f32>().expect("floats");
    assert!(values.iter().all(|value| value.is_nan()), "{values:?}");
}

/// Rows of a table [3, 2] that the input chooses.
fn table(folder: &std::path::Path) -> LoadRequest {
    let mut graph = Builder::new("table", Weights::Seeded(1));
    let x = graph.input("x", DataType::I64, &[Dim::Fixed(2)]);
    let y = graph.embedding("words", &x, 3, 2);
    graph.output("y", &y, &[Dim::Fixed(2), Dim::Fixed(2)]);
    let path = folder.join("model.onnx");
    write(&graph.finish(), &path).expect("written");
    let input = TensorSpec {
        name: "x".to_owned(),
        dtype: DataType::I64,
        shape: vec![2],
    };
    let output = OutputSpec {
        name: "y".to_owned(),
        dtype: DataType::F32,
    };
    LoadRequest::new(path, vec![input], vec![output])
}

#[test]
fn an_index_out_of_range_fails_the_request_with_the_step_and_its_operator() {
    let folder = tempfile::tempdir().expect("a folder");
    let loaded = CudaPlan.load(&table(folder.path())).expect("loads");
    let mut session = loaded.session().expect("a session");
    let mut run = |indices: [i64; 2]| {
        session.run(&[Tensor::from_values(vec![2], indices.to_vec()).expect("fits")])
    };
    assert_eq!(run([2, -3]), Ok(()));
    let Err(AdapterError::Run(reason)) = run([0, 3]) else {
        panic!("row 3 of 3");
    };
    assert_eq!(reason, "step 0 (/words/Gather): index 3 of an axis of 3");
    assert!(session.outputs().is_err());
}

#[test]
fn several_threads_and_another_precision_are_refused_with_what_would_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let request = table(folder.path());
    let threads = LoadRequest {
        threads: std::num::NonZeroUsize::new(2).expect("not zero"),
        ..request.clone()
    };
    let half = LoadRequest {
        precision: Some(tare_adapter_api::Precision::Fp16),
        ..request
    };
    for (request, wanted) in [(threads, "--threads 1"), (half, "leave --precision out")] {
        for refusal in [
            CudaPlan.accepts(&request).err(),
            CudaPlan.load(&request).err(),
        ] {
            let refusal = refusal.expect("refused").to_string();
            assert!(refusal.contains(wanted), "{refusal}");
        }
    }
}
