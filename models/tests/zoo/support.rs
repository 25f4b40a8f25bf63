//! A second, small reading of zoo graphs for the tests: shapes of every tensor and multiply-accumulates, from the file alone.

use std::collections::HashMap;

use tare_models::proto::{GraphProto, ModelProto, NodeProto, TensorProto, dimension, type_proto};
use tare_models::zoo::{Architecture, Form};

use crate::shapes::{broadcast, int, ints, matmul, reshape, slice, unsqueeze, windows, with};

/// The shape of every tensor of a graph at concrete sizes of its symbols.
pub struct Trace<'a> {
    graph: &'a GraphProto,
    constants: HashMap<&'a str, &'a TensorProto>,
    shapes: HashMap<&'a str, Vec<i64>>,
    values: HashMap<&'a str, Vec<i64>>,
}

/// The graph of a model.
pub fn graph(model: &ModelProto) -> &GraphProto {
    model.graph.as_ref().expect("a model has a graph")
}

/// The operator of a node.
pub fn op(node: &NodeProto) -> &str {
    node.op_type.as_deref().expect("a node has an operator")
}

/// The customary sizes of an architecture's symbols as the trace takes them.
pub fn sizes(architecture: &Architecture, form: Form) -> Vec<(&'static str, i64)> {
    let symbols = architecture.symbols(form).into_iter();
    symbols.map(|(name, size)| (name, size as i64)).collect()
}

