//! Quantisation: the shape stays, with a scale and a zero point for all, for each channel, or for each block.

use super::super::at::At;
use super::super::problem::Problem;
use super::Rule;

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    matches!(op_type, "QuantizeLinear" | "DequantizeLinear").then_some(quantise as Rule)
}

fn quantise(at: &At, problem: &mut Problem) -> Option<()> {
    if at.node.int("block_size").unwrap_or(0) != 0 {
        return None;
    }
    problem.unite_all(at.x(0), at.y(0));
    for input in [1, 2] {
        let [one] = at.x(input) else { continue };
        if problem.was(*one) > 1 {
            let axis = at.axis(at.node.int("axis").unwrap_or(1), at.x(0).len())?;
            problem.unite(*one, at.x(0)[axis]);
        }
    }
    Some(())
}
