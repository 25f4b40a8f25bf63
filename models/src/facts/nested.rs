//! What the graphs within an operator cost.

use super::Facts;
use super::traffic::Moved;
use crate::cost::Cost;
use crate::graph::Node;
use crate::nested::nested_graphs;
use crate::resolve::{Inside, Resolved, inside};

/// Cost and traffic of what an operator executes within.
pub(super) struct Within {
    pub cost: Cost,
    pub moved: Moved,
}

/// Those of the costliest of the graphs that one request executes, or why they are not known; `None` for an operator
/// without graphs.
pub(super) fn graphs(resolved: &Resolved, node: &Node) -> Option<Result<Within, String>> {
    (!nested_graphs(node).is_empty()).then(|| costliest(resolved, node))
}

fn costliest(resolved: &Resolved, node: &Node) -> Result<Within, String> {
    let unknown = || "what is executed within depends on the data".to_owned();
    let graphs = inside(resolved, node).ok_or_else(unknown)?;
    let each = graphs
        .iter()
        .map(within)
        .collect::<Result<Vec<_>, String>>()?;
    let costliest = each.into_iter().max_by_key(|within| within.cost.flops());
    costliest.ok_or_else(unknown)
}

fn within(graph: &Inside) -> Result<Within, String> {
    let facts = Facts::of(&graph.resolved);
    if let Some(unknown) = facts.unknown_cost.first() {
        return Err(format!(
            "within it, {} '{}': {}",
            unknown.op_type, unknown.name, unknown.reason
        ));
    }
    let times = |once: u64| once.saturating_mul(graph.times);
    let parts = facts.by_class.iter();
    let parts = parts.map(|class| (class.class, times(class.flops.as_operations())));
    let operators = || facts.per_operator.iter();
    let sum = |bytes: u64, more: Option<tare_units::Bytes>| {
        bytes.saturating_add(more.map_or(0, |more| more.as_bytes()))
    };
    Ok(Within {
        cost: Cost {
            parts: parts.collect(),
            macs: times(facts.macs),
            linear_macs: times(facts.macs_linear),
            normalised: times(facts.macs_paper.saturating_sub(facts.macs_linear) / 4),
        },
        moved: Moved {
            read: times(operators().fold(0, |all, one| sum(all, one.bytes_read))),
            written: times(operators().fold(0, |all, one| sum(all, one.bytes_written))),
        },
    })
}
