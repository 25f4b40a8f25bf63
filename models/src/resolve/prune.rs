//! Drops what no output needs.

use std::collections::HashSet;

use crate::graph::{Graph, ValueId};
use crate::nested::nested_graphs;

/// Removes operators whose outputs are constant or unused, and constants that nothing reads; returns what is left.
pub(super) fn prune(graph: &mut Graph) -> HashSet<ValueId> {
    let captured = captured_values(graph);
    let mut live: HashSet<ValueId> = graph.outputs.iter().map(|output| output.value).collect();
    live.extend(captured);
    let mut kept = vec![];
    for node in std::mem::take(&mut graph.nodes).into_iter().rev() {
        let mut outputs = node.outputs.iter().flatten();
        if outputs.any(|output| live.contains(output) && !graph.constants.contains_key(output)) {
            live.extend(node.inputs.iter().flatten());
            live.extend(node.outputs.iter().flatten());
            kept.push(node);
        }
    }
    kept.reverse();
    graph.nodes = kept;
    graph.constants.retain(|value, _| live.contains(value));
    live
}

/// Values that graphs inside operators read, by name, from the graph around them.
fn captured_values(graph: &Graph) -> Vec<ValueId> {
    let inner = graph.nodes.iter().flat_map(nested_graphs);
    let names: HashSet<&str> = inner
        .flat_map(|(_, inner)| inner.captured_names())
        .collect();
    if names.is_empty() {
        return vec![];
    }
    let values = graph.value_names.iter().zip(0..);
    values
        .filter(|(name, _)| names.contains(name.as_str()))
        .map(|(_, number)| ValueId(number))
        .collect()
}
