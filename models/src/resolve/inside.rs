//! Graphs within operators, at the shapes that reach them, and how often each is executed.

use std::collections::HashMap;

use bytes::Bytes;

use super::Resolved;
use super::walk::Walk;
use crate::data_type::DataType;
use crate::evaluate::{count_nonzero, integers};
use crate::graph::{Attribute, Graph, Node, ValueId};
use crate::infer::Known;
use crate::tensor::Tensor;

/// The operator set from which `Scan` has no batch axis.
const SCAN_WITHOUT_BATCH: i64 = 9;

/// A graph within an operator, once its inputs have shapes.
pub(crate) struct Inside {
    /// The graph.
    pub resolved: Resolved,
    /// How often one request executes it.
    pub times: u64,
}

/// The graphs of which `node` executes one: both branches of an `If`, the body of a `Loop` or a `Scan`.
///
/// `None` where their shapes, or how often they are executed, are known only once the model runs.
pub(crate) fn inside(resolved: &Resolved, node: &Node) -> Option<Vec<Inside>> {
    let scope = Scope::of(resolved);
    if !node.domain.is_empty() {
        return None;
    }
    match node.op_type.as_str() {
        "If" => {
            let branches = ["then_branch", "else_branch"].into_iter();
            branches
                .map(|name| {
                    let (_, resolved) = scope.run(graph(node, name)?, vec![])?;
                    Some(Inside { resolved, times: 1 })
                })
                .collect()
        }
        "Loop" => Some(vec![scope.repeated(node, graph(node, "body")?)?]),
        "Scan" => Some(vec![scope.scanned(node, graph(node, "body")?)?]),
        _ => None,
    }
}

fn graph<'n>(node: &'n Node, name: &str) -> Option<&'n Graph> {
    match node.attributes.get(name) {
        Some(Attribute::Graph(graph)) => Some(graph),
        _ => None,
    }
}

/// What graphs within operators of a graph may read.
struct Scope<'r> {
    resolved: &'r Resolved,
    numbers: HashMap<&'r str, ValueId>,
}

impl<'r> Scope<'r> {
    fn of(resolved: &'r Resolved) -> Self {
        let names = resolved.graph.value_names.iter().map(String::as_str);
        Self {
            resolved,
            numbers: names.zip((0..).map(ValueId)).collect(),
        }
    }

    /// A `Loop` whose trips are counted in the file, and whose condition stays what it is there.
    fn repeated(&self, node: &Node, body: &Graph) -> Option<Inside> {
        let trips = integers(&self.known(node.input(0)?).value?)?;
        let trips = u64::try_from(*trips.first()?).unwrap_or(0);
        let begins = match node.input(1) {
            Some(condition) => count_nonzero(&self.known(condition).value?)? > 0,
            None => true,
        };
        let states = self.shapes(node.inputs.get(2..)?)?;
        let counter = Known {
            dtype: Some(DataType::I64),
            shape: Some(vec![]),
            value: None,
        };
        let yes = Tensor::from_bytes(DataType::Bool, vec![], Bytes::from_static(&[1])).ok()?;
        let inputs = [counter, Known::constant(yes)].into_iter();
        let (outputs, resolved) = self.run(body, inputs.chain(states.clone()).collect())?;
        let (goes_on, after) = outputs.split_first()?;
        let goes_on = count_nonzero(goes_on.value.as_ref()?)? > 0;
        let most = if goes_on { trips } else { trips.min(1) };
        is_alike(&states, after).then_some(Inside {
            resolved,
            times: if begins { most } else { 0 },
        })
    }

    /// A `Scan` over axes of one length.
    fn scanned(&self, node: &Node, body: &Graph) -> Option<Inside> {
        let opset = self.resolved.graph.opsets.get("").copied()?;
        let scans = usize::try_from(node.int("num_scan_inputs")?).ok()?;
        let states = node.inputs.len().checked_sub(scans)?;
        let mut inputs = self.shapes(&node.inputs)?;
        let axes = node.ints("scan_input_axes").unwrap_or_default();
        let mut length = None;
        for (place, input) in inputs[states..].iter_mut().enumerate() {
            let shape = input.shape.as_mut()?;
            let axis = axes.get(place).copied().unwrap_or(0);
            let rank = i64::try_from(shape.len()).ok()?;
            let axis = usize::try_from(if axis < 0 { axis + rank } else { axis }).ok()?;
            let steps = (axis < shape.len()).then(|| shape.remove(axis))?;
            if *length.get_or_insert(steps) != steps {
                return None;
            }
        }
        let before = inputs[..states].to_vec();
        let (outputs, resolved) = self.run(body, inputs)?;
        let is_known = opset >= SCAN_WITHOUT_BATCH && is_alike(&before, &outputs);
        is_known.then_some(Inside {
            resolved,
            times: u64::try_from(length?).ok()?,
        })
    }

    /// The graph with these inputs and what it reads from around it, and what is known of its outputs.
    fn run(&self, graph: &Graph, inputs: Vec<Known>) -> Option<(Vec<Known>, Resolved)> {
        if inputs.len() != graph.inputs.len() {
            return None;
        }
        let mut inner = graph.clone();
        let mut known = HashMap::new();
        let names = graph.value_names.iter().map(String::as_str);
        let own: HashMap<&str, ValueId> = names.zip((0..).map(ValueId)).collect();
        for name in graph.captured_names() {
            let Some(outer) = self.numbers.get(name) else {
                continue;
            };
            let outer = self.known(*outer);
            let value = match own.get(name) {
                Some(value) => *value,
                None => {
                    inner.value_names.push(name.to_owned());
                    ValueId(u32::try_from(inner.value_names.len() - 1).ok()?)
                }
            };
            if let Some(tensor) = &outer.value {
                inner.constants.insert(value, tensor.clone());
            }
            known.insert(value, outer);
        }
        let fed = graph.inputs.iter().map(|declared| declared.value);
        known.extend(fed.zip(inputs));
        Walk::inside(&inner, known, u64::MAX).gone_through()
    }

    fn known(&self, value: ValueId) -> Known {
        let (dtype, shape) = self.resolved.types.get(&value).cloned().unzip();
        Known {
            dtype,
            shape,
            value: self.resolved.graph.constants.get(&value).cloned(),
        }
    }

    /// Types and shapes without values, which change from trip to trip.
    fn shapes(&self, values: &[Option<ValueId>]) -> Option<Vec<Known>> {
        let each = values.iter().map(|value| {
            let (dtype, shape) = self.resolved.types.get(value.as_ref()?)?.clone();
            Some(Known {
                dtype: Some(dtype),
                shape: Some(shape),
                value: None,
            })
        });
        each.collect()
    }
}

/// Whether the first of `after` have the types and shapes of `before`, so that each trip is like the first.
fn is_alike(before: &[Known], after: &[Known]) -> bool {
    let same = |one: &Known, other: &Known| one.dtype == other.dtype && one.shape == other.shape;
    before.len() <= after.len()
        && before
            .iter()
            .zip(after)
            .all(|(one, other)| same(one, other))
}