impl<'a> Trace<'a> {
    /// Follows the nodes in order from the inputs and initialisers.
    pub fn new(model: &'a ModelProto, symbols: &[(&str, i64)]) -> Self {
        let graph = graph(model);
        let constants: HashMap<_, _> = graph
            .initializer
            .iter()
            .map(|tensor| (name(&tensor.name), tensor))
            .collect();
        let mut trace = Self {
            graph,
            shapes: graph
                .initializer
                .iter()
                .map(|tensor| (name(&tensor.name), tensor.dims.clone()))
                .collect(),
            values: constants
                .iter()
                .filter_map(|(name, tensor)| Some((*name, integers(tensor)?)))
                .collect(),
            constants,
        };
        for input in &graph.input {
            let shape = declared(input, symbols);
            trace.shapes.insert(name(&input.name), shape);
        }
        graph.node.iter().for_each(|node| trace.step(node));
        trace
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> &[i64] {
        self.shapes
            .get(name)
            .unwrap_or_else(|| panic!("`{name}` has no shape"))
    }

    /// Multiply-accumulates of `MatMul`, `Gemm` and `Conv` whose second input derives from an initialiser.
    pub fn macs(&self) -> i64 {
        self.graph
            .node
            .iter()
            .map(|node| self.node_macs(node))
            .sum()
    }

    fn node_macs(&self, node: &NodeProto) -> i64 {
        let made: i64 = self.shape(&node.output[0]).iter().product();
        match op(node) {
            "Conv" => made * self.shape(&node.input[1])[1..].iter().product::<i64>(),
            "Gemm" => made * self.shape(&node.input[0])[1],
            "MatMul" if self.is_weight(&node.input[1]) => made * self.shape(&node.input[1])[0],
            _ => 0,
        }
    }

    fn is_weight(&self, name: &str) -> bool {
        let maker = self.graph.node.iter().find(|node| node.output[0] == name);
        match maker {
            Some(node) => op(node) == "Transpose" && self.is_weight(&node.input[0]),
            None => self.constants.contains_key(name),
        }
    }

    fn step(&mut self, node: &'a NodeProto) {
        let shapes: Vec<Vec<i64>> = node
            .input
            .iter()
            .map(|input| self.shape(input).to_vec())
            .collect();
        let made = self.infer(node, &shapes);
        assert_eq!(made.len(), node.output.len(), "{node:?}");
        for (output, shape) in node.output.iter().zip(made) {
            assert!(
                shape.iter().all(|size| *size > 0),
                "{:?} gives {shape:?}",
                node.name
            );
            self.shapes.insert(output, shape);
        }
        if let Some(values) = self.evaluate(node, &shapes) {
            self.values.insert(&node.output[0], values);
        }
    }

    /// Values of the integer vectors that carry shapes.
    fn evaluate(&self, node: &NodeProto, shapes: &[Vec<i64>]) -> Option<Vec<i64>> {
        let value = |index: usize| self.values.get(node.input[index].as_str());
        match op(node) {
            "Shape" => Some(shapes[0].clone()),
            "Unsqueeze" | "Squeeze" => value(0).cloned(),
            "Gather" => Some(vec![value(0)?[value(1)?[0] as usize]]),
            "Concat" => (0..node.input.len())
                .map(value)
                .collect::<Option<Vec<_>>>()
                .map(|parts| parts.into_iter().flatten().copied().collect()),
            _ => None,
        }
    }

    fn infer(&self, node: &NodeProto, shapes: &[Vec<i64>]) -> Vec<Vec<i64>> {
        let value = |index: usize| &self.values[node.input[index].as_str()];
        let x = &shapes[0];
        let one = match op(node) {
            "Shape" => vec![x.len() as i64],
            "Gather" => {
                let axis = int(node, "axis").unwrap_or(0) as usize;
                [&x[..axis], &shapes[1], &x[axis + 1..]].concat()
            }
            "Unsqueeze" => unsqueeze(x, value(1)),
            "Squeeze" => vec![],
            "Range" => vec![value(1)[0]],
            "Reshape" => reshape(x, value(1)),
            "Expand" => value(1).clone(),
            "Slice" => slice(x, value(1)[0], value(2)[0], value(3)[0] as usize),
            "Pad" => x
                .iter()
                .enumerate()
                .map(|(axis, size)| size + value(1)[axis] + value(1)[axis + x.len()])
                .collect(),
            "Split" => {
                let axis = int(node, "axis").expect("Split has an axis") as usize;
                return value(1).iter().map(|part| with(x, axis, *part)).collect();
            }
            "Concat" => {
                let axis = int(node, "axis").expect("Concat has an axis") as usize;
                with(x, axis, shapes.iter().map(|shape| shape[axis]).sum())
            }
            "Transpose" => ints(node, "perm")
                .iter()
                .map(|axis| x[*axis as usize])
                .collect(),
            "Conv" => {
                assert_eq!(
                    x[1],
                    shapes[1][1] * int(node, "group").unwrap_or(1),
                    "{:?}",
                    node.name
                );
                [vec![x[0], shapes[1][0]], windows(node, &x[2..])].concat()
            }
            "MaxPool" => [x[..2].to_vec(), windows(node, &x[2..])].concat(),
            "GlobalAveragePool" => vec![x[0], x[1], 1, 1],
            "Flatten" => vec![x[0], x[1..].iter().product()],
            "Gemm" => {
                let (rows, columns) = if int(node, "transB") == Some(1) {
                    (1, 0)
                } else {
                    (0, 1)
                };
                assert_eq!(x[1], shapes[1][rows], "{:?}", node.name);
                vec![x[0], shapes[1][columns]]
            }
            "MatMul" => matmul(x, &shapes[1]),
            "BatchNormalization" | "LayerNormalization" | "Softmax" => x.clone(),
            _ => shapes
                .iter()
                .fold(vec![], |wide, shape| broadcast(&wide, shape)),
        };
        vec![one]
    }
}

fn name(field: &Option<String>) -> &str {
    field.as_deref().expect("a name")
}

/// The declared shape of an input or output with its symbols replaced.
pub fn declared(info: &tare_models::proto::ValueInfoProto, symbols: &[(&str, i64)]) -> Vec<i64> {
    let kind = info.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = kind else {
        panic!("{info:?} is no tensor")
    };
    let dims = &tensor.shape.as_ref().expect("a shape").dim;
    let size = |value: &dimension::Value| match value {
        dimension::Value::DimValue(size) => *size,
        dimension::Value::DimParam(symbol) => {
            symbols
                .iter()
                .find(|(name, _)| name == symbol)
                .unwrap_or_else(|| panic!("`{symbol}` has no size"))
                .1
        }
    };
    dims.iter()
        .map(|dim| size(dim.value.as_ref().expect("a size or symbol")))
        .collect()
}

fn integers(tensor: &TensorProto) -> Option<Vec<i64>> {
    let data = tensor
        .raw_data
        .as_ref()
        .filter(|_| tensor.data_type == Some(7))?;
    Some(
        data.chunks_exact(8)
            .map(|bytes| i64::from_le_bytes(bytes.try_into().expect("eight bytes")))
            .collect(),
    )
}
