//! What is seen of a graph at concrete shapes: the operators that stay, and each tensor that they read or write.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::data_type::DataType;
use crate::evaluate::integers;
use crate::graph::{Graph, Node, ValueId};
use crate::infer::Known;
use crate::nested::nested_graphs;
use crate::tensor::Tensor;

use super::fold;

/// Elements of the largest integer tensor whose values are kept one by one.
const MOST_VALUES: usize = 256;

/// The number of a tensor: a value, or one use of a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TensorId(pub usize);

/// A tensor at the original shapes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// Which value; several uses of a constant share it.
    pub value: ValueId,
    /// Element type, where it is known.
    pub dtype: Option<DataType>,
    /// Shape, where it is known.
    pub shape: Option<Vec<i64>>,
    /// The elements of a constant.
    pub constant: Option<Tensor>,
    /// The elements of a small tensor of integers or booleans, where they do not depend on the inputs' data.
    pub integers: Option<Vec<i64>>,
    /// The least and the greatest element, under the same condition but for any size.
    pub range: Option<(i64, i64)>,
}

/// An operator that stays, over tensors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operator<'g> {
    pub node: &'g Node,
    pub inputs: Vec<Option<TensorId>>,
    pub outputs: Vec<Option<TensorId>>,
}

/// A graph at concrete shapes, every use of a constant a tensor of its own.
#[derive(Debug)]
pub(super) struct Observed<'g> {
    pub graph: &'g Graph,
    /// Those that do not depend on constants alone, in execution order.
    pub operators: Vec<Operator<'g>>,
    /// By number.
    pub tensors: Vec<Seen>,
    /// The inputs, in the graph's order.
    pub inputs: Vec<TensorId>,
    /// What graphs inside operators read, and constants that the graph gives out: nothing of it may change.
    pub kept: Vec<TensorId>,
    /// Which operator makes a tensor.
    pub maker: HashMap<TensorId, usize>,
}

impl<'g> Observed<'g> {
    /// Of `graph`, of whose values `known` is known.
    pub fn new(graph: &'g Graph, known: &HashMap<ValueId, Known>) -> Self {
        let constants = fold::constants(graph, known);
        let mut observer = Observer {
            known,
            constants,
            tensors: vec![],
            numbers: HashMap::new(),
        };
        let inputs = graph.inputs.iter();
        let inputs = inputs.map(|input| observer.tensor(input.value)).collect();
        let stays = |node: &&Node| {
            let mut outputs = node.outputs.iter().flatten();
            outputs.any(|value| !observer.constants.contains_key(value))
        };
        let nodes: Vec<&Node> = graph.nodes.iter().filter(stays).collect();
        let operators: Vec<Operator> = nodes.iter().map(|node| observer.operator(node)).collect();
        let kept = kept(graph).into_iter();
        let kept = kept.map(|value| observer.tensor(value)).collect();
        let maker = makers(&operators);
        Self {
            graph,
            operators,
            tensors: observer.tensors,
            inputs,
            kept,
            maker,
        }
    }

    /// A tensor by its number.
    pub fn seen(&self, tensor: TensorId) -> &Seen {
        &self.tensors[tensor.0]
    }
}

struct Observer<'k> {
    known: &'k HashMap<ValueId, Known>,
    constants: BTreeMap<ValueId, Tensor>,
    tensors: Vec<Seen>,
    numbers: HashMap<ValueId, TensorId>,
}

impl Observer<'_> {
    fn operator<'g>(&mut self, node: &'g Node) -> Operator<'g> {
        let mut all = |values: &[Option<ValueId>]| {
            let values = values.iter();
            let tensors = values.map(|value| value.map(|value| self.tensor(value)));
            tensors.collect()
        };
        Operator {
            node,
            inputs: all(&node.inputs),
            outputs: all(&node.outputs),
        }
    }

    /// A constant gets a new number each time.
    fn tensor(&mut self, value: ValueId) -> TensorId {
        let constant = self.constants.get(&value).cloned();
        let number = match self.numbers.get(&value) {
            Some(number) => return *number,
            None => TensorId(self.tensors.len()),
        };
        if constant.is_none() {
            self.numbers.insert(value, number);
        }
        let seen = self.see(value, constant);
        self.tensors.push(seen);
        number
    }

    fn see(&self, value: ValueId, constant: Option<Tensor>) -> Seen {
        let known = self.known.get(&value);
        let content = constant
            .as_ref()
            .or_else(|| known.and_then(|known| known.value.as_ref()));
        let elements = content.filter(|tensor| is_whole(tensor.dtype()));
        let elements = elements.and_then(integers);
        let range = elements.as_ref().and_then(|elements| {
            let least = elements.iter().min()?;
            Some((*least, *elements.iter().max()?))
        });
        let shape = known.and_then(|known| known.shape.as_ref());
        Seen {
            value,
            dtype: known.and_then(|known| known.dtype),
            shape: shape.map(|shape| shape.iter().map(|size| *size as i64).collect()),
            constant,
            integers: elements.filter(|elements| elements.len() <= MOST_VALUES),
            range,
        }
    }
}

fn is_whole(dtype: DataType) -> bool {
    dtype == DataType::Bool || (dtype.is_integer() && dtype.bits().is_some_and(|bits| bits >= 8))
}

/// Values that graphs inside operators read, and constants that are outputs.
fn kept(graph: &Graph) -> BTreeSet<ValueId> {
    let inner = graph.nodes.iter().flat_map(nested_graphs);
    let names: BTreeSet<&str> = inner
        .flat_map(|(_, inner)| inner.captured_names())
        .collect();
    let values = (0..).map(ValueId).zip(&graph.value_names);
    let captured = values.filter(|(_, name)| names.contains(name.as_str()));
    let captured = captured.map(|(value, _)| value);
    let outputs = graph.outputs.iter().map(|output| output.value);
    let constant = outputs.filter(|value| graph.constants.contains_key(value));
    captured.chain(constant).collect()
}

fn makers(operators: &[Operator]) -> HashMap<TensorId, usize> {
    let numbered = operators.iter().enumerate();
    let outputs = numbered.flat_map(|(index, operator)| {
        let outputs = operator.outputs.iter().flatten();
        outputs.map(move |output| (*output, index))
    });
    outputs.collect()
}
