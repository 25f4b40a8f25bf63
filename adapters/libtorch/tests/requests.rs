//! What a request may be given and what it gives back: borrowed inputs, outputs that are inputs, lacked operators.

use std::path::PathBuf;

use tare_adapter_api::{
    Adapter, AdapterError, DataType, Device, LoadRequest, OutputSpec, Precision, Tensor, TensorSpec,
};
use tare_adapter_libtorch::Libtorch;
use tare_models::Dim;
use tare_models::build::{Attr, Builder, Value, Weights, write};
use tempfile::TempDir;

struct Drawn {
    request: LoadRequest,
    _folder: TempDir,
}

/// A model of the inputs `x` and `z`, both of shape [2, 3], with one output for each value that `draw` returns.
fn model(draw: impl Fn(&mut Builder, &Value, &Value) -> Vec<Value>) -> Drawn {
    let mut graph = Builder::new("drawn", Weights::Absent);
    let dims = [Dim::Fixed(2), Dim::Fixed(3)];
    let names = ["x", "z"];
    let [x, z] = names.map(|name| graph.input(name, DataType::F32, &dims));
    let values = draw(&mut graph, &x, &z);
    let mut outputs = vec![];
    for (index, value) in values.iter().enumerate() {
        let name = format!("y{index}");
        graph.output(&name, value, &[]);
        outputs.push(OutputSpec {
            name,
            dtype: DataType::F32,
        });
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    write(&graph.finish(), &path).expect("written");
    let inputs = names.map(|name| TensorSpec {
        name: name.to_owned(),
        dtype: DataType::F32,
        shape: vec![2, 3],
    });
    Drawn {
        request: LoadRequest::new(path, inputs.to_vec(), outputs),
        _folder: folder,
    }
}

fn filled(first: f32) -> Tensor {
    let values = (0..6u8).map(|index| first + f32::from(index));
    Tensor::from_values(vec![2, 3], values.collect()).expect("fits")
}

fn floats(tensor: &Tensor) -> Vec<f32> {
    tensor.values::<f32>().expect("f32").into_owned()
}

#[test]
fn outputs_that_are_inputs_outlive_them() {
    let drawn = model(|b, x, z| {
        let turned = b.transpose(z, &[1, 0]);
        let same = b.op("Identity", &[x]);
        vec![same, turned]
    });
    let loaded = Libtorch.load(&drawn.request).expect("loads");
    let mut session = loaded.session().expect("a session");
    let inputs = vec![filled(0.0), filled(10.0)];
    session.run(&inputs).expect("runs");
    drop(inputs);
    let _reused = [filled(-7.0), filled(-8.0)];
    let outputs = session.outputs().expect("outputs");
    assert_eq!(floats(&outputs[0]), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(outputs[1].shape(), [3, 2]);
    assert_eq!(floats(&outputs[1]), [10.0, 13.0, 11.0, 14.0, 12.0, 15.0]);
}

#[test]
fn every_request_reads_the_inputs_that_it_was_given() {
    let drawn = model(|b, x, z| vec![b.op("Sub", &[x, z])]);
    let loaded = Libtorch.load(&drawn.request).expect("loads");
    let mut session = loaded.session().expect("a session");
    let pool: Vec<_> = (0..100u8).map(|index| filled(f32::from(index))).collect();
    for (round, index) in (0..300).map(|step: usize| (step, step * 7 % pool.len())) {
        let other = filled(round as f32);
        session.run(&[pool[index].clone(), other]).expect("runs");
        let difference = index as f32 - round as f32;
        let outputs = session.outputs().expect("outputs");
        assert_eq!(floats(&outputs[0]), [difference; 6]);
    }
}

#[test]
fn bytes_that_are_not_aligned_are_read_as_well() {
    let drawn = model(|b, x, z| vec![b.op("Add", &[x, z])]);
    let loaded = Libtorch.load(&drawn.request).expect("loads");
    let mut session = loaded.session().expect("a session");
    let aligned = filled(1.0);
    let shifted = [&[0u8][..], aligned.bytes()].concat();
    let slice = Tensor::from_values(vec![25], shifted)
        .expect("fits")
        .bytes()
        .slice(1..);
    let odd = Tensor::from_bytes(DataType::F32, vec![2, 3], slice).expect("fits");
    session.run(&[aligned, odd]).expect("runs");
    let outputs = session.outputs().expect("outputs");
    assert_eq!(floats(&outputs[0]), [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
}

#[test]
fn a_request_that_fails_leaves_a_session_that_runs() {
    let drawn = model(|b, x, z| {
        let places = b.op("NonZero", &[x]);
        let places = b.transpose(&places, &[1, 0]);
        let zero = b.index(0);
        let first = b.op("Gather", &[&places, &zero]);
        let first = b.op_with("Cast", &[&first], &[("to", Attr::Int(1))]);
        vec![first, b.op("Relu", &[z])]
    });
    let loaded = Libtorch.load(&drawn.request).expect("loads");
    let mut session = loaded.session().expect("a session");
    let nothing = Tensor::from_values(vec![2, 3], vec![0.0f32; 6]).expect("fits");
    let failure = session.run(&[nothing, filled(3.0)]).expect_err("no row 0");
    assert!(failure.to_string().contains("Gather '"), "{failure}");
    assert!(session.outputs().is_err());
    session.run(&[filled(1.0), filled(3.0)]).expect("runs");
    assert_eq!(floats(&session.outputs().expect("outputs")[0]), [0.0, 0.0]);
}

#[test]
fn lacked_operators_are_named_before_anything_runs() {
    let drawn = model(|b, x, z| {
        let sum = b.op("Add", &[x, z]);
        vec![b.op("NoSuchOperator", &[&sum])]
    });
    let refusals = [
        Libtorch.accepts(&drawn.request).expect_err("lacking"),
        Libtorch.load(&drawn.request).err().expect("lacking"),
    ];
    for refusal in refusals {
        assert!(matches!(&refusal, AdapterError::Lacks { .. }), "{refusal}");
        assert_eq!(
            refusal.to_string(),
            "libtorch lacks operator NoSuchOperator (domain ai.onnx, opset 17)"
        );
    }
}

#[test]
fn devices_and_precisions_that_are_not_here_are_refused() {
    let drawn = model(|b, x, z| vec![b.op("Add", &[x, z])]);
    assert_eq!(Libtorch.accepts(&drawn.request), Ok(()));
    let on_gpu = LoadRequest {
        device: Device::Cuda(7),
        ..drawn.request.clone()
    };
    let refusal = Libtorch.accepts(&on_gpu).expect_err("no such GPU");
    assert!(
        refusal.to_string().contains("there is no cuda:7"),
        "{refusal}"
    );
    let narrow = LoadRequest {
        precision: Some(Precision::Bf16),
        ..drawn.request.clone()
    };
    let refusal = Libtorch.accepts(&narrow).expect_err("not on the cpu");
    assert!(refusal.to_string().contains("on a GPU only"), "{refusal}");
}

#[test]
fn a_file_that_is_not_there_is_left_to_loading() {
    let request = LoadRequest::new(PathBuf::from("/no/such/model.onnx"), vec![], vec![]);
    assert_eq!(Libtorch.accepts(&request), Ok(()));
    let error = Libtorch.load(&request).err().expect("missing");
    assert!(error.to_string().contains("/no/such/model.onnx"), "{error}");
}
