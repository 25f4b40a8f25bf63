//! Graphs drawn by hand, and their twins with the shape of each tensor.

use std::collections::HashMap;

use tare_models::hollow::{Rung, hollow};
use tare_models::proto::{
    AttributeProto, AttributeType, GraphProto, NodeProto, TensorProto, ValueInfoProto, type_proto,
};
use tare_models::{Attribute, Model, ShapeRequest, bind, resolve};

use crate::same;
use crate::small::{F32, attribute, floats, graph, opened, value};

pub fn list(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        ints: values.to_vec(),
        ..attribute(name, AttributeType::Ints)
    }
}

pub fn text(name: &str, value: &'static str) -> AttributeProto {
    AttributeProto {
        s: Some(value.into()),
        ..attribute(name, AttributeType::String)
    }
}

/// A weight whose elements all differ.
pub fn weight(name: &str, dims: &[i64]) -> TensorProto {
    let count = dims.iter().product::<i64>() as usize;
    let values: Vec<f32> = (0..count).map(|index| index as f32 + 0.5).collect();
    floats(name, dims, &values)
}

/// A graph from `x` of this shape to `y`.
pub fn from_x(dims: &[&str], nodes: Vec<NodeProto>, constants: Vec<TensorProto>) -> GraphProto {
    let outputs = vec![value("y", F32, &[])];
    GraphProto {
        initializer: constants,
        ..graph(vec![value("x", F32, dims)], nodes, untyped(outputs))
    }
}

/// Declarations without shapes, as a twin's outputs have their own.
pub fn untyped(mut outputs: Vec<ValueInfoProto>) -> Vec<ValueInfoProto> {
    for output in &mut outputs {
        let kind = output.r#type.as_mut().and_then(|kind| kind.value.as_mut());
        if let Some(type_proto::Value::TensorType(tensor)) = kind {
            tensor.shape = None;
        }
    }
    outputs
}

/// A twin and the shape of each of its tensors.
pub struct Small {
    pub model: Model,
    pub shapes: HashMap<String, Vec<usize>>,
}

/// The twin at rung 2, checked, with the shape of each of its tensors.
pub fn twin(name: &str, graph: GraphProto, request: ShapeRequest) -> Small {
    let model = opened(graph);
    let inputs = bind(model.graph(), &request).expect("binds");
    let twin = hollow(&model, &inputs, Rung::smallest()).expect(name);
    let read = same::check(name, &model, &inputs, &twin);
    let resolved = resolve(read.graph(), &twin.inputs).expect("resolves");
    let shapes = resolved.types.iter();
    let shapes =
        shapes.map(|(value, (_, shape))| (read.graph().name_of(*value).to_owned(), shape.clone()));
    let shapes = shapes.collect();
    Small {
        model: read,
        shapes,
    }
}

pub fn plain(name: &str, graph: GraphProto) -> Small {
    twin(name, graph, ShapeRequest::default())
}

impl Small {
    pub fn shape(&self, tensor: &str) -> &[usize] {
        &self.shapes[tensor]
    }

    pub fn numbers(&self, constant: &str) -> Vec<i64> {
        let graph = self.model.graph();
        let found = graph.constants.iter();
        let mut found = found.filter(|(value, _)| graph.name_of(**value) == constant);
        let (_, tensor) = found.next().expect("a constant");
        tensor.values::<i64>().expect("integers").to_vec()
    }

    pub fn attribute(&self, op_type: &str, name: &str) -> &Attribute {
        let mut nodes = self.model.graph().nodes.iter();
        let node = nodes.find(|node| node.op_type == op_type).expect("a node");
        &node.attributes[name]
    }
}
