//! Reductions: the axes that stay are the input's.

use super::super::at::At;
use super::super::problem::Problem;
use super::Rule;

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    let reduces = op_type.starts_with("Reduce") || matches!(op_type, "ArgMax" | "ArgMin");
    reduces.then_some(reduce as Rule)
}

fn reduce(at: &At, problem: &mut Problem) -> Option<()> {
    let rank = at.x(0).len();
    let axes = match at.node.op_type.as_str() {
        "ArgMax" | "ArgMin" => vec![at.axis(at.node.int("axis").unwrap_or(0), rank)?],
        _ if at.node.int("noop_with_empty_axes") == Some(1) && at.tensor(1).is_none() => vec![],
        _ => match at.axes(1, rank)? {
            axes if axes.is_empty() => (0..rank).collect(),
            axes => axes,
        },
    };
    let keeps = at.node.int("keepdims").unwrap_or(1) != 0;
    let mut outputs = at.y(0).iter();
    for (axis, input) in at.x(0).iter().enumerate() {
        let is_reduced = axes.contains(&axis);
        if is_reduced && !keeps {
            continue;
        }
        let output = outputs.next()?;
        if !is_reduced {
            problem.unite(*input, *output);
        }
    }
    Some(())
}
