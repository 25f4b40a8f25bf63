//! Execution order: every operator after those it reads from, otherwise as the file has it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use super::error::ModelError;
use super::name;
use crate::proto::{GraphProto, NodeProto};

/// Positions of `nodes` in an order in which each follows those it reads from, graphs nested in it included.
///
/// # Errors
/// [`ModelError::Cycle`], naming an operator in it.
pub(super) fn order(nodes: &[NodeProto]) -> Result<Vec<usize>, ModelError> {
    let before = predecessors(nodes);
    let mut after = vec![Vec::new(); nodes.len()];
    let mut waiting: Vec<usize> = before.iter().map(BTreeSet::len).collect();
    for (node, sources) in before.iter().enumerate() {
        for source in sources {
            after[*source].push(node);
        }
    }
    let free = (0..nodes.len()).filter(|node| waiting[*node] == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node);
        for next in &after[node] {
            waiting[*next] -= 1;
            if waiting[*next] == 0 {
                ready.push(Reverse(*next));
            }
        }
    }
    if order.len() == nodes.len() {
        return Ok(order);
    }
    let node = in_cycle(&before, &waiting);
    Err(ModelError::Cycle {
        node: name::node(&nodes[node], node),
    })
}

fn predecessors(nodes: &[NodeProto]) -> Vec<BTreeSet<usize>> {
    let mut producer = HashMap::new();
    for (position, node) in nodes.iter().enumerate() {
        for output in &node.output {
            producer.insert(output.as_str(), position);
        }
    }
    let sources = |node: &NodeProto| {
        let mut names = HashSet::new();
        reads(node, &mut names);
        names
            .iter()
            .filter_map(|name| producer.get(name))
            .copied()
            .collect()
    };
    nodes.iter().map(sources).collect()
}

/// Walks back from an operator that never became ready; the first one met twice is in a cycle.
fn in_cycle(before: &[BTreeSet<usize>], waiting: &[usize]) -> usize {
    let mut node = waiting.iter().position(|left| *left > 0).unwrap_or(0);
    let mut seen = HashSet::new();
    while seen.insert(node) {
        let stuck = before[node].iter().find(|source| waiting[**source] > 0);
        node = stuck.copied().unwrap_or(node);
    }
    node
}

/// Adds the names that `node` reads from the graph around it.
fn reads<'p>(node: &'p NodeProto, names: &mut HashSet<&'p str>) {
    names.extend(
        node.input
            .iter()
            .map(String::as_str)
            .filter(|name| !name.is_empty()),
    );
    for attribute in &node.attribute {
        for graph in attribute.g.iter().chain(&attribute.graphs) {
            captures(graph, names);
        }
    }
}

fn captures<'p>(graph: &'p GraphProto, names: &mut HashSet<&'p str>) {
    let mut inner = HashSet::new();
    inner.extend(
        graph
            .output
            .iter()
            .filter_map(|output| output.name.as_deref()),
    );
    for node in &graph.node {
        reads(node, &mut inner);
    }
    let inputs = graph.input.iter().filter_map(|input| input.name.as_deref());
    let constants = graph
        .initializer
        .iter()
        .filter_map(|tensor| tensor.name.as_deref());
    for name in inputs.chain(constants) {
        inner.remove(name);
    }
    for output in graph.node.iter().flat_map(|node| &node.output) {
        inner.remove(output.as_str());
    }
    names.extend(inner);
}
