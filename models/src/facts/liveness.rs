//! The most bytes of activations that live at once when operators run in order and values are dropped after last use.

use std::collections::HashMap;

use super::traffic::bytes_of;
use crate::cost::is_view;
use crate::graph::{Node, ValueId};
use crate::resolve::Resolved;

/// Inputs live from the start, outputs to the end; a view lives in what it shows; constants do not count.
pub(super) fn peak(resolved: &Resolved) -> u64 {
    let nodes = &resolved.graph.nodes;
    let owners = owners(nodes);
    let owner = |value: &ValueId| *owners.get(value).unwrap_or(value);
    let mut last_use: HashMap<ValueId, usize> = HashMap::new();
    for (position, node) in nodes.iter().enumerate() {
        for value in node.inputs.iter().chain(&node.outputs).flatten() {
            last_use.insert(owner(value), position);
        }
    }
    for output in &resolved.graph.outputs {
        last_use.insert(owner(&output.value), usize::MAX);
    }
    let mut ends: HashMap<usize, Vec<ValueId>> = HashMap::new();
    for (value, position) in &last_use {
        ends.entry(*position).or_default().push(*value);
    }
    let bytes = |value: &ValueId| match resolved.graph.constants.contains_key(value) {
        true => 0,
        false => bytes_of(resolved, *value).unwrap_or(0),
    };
    let inputs = resolved
        .graph
        .inputs
        .iter()
        .map(|input| bytes(&input.value));
    let mut live = inputs.fold(0, u64::saturating_add);
    let mut peak = live;
    for (position, node) in nodes.iter().enumerate() {
        let made = node
            .outputs
            .iter()
            .flatten()
            .filter(|value| owner(value) == **value);
        live = made.map(bytes).fold(live, u64::saturating_add);
        peak = peak.max(live);
        let ended = ends.get(&position).into_iter().flatten();
        live = ended.map(bytes).fold(live, u64::saturating_sub);
    }
    peak
}

/// The value whose memory each view shows.
fn owners(nodes: &[Node]) -> HashMap<ValueId, ValueId> {
    let mut owners = HashMap::new();
    for node in nodes.iter().filter(|node| is_view(&node.op_type)) {
        if let (Some(from), Some(to)) = (node.input(0), node.output(0)) {
            let owner = owners.get(&from).copied().unwrap_or(from);
            owners.insert(to, owner);
        }
    }
    owners
}
