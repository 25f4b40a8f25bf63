//! ONNX's own node cases, where `TARE_ONNX_NODE_TESTS` names the folder of test data: every one that can be read
//! resolves, agrees with the outputs that it declares, and, with its inputs constant, computes the outputs recorded.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use prost::Message as _;
use tare_models::proto::{ModelProto, TensorProto};
use tare_models::{Dim, Facts, Graph, Model, Resolved, Tensor, TensorSpec, resolve};

fn cases() -> Vec<PathBuf> {
    let Some(root) = std::env::var_os("TARE_ONNX_NODE_TESTS") else {
        return vec![];
    };
    let entries = fs::read_dir(Path::new(&root).join("node")).expect("a folder named node");
    let mut cases: Vec<_> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    cases.sort();
    cases
}

/// The model as read, its newest operator set taken for the newest that is read.
fn proto(case: &Path) -> Option<ModelProto> {
    let bytes = fs::read(case.join("model.onnx")).ok()?;
    let mut proto = ModelProto::decode(Bytes::from(bytes)).ok()?;
    for opset in &mut proto.opset_import {
        opset.version = opset.version.map(|version| version.min(23));
    }
    Some(proto)
}

fn open(proto: &ModelProto) -> Option<Model> {
    Model::from_bytes(proto.encode_to_vec()).ok()
}

fn resolved(graph: &Graph) -> Result<Resolved, String> {
    let inputs = graph.inputs.iter().map(|input| {
        let dims = input.dims.iter().flatten().map(|dim| match dim {
            Dim::Fixed(size) => *size,
            Dim::Symbol(_) | Dim::Unknown => 3,
        });
        TensorSpec {
            name: input.name.clone(),
            dtype: input.dtype,
            shape: dims.collect(),
        }
    });
    resolve(graph, &inputs.collect::<Vec<_>>()).map_err(|error| error.to_string())
}

/// Declared shapes of outputs that differ from those inferred.
fn contradictions(resolved: &Resolved) -> Vec<String> {
    let mut found = vec![];
    for output in &resolved.graph.outputs {
        let (Some((dtype, shape)), Some(dims)) = (resolved.types.get(&output.value), &output.dims)
        else {
            continue;
        };
        let fits = dims.len() == shape.len()
            && dims
                .iter()
                .zip(shape)
                .all(|(dim, size)| !matches!(dim, Dim::Fixed(n) if n != size));
        if !fits || *dtype != output.dtype {
            found.push(format!(
                "{} is {:?}{dims:?}, inferred {dtype:?}{shape:?}",
                output.name, output.dtype
            ));
        }
    }
    found
}

#[test]
fn every_node_case_resolves_to_the_outputs_it_declares() {
    let (mut resolves, mut wrong) = (0, vec![]);
    for case in cases() {
        let Some(model) = proto(&case).and_then(|proto| open(&proto)) else {
            continue;
        };
        match resolved(model.graph()) {
            Ok(resolved) => {
                resolves += 1;
                let facts = Facts::of(&resolved);
                assert_eq!(facts.operators, resolved.graph.nodes.len());
                wrong.extend(
                    contradictions(&resolved)
                        .into_iter()
                        .map(|why| format!("{}: {why}", case.display())),
                );
            }
            Err(error) => wrong.push(format!("{}: {error}", case.display())),
        }
    }
    assert!(
        wrong.is_empty(),
        "{resolves} agree, but\n{}",
        wrong.join("\n")
    );
}

fn recorded(case: &Path, name: &str) -> Option<TensorProto> {
    let bytes = fs::read(case.join("test_data_set_0").join(name)).ok()?;
    TensorProto::decode(Bytes::from(bytes)).ok()
}

/// The case with its inputs as initialisers.
fn constant(case: &Path) -> Option<Model> {
    let mut proto = proto(case)?;
    let graph = proto.graph.as_mut()?;
    for (index, input) in std::mem::take(&mut graph.input).into_iter().enumerate() {
        let mut tensor = recorded(case, &format!("input_{index}.pb"))?;
        tensor.name = input.name;
        graph.initializer.push(tensor);
    }
    open(&proto)
}

/// The values as the reader reads them.
fn read(mut tensor: TensorProto) -> Option<Tensor> {
    tensor.name = Some("expected".into());
    let mut proto = ModelProto::default();
    proto.clone_from(&ModelProto {
        ir_version: Some(8),
        ..Default::default()
    });
    proto
        .opset_import
        .push(tare_models::proto::OperatorSetIdProto {
            domain: None,
            version: Some(17),
        });
    let graph = proto.graph.get_or_insert_default();
    graph.initializer.push(tensor);
    open(&proto)?.graph().constants.values().next().cloned()
}

fn close(a: &Tensor, b: &Tensor) -> bool {
    let same = a.dtype() == b.dtype() && a.shape() == b.shape();
    match (a.values::<f32>(), b.values::<f32>()) {
        (Some(x), Some(y)) => {
            let pairs = x.iter().zip(y.iter());
            let near = |(x, y): (&f32, &f32)| {
                x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= 1e-5 * y.abs().max(1.0)
            };
            same && pairs.into_iter().all(near)
        }
        _ => same && a.bytes() == b.bytes(),
    }
}

#[test]
fn what_is_computed_is_what_the_cases_record() {
    let (mut computed, mut wrong) = (0, vec![]);
    for case in cases() {
        let Some(resolved) = constant(&case).and_then(|model| resolved(model.graph()).ok()) else {
            continue;
        };
        for (index, output) in resolved.graph.outputs.iter().enumerate() {
            let expected = recorded(&case, &format!("output_{index}.pb")).and_then(read);
            let (Some(value), Some(expected)) =
                (resolved.graph.constants.get(&output.value), expected)
            else {
                continue;
            };
            computed += 1;
            if !close(value, &expected) {
                wrong.push(format!("{} {}", case.display(), output.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {computed} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        computed > 400 || cases().is_empty(),
        "only {computed} outputs were computed"
    );
}
