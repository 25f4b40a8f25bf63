//! The graph that adapters lower from: operators in execution order over numbered values.

use std::collections::BTreeMap;

use crate::data_type::DataType;
use crate::tensor::Tensor;

/// The number of a value within its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub u32);

/// One dimension as the file declares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Dim {
    /// A number.
    Fixed(usize),
    /// A name, equal wherever it stands.
    Symbol(String),
    /// Neither.
    Unknown,
}

/// What the file declares of an input or output.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Which value.
    pub value: ValueId,
    /// Its name.
    pub name: String,
    /// Element type.
    pub dtype: DataType,
    /// Declared dimensions; `None` where not even the rank is declared.
    pub dims: Option<Vec<Dim>>,
}

/// An attribute of an operator.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Attribute {
    Int(i64),
    Float(f32),
    String(Vec<u8>),
    Tensor(Tensor),
    Graph(Box<Graph>),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Strings(Vec<Vec<u8>>),
    Tensors(Vec<Tensor>),
    Graphs(Vec<Graph>),
    /// A kind that is kept out of the graph (types, sparse tensors), by its ONNX name.
    Other(&'static str),
}

/// One operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The name in the file, or one made from its operator and position.
    pub name: String,
    /// Such as `MatMul`.
    pub op_type: String,
    /// The operator set; empty for ONNX's own.
    pub domain: String,
    /// `None` where an optional input is left out.
    pub inputs: Vec<Option<ValueId>>,
    /// `None` where an optional output is left out.
    pub outputs: Vec<Option<ValueId>>,
    /// By name.
    pub attributes: BTreeMap<String, Attribute>,
}

/// Operators in execution order, the values between them, and the constants.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// The name in the file.
    pub name: String,
    /// The version of each operator set, ONNX's own under the empty name.
    pub opsets: BTreeMap<String, i64>,
    /// What must be fed, in the file's order; initialisers are not among them.
    pub inputs: Vec<Declared>,
    /// What comes out, in the file's order.
    pub outputs: Vec<Declared>,
    /// In an order in which every operator follows those it reads from.
    pub nodes: Vec<Node>,
    /// Values that are constant: initialisers and, once folded, what was computed from them.
    pub constants: BTreeMap<ValueId, Tensor>,
    /// The name of each value, by its number.
    pub value_names: Vec<String>,
}

impl Graph {
    /// The name of `value`.
    pub fn name_of(&self, value: ValueId) -> &str {
        self.value_names
            .get(value.0 as usize)
            .map_or("", String::as_str)
    }
}

impl Node {
    /// The value at input `index`, where there is one.
    pub fn input(&self, index: usize) -> Option<ValueId> {
        self.inputs.get(index).copied().flatten()
    }

    /// The value at output `index`, where there is one.
    pub fn output(&self, index: usize) -> Option<ValueId> {
        self.outputs.get(index).copied().flatten()
    }

    /// An integer attribute.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.attributes.get(name) {
            Some(Attribute::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// A floating-point attribute.
    pub fn float(&self, name: &str) -> Option<f32> {
        match self.attributes.get(name) {
            Some(Attribute::Float(value)) => Some(*value),
            _ => None,
        }
    }

    /// A list of integers.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        match self.attributes.get(name) {
            Some(Attribute::Ints(values)) => Some(values),
            _ => None,
        }
    }

    /// A string attribute that is valid UTF-8.
    pub fn string(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(Attribute::String(bytes)) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
}
