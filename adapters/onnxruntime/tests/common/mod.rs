//! What the tests of this adapter share: whether the library is here, and small models written out by hand.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use tare_adapter_api::{
    Adapter, DataType, LoadRequest, Loaded, OutputSpec, Session, Tensor, TensorSpec,
};
use tare_adapter_onnxruntime::OnnxRuntime;
use tare_models::build::write;
use tare_models::proto::{
    Dimension, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorShapeProto, TypeProto,
    ValueInfoProto, dimension, type_proto,
};
use tare_runtimes::{FindError, Installed, Runtimes};
use tempfile::TempDir;

/// The installed library of this version (`None`: the newest); where there is none, see [`or_not_run`].
pub fn installed(version: Option<&str>) -> Option<Installed> {
    let found = Runtimes::from_environment().and_then(|all| all.find(OnnxRuntime.name(), version));
    let named = std::env::var_os("TARE_RUNTIMES").is_some_and(|folder| !folder.is_empty());
    or_not_run(found, named)
}

/// What was found; else panics where the folder of libraries was named for the tests, and says that the test did not run elsewhere.
pub fn or_not_run(found: Result<Installed, FindError>, named: bool) -> Option<Installed> {
    match found {
        Ok(installed) => Some(installed),
        Err(error) if named => panic!("{error}, or unset TARE_RUNTIMES to leave this test out"),
        Err(error) => {
            println!("not run: {error}");
            None
        }
    }
}

/// Whether any version is installed.
pub fn is_here() -> bool {
    installed(None).is_some()
}

/// A node without attributes or a name.
pub fn node(op_type: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    NodeProto {
        op_type: Some(op_type.to_owned()),
        input: owned(inputs),
        output: owned(outputs),
        ..NodeProto::default()
    }
}

/// A tensor of these sizes, open where one is below zero.
pub fn tensor(name: &str, dtype: DataType, dims: &[i64]) -> ValueInfoProto {
    let dim = |(index, size): (usize, &i64)| Dimension {
        value: Some(match *size {
            open if open < 0 => dimension::Value::DimParam(format!("{name}{index}")),
            fixed => dimension::Value::DimValue(fixed),
        }),
        denotation: None,
    };
    typed(
        name,
        type_proto::Value::TensorType(type_proto::Tensor {
            elem_type: Some(dtype.to_onnx()),
            shape: Some(TensorShapeProto {
                dim: dims.iter().enumerate().map(dim).collect(),
            }),
        }),
    )
}

/// A value of this type.
pub fn typed(name: &str, value: type_proto::Value) -> ValueInfoProto {
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto {
            value: Some(value),
            denotation: None,
        }),
        ..ValueInfoProto::default()
    }
}

/// A model of operator set 17.
pub fn model(
    nodes: Vec<NodeProto>,
    inputs: Vec<ValueInfoProto>,
    outputs: Vec<ValueInfoProto>,
) -> ModelProto {
    ModelProto {
        ir_version: Some(8),
        opset_import: vec![opset("", 17)],
        graph: Some(GraphProto {
            name: Some("test".to_owned()),
            node: nodes,
            input: inputs,
            output: outputs,
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    }
}

/// An operator set that a model imports.
pub fn opset(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto {
        domain: Some(domain.to_owned()),
        version: Some(version),
    }
}

/// `y = x + x` over [2].
pub fn doubling() -> ModelProto {
    model(
        vec![node("Add", &["x", "x"], &["y"])],
        vec![tensor("x", DataType::F32, &[2])],
        vec![tensor("y", DataType::F32, &[2])],
    )
}

/// A model in a file of its own, which is removed with it.
pub struct Written {
    pub folder: TempDir,
    pub path: PathBuf,
}

impl Written {
    pub fn new(model: &ModelProto) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.onnx");
        write(model, &path).expect("written");
        Self { folder, path }
    }
}

/// To load a file for inputs of these types and shapes.
pub fn request(
    path: &Path,
    inputs: &[(&str, DataType, &[usize])],
    outputs: &[(&str, DataType)],
) -> LoadRequest {
    let input = |(name, dtype, shape): &(&str, DataType, &[usize])| TensorSpec {
        name: (*name).to_owned(),
        dtype: *dtype,
        shape: shape.to_vec(),
    };
    let output = |(name, dtype): &(&str, DataType)| OutputSpec {
        name: (*name).to_owned(),
        dtype: *dtype,
    };
    LoadRequest::new(
        path.to_owned(),
        inputs.iter().map(input).collect(),
        outputs.iter().map(output).collect(),
    )
}

/// To load [`doubling`].
pub fn doubling_request(path: &Path) -> LoadRequest {
    request(path, &[("x", DataType::F32, &[2])], &[("y", DataType::F32)])
}

/// Loads, or panics with the reason.
pub fn load(request: &LoadRequest) -> Box<dyn Loaded> {
    OnnxRuntime.load(request).expect("loads")
}

/// The refusal to load.
pub fn refusal(request: &LoadRequest) -> String {
    let refused = OnnxRuntime.load(request).map(|_| ());
    refused.expect_err("refused").to_string()
}

/// One request and its outputs.
pub fn run(session: &mut dyn Session, inputs: &[Tensor]) -> Vec<Tensor> {
    session.run(inputs).expect("runs");
    session.outputs().expect("has outputs")
}

/// A vector of 32-bit floats.
pub fn floats(values: &[f32]) -> Tensor {
    Tensor::from_values(vec![values.len()], values.to_vec()).expect("fits")
}
