//! Small models, written message by message, for the tests of the reader.
#![allow(dead_code)]

use prost::Message as _;
use tare_models::proto::{
    AttributeProto, AttributeType, Dimension, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, dimension, type_proto,
};
use tare_models::{Model, ModelError};

pub const F32: i32 = 1;
pub const I64: i32 = 7;
pub const BOOL: i32 = 9;

/// A model of operator set 17 around `graph`.
pub fn model(graph: GraphProto) -> ModelProto {
    ModelProto {
        ir_version: Some(8),
        opset_import: vec![opset("", 17)],
        graph: Some(graph),
        ..Default::default()
    }
}

pub fn opset(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto {
        domain: Some(domain.into()),
        version: Some(version),
    }
}

pub fn graph(
    inputs: Vec<ValueInfoProto>,
    nodes: Vec<NodeProto>,
    outputs: Vec<ValueInfoProto>,
) -> GraphProto {
    GraphProto {
        name: Some("small".into()),
        input: inputs,
        node: nodes,
        output: outputs,
        ..Default::default()
    }
}

pub fn node(op: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    NodeProto {
        op_type: Some(op.into()),
        name: Some(format!("{}_{}", op.to_lowercase(), outputs[0])),
        input: inputs.iter().map(|name| (*name).into()).collect(),
        output: outputs.iter().map(|name| (*name).into()).collect(),
        ..Default::default()
    }
}

/// A tensor's declaration; a dimension is a number, a name, or `?`.
pub fn value(name: &str, dtype: i32, dims: &[&str]) -> ValueInfoProto {
    let tensor = type_proto::Tensor {
        elem_type: Some(dtype),
        shape: Some(TensorShapeProto {
            dim: dims.iter().map(|dim| self::dim(dim)).collect(),
        }),
    };
    typed(name, type_proto::Value::TensorType(tensor))
}

pub fn typed(name: &str, value: type_proto::Value) -> ValueInfoProto {
    ValueInfoProto {
        name: Some(name.into()),
        r#type: Some(TypeProto {
            value: Some(value),
            denotation: None,
        }),
        ..Default::default()
    }
}

fn dim(text: &str) -> Dimension {
    let value = match (text, text.parse()) {
        ("?", _) => None,
        (_, Ok(size)) => Some(dimension::Value::DimValue(size)),
        (symbol, Err(_)) => Some(dimension::Value::DimParam(symbol.into())),
    };
    Dimension {
        value,
        denotation: None,
    }
}

pub fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: Some(name.into()),
        dims: dims.to_vec(),
        data_type: Some(F32),
        raw_data: Some(bytes_of(values.iter().map(|value| value.to_le_bytes()))),
        ..Default::default()
    }
}

pub fn ints(name: &str, dims: &[i64], values: &[i64]) -> TensorProto {
    TensorProto {
        name: Some(name.into()),
        dims: dims.to_vec(),
        data_type: Some(I64),
        int64_data: values.to_vec(),
        ..Default::default()
    }
}

fn bytes_of<const N: usize>(values: impl Iterator<Item = [u8; N]>) -> bytes::Bytes {
    values.flatten().collect::<Vec<u8>>().into()
}

pub fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.into()),
        r#type: Some(kind as i32),
        ..Default::default()
    }
}

pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: Some(value),
        ..attribute(name, AttributeType::Int)
    }
}

pub fn nested(name: &str, graph: GraphProto) -> AttributeProto {
    AttributeProto {
        g: Some(graph),
        ..attribute(name, AttributeType::Graph)
    }
}

pub fn with(mut node: NodeProto, attributes: Vec<AttributeProto>) -> NodeProto {
    node.attribute = attributes;
    node
}

pub fn pair(key: &str, value: &str) -> StringStringEntryProto {
    StringStringEntryProto {
        key: Some(key.into()),
        value: Some(value.into()),
    }
}

/// An external tensor of `count` floats in the file `location`.
pub fn external(name: &str, count: i64, location: &str, more: &[(&str, &str)]) -> TensorProto {
    let entries = [("location", location)]
        .into_iter()
        .chain(more.iter().copied());
    TensorProto {
        name: Some(name.into()),
        dims: vec![count],
        data_type: Some(F32),
        data_location: Some(1),
        external_data: entries.map(|(key, value)| pair(key, value)).collect(),
        ..Default::default()
    }
}

pub fn open(proto: &ModelProto) -> Result<Model, ModelError> {
    Model::from_bytes(proto.encode_to_vec())
}

/// Opens a model that must be valid.
pub fn opened(graph: GraphProto) -> Model {
    open(&model(graph)).expect("the model is valid")
}

/// The message with which a graph is refused.
pub fn refusal(graph: GraphProto) -> String {
    open(&model(graph))
        .expect_err("the model must be refused")
        .to_string()
}

/// One `Relu` from `x` to `y`.
pub fn relu() -> GraphProto {
    graph(
        vec![value("x", F32, &["batch", "4"])],
        vec![node("Relu", &["x"], &["y"])],
        vec![value("y", F32, &["batch", "4"])],
    )
}

/// Embeds `ids` by a table of ten rows.
pub fn embedding() -> GraphProto {
    let mut graph = graph(
        vec![value("ids", I64, &["batch", "seq"])],
        vec![node("Gather", &["table", "ids"], &["y"])],
        vec![value("y", F32, &["batch", "seq", "2"])],
    );
    graph
        .initializer
        .push(floats("table", &[10, 2], &[0.5; 20]));
    graph
}

/// An `If` whose branches read `x` from the graph around them.
pub fn choice() -> GraphProto {
    let branch = |op: &str, name: &str| {
        let output = ValueInfoProto {
            name: Some(name.into()),
            ..Default::default()
        };
        graph(vec![], vec![node(op, &["x"], &[name])], vec![output])
    };
    let branches = vec![
        nested("then_branch", branch("Relu", "a")),
        nested("else_branch", branch("Neg", "b")),
    ];
    graph(
        vec![value("c", BOOL, &[]), value("x", F32, &["n"])],
        vec![with(node("If", &["c"], &["y"]), branches)],
        vec![value("y", F32, &["n"])],
    )
}
