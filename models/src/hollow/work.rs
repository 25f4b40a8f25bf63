//! What each operator of a graph works on, so that a twin can be held against its original operator by operator.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::graph::{Node, ValueId};
use crate::nested::nested_graphs;
use crate::resolve::{Resolved, inside};

/// One operator's work.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Work {
    /// Its kind and name.
    pub what: String,
    /// Operations; `None` where its cost is not known.
    pub flops: Option<f64>,
    /// Elements that it gives, and those that operators within it give; `None` where a size is not known.
    pub elements: Option<f64>,
    /// Elements of its inputs and outputs.
    around: Option<f64>,
    has_graphs: bool,
}

impl Work {
    /// Whether all of it is counted.
    pub fn is_counted(&self) -> bool {
        self.flops.is_some() && self.elements.is_some()
    }

    /// Whether it sees no more than `share` of what `original` sees: then it does little, whatever it does.
    pub fn is_small_beside(&self, original: &Self, share: f64) -> bool {
        let sizes = self.around.zip(original.around);
        !self.has_graphs && sizes.is_some_and(|(own, original)| own <= share * original)
    }
}

/// The work of each operator, by the name of its first output.
pub(super) fn of(resolved: &Resolved) -> BTreeMap<String, Work> {
    let facts = Facts::of(resolved);
    let operators = resolved.graph.nodes.iter().zip(&facts.per_operator);
    let works = operators.map(|(node, facts)| {
        let first = node.outputs.iter().flatten().next();
        let name = first.map_or("", |value| resolved.graph.name_of(*value));
        let work = Work {
            what: format!("{} '{}'", node.op_type, node.name),
            flops: facts.flops.map(|flops| flops.as_operations() as f64),
            elements: elements_of(resolved, node),
            around: sum(resolved, node.inputs.iter().chain(&node.outputs)),
            has_graphs: !nested_graphs(node).is_empty(),
        };
        (name.to_owned(), work)
    });
    works.collect()
}

fn elements(resolved: &Resolved) -> Option<f64> {
    let nodes = resolved.graph.nodes.iter();
    nodes.map(|node| elements_of(resolved, node)).sum()
}

fn elements_of(resolved: &Resolved, node: &Node) -> Option<f64> {
    let given = sum(resolved, node.outputs.iter())?;
    if nested_graphs(node).is_empty() {
        return Some(given);
    }
    let within = inside(resolved, node)?.into_iter();
    let within = within.map(|graph| Some(graph.times as f64 * elements(&graph.resolved)?));
    let most = within.collect::<Option<Vec<f64>>>()?;
    Some(given + most.into_iter().fold(0.0, f64::max))
}

fn sum<'v>(resolved: &Resolved, values: impl Iterator<Item = &'v Option<ValueId>>) -> Option<f64> {
    let counts = values.flatten().map(|value| {
        let (_, shape) = resolved.types.get(value)?;
        Some(shape.iter().map(|size| *size as f64).product::<f64>())
    });
    counts.sum()
}
