//! A graph builder: writes an ONNX model node by node, with weights drawn from a seed.

mod attribute;
mod declare;
mod layers;
mod weights;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::data_type::DataType;
use crate::graph::Dim;
use crate::proto::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto};

use declare::value_info;

pub use attribute::Attr;
pub use weights::{Init, Weights};
pub use write::{WriteError, write};

const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;

/// A tensor within the graph under construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(String);

impl Value {
    /// The name in the file.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// A model under construction: nodes in execution order; names follow the scopes that are open.
#[derive(Debug)]
pub struct Builder {
    graph: GraphProto,
    weights: Weights,
    scope: Vec<String>,
    names: BTreeMap<String, usize>,
    initializers: BTreeSet<String>,
    metadata: Vec<StringStringEntryProto>,
}

impl Builder {
    /// An empty graph of this name whose weights are filled as `weights` says.
    pub fn new(name: &str, weights: Weights) -> Self {
        Self {
            graph: GraphProto {
                name: Some(name.into()),
                ..Default::default()
            },
            weights,
            scope: Vec::new(),
            names: BTreeMap::new(),
            initializers: BTreeSet::new(),
            metadata: Vec::new(),
        }
    }

    /// Runs `inside` with `scope` added to the names of what it makes.
    pub fn within<T>(
        &mut self,
        scope: impl Into<String>,
        inside: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.scope.push(scope.into());
        let result = inside(self);
        self.scope.pop();
        result
    }

    /// Declares an input of the model.
    pub fn input(&mut self, name: &str, dtype: DataType, dims: &[Dim]) -> Value {
        self.graph.input.push(value_info(name, dtype, dims));
        Value(name.into())
    }

    /// Declares `value` as an output of the model under `name`: the node that makes it takes that name.
    pub fn output(&mut self, name: &str, value: &Value, dims: &[Dim]) {
        let rename = |slot: &mut String| {
            if *slot == value.0 {
                *slot = name.into();
            }
        };
        for node in &mut self.graph.node {
            node.input.iter_mut().for_each(rename);
            node.output.iter_mut().for_each(rename);
        }
        self.graph
            .output
            .push(value_info(name, DataType::F32, dims));
    }

    /// A trained tensor of 32-bit floats, named by the open scopes and `name`; the same name again gives the same tensor.
    pub fn weight(&mut self, name: &str, shape: &[usize], init: Init) -> Value {
        let name = self.scoped(name);
        if self.initializers.insert(name.clone()) {
            let tensor = self.weights.tensor(&name, shape, init);
            self.graph.initializer.push(tensor);
        }
        Value(name)
    }

    /// A scalar 32-bit constant; equal ones share an initialiser.
    pub fn scalar(&mut self, value: f32) -> Value {
        let name = format!("scalar_{value}");
        let bytes = value.to_le_bytes().to_vec();
        self.constant(name, DataType::F32, &[], bytes)
    }

    /// A scalar 64-bit integer constant; equal ones share an initialiser.
    pub fn index(&mut self, value: i64) -> Value {
        let name = format!("index_{value}");
        self.constant(name, DataType::I64, &[], value.to_le_bytes().to_vec())
    }

    /// A vector of 64-bit integers, such as a shape; equal ones share an initialiser.
    pub fn ints(&mut self, values: &[i64]) -> Value {
        let words: Vec<String> = values.iter().map(i64::to_string).collect();
        let name = format!("ints_{}", words.join("_"));
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.constant(name, DataType::I64, &[values.len()], bytes)
    }

    /// The integers from 0 to `count` − 1 as a row [1, count].
    pub fn count_up(&mut self, name: &str, count: usize) -> Value {
        let bytes = (0..count as i64)
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let name = self.scoped(name);
        self.constant(name, DataType::I64, &[1, count], bytes)
    }

    /// Adds a node without attributes and gives its output.
    pub fn op(&mut self, op_type: &str, inputs: &[&Value]) -> Value {
        self.op_with(op_type, inputs, &[])
    }

    /// Adds a node and gives its output.
    pub fn op_with(
        &mut self,
        op_type: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attr)],
    ) -> Value {
        let name = self.unique(op_type);
        let output = format!("{name}_output_0");
        self.push(name, op_type, inputs, attributes, vec![output.clone()]);
        Value(output)
    }

    /// Adds a node with `N` outputs.
    pub fn op_many<const N: usize>(
        &mut self,
        op_type: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attr)],
    ) -> [Value; N] {
        let name = self.unique(op_type);
        let outputs: [String; N] = std::array::from_fn(|index| format!("{name}_output_{index}"));
        self.push(name, op_type, inputs, attributes, outputs.to_vec());
        outputs.map(Value)
    }

    /// Adds a line to the model's metadata.
    pub fn note(&mut self, key: &str, value: impl Into<String>) {
        self.metadata.push(StringStringEntryProto {
            key: Some(key.into()),
            value: Some(value.into()),
        });
    }

    /// The finished model.
    pub fn finish(self) -> ModelProto {
        ModelProto {
            ir_version: Some(IR_VERSION),
            producer_name: Some("tare".into()),
            producer_version: Some(env!("CARGO_PKG_VERSION").into()),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetIdProto {
                domain: Some(String::new()),
                version: Some(OPSET),
            }],
            metadata_props: self.metadata,
            ..Default::default()
        }
    }

    fn push(
        &mut self,
        name: String,
        op_type: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attr)],
        output: Vec<String>,
    ) {
        let attribute = attributes.iter().map(|(key, value)| value.to_proto(key));
        self.graph.node.push(NodeProto {
            name: Some(name),
            op_type: Some(op_type.into()),
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output,
            attribute: attribute.collect(),
            ..Default::default()
        });
    }

    fn constant(
        &mut self,
        name: String,
        dtype: DataType,
        shape: &[usize],
        bytes: Vec<u8>,
    ) -> Value {
        if self.initializers.insert(name.clone()) {
            let tensor = weights::tensor(&name, dtype, shape, Some(Bytes::from(bytes)));
            self.graph.initializer.push(tensor);
        }
        Value(name)
    }

    fn scoped(&self, name: &str) -> String {
        let mut path = self.scope.join(".");
        if !path.is_empty() {
            path.push('.');
        }
        path + name
    }

    fn unique(&mut self, op_type: &str) -> String {
        let mut path: String = self.scope.iter().map(|scope| format!("/{scope}")).collect();
        path = format!("{path}/{op_type}");
        let count = self.names.entry(path.clone()).or_default();
        *count += 1;
        match *count {
            1 => path,
            more => format!("{path}_{}", more - 1),
        }
    }
}
