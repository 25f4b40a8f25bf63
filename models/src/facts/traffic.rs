//! Bytes that operators read and write, and those that any way of running the graph must move.

use std::collections::{BTreeMap, HashSet};

use crate::cost::{is_view, reads_what_it_gives};
use crate::graph::{Node, ValueId};
use crate::resolve::Resolved;
use crate::tensor::byte_len;

/// Bytes that one operator moves.
pub(super) struct Moved {
    pub read: u64,
    pub written: u64,
}

impl Moved {
    /// Both.
    pub fn and(&self, other: &Self) -> Self {
        Self {
            read: self.read.saturating_add(other.read),
            written: self.written.saturating_add(other.written),
        }
    }
}

/// Bytes of a value; `None` where its shape is not known.
pub(super) fn bytes_of(resolved: &Resolved, value: ValueId) -> Option<u64> {
    let (dtype, shape) = resolved.types.get(&value)?;
    byte_len(*dtype, shape)
}

/// What an operator reads, each input once, and writes; or which value is of unknown size.
pub(super) fn moved(resolved: &Resolved, node: &Node) -> Result<Moved, String> {
    let written = total(resolved, node.outputs.iter().flatten())?;
    if is_view(&node.op_type) || matches!(node.op_type.as_str(), "Shape" | "Size") {
        return Ok(Moved {
            read: 0,
            written: 0,
        });
    }
    let mut seen = HashSet::new();
    let mut read = 0u64;
    for (index, input) in node.inputs.iter().enumerate() {
        let Some(input) = input.filter(|input| seen.insert(*input)) else {
            continue;
        };
        let bytes = sized(resolved, input)?;
        let selected = if selects_rows(node, index) {
            bytes.min(written)
        } else {
            bytes
        };
        read = read.saturating_add(selected);
    }
    Ok(Moved { read, written })
}

/// Whether the operator reads only the part of this input that it gives.
fn selects_rows(node: &Node, index: usize) -> bool {
    match node.op_type.as_str() {
        "EmbedLayerNormalization" => (2..5).contains(&index),
        op_type => index == 0 && reads_what_it_gives(op_type),
    }
}

fn sized(resolved: &Resolved, value: ValueId) -> Result<u64, String> {
    bytes_of(resolved, value).ok_or_else(|| {
        format!(
            "the size of '{}' is not known",
            resolved.graph.name_of(value)
        )
    })
}

fn total<'v>(
    resolved: &Resolved,
    values: impl Iterator<Item = &'v ValueId>,
) -> Result<u64, String> {
    values
        .map(|value| sized(resolved, *value))
        .try_fold(0, |sum: u64, bytes| Ok(sum.saturating_add(bytes?)))
}

/// Bytes of the constants that operators read, each once, of tables only what is selected.
pub(super) fn constants(resolved: &Resolved) -> u64 {
    let mut read: BTreeMap<ValueId, u64> = BTreeMap::new();
    for node in &resolved.graph.nodes {
        let written = total(resolved, node.outputs.iter().flatten());
        for (index, input) in node.inputs.iter().enumerate() {
            let constant = input.filter(|input| resolved.graph.constants.contains_key(input));
            let Some((value, whole)) = constant.and_then(|v| Some((v, bytes_of(resolved, v)?)))
            else {
                continue;
            };
            let part = match (&written, selects_rows(node, index)) {
                (Ok(written), true) => whole.min(*written),
                _ => whole,
            };
            let so_far = read.entry(value).or_default();
            *so_far = so_far.saturating_add(part).min(whole);
        }
    }
    read.into_values().fold(0, u64::saturating_add)
}
