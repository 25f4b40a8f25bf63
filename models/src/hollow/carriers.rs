//! Which tensors carry shapes: what Reshape, Expand and their like are told, and all that it was made from.

use std::collections::BTreeSet;

use super::observe::{Observed, Operator, TensorId};
use super::problem::Problem;

/// Numbers from here on mean "to the end", not a size.
const ENDLESS: i64 = 1 << 30;

/// The integer tensors from which shapes are made, found by walking back from those that ask for a shape.
pub(super) fn find(observed: &Observed) -> BTreeSet<TensorId> {
    let asked = observed.operators.iter().flat_map(|operator| {
        let positions = shape_inputs(operator.node.op_type.as_str()).iter();
        positions.filter_map(|position| input(operator, *position))
    });
    let mut left: Vec<TensorId> = asked.collect();
    let mut found = BTreeSet::new();
    while let Some(tensor) = left.pop() {
        if observed.seen(tensor).integers.is_none() || !found.insert(tensor) {
            continue;
        }
        if let Some(maker) = observed.maker.get(&tensor) {
            let operator = &observed.operators[*maker];
            let sources = sources(operator).into_iter();
            left.extend(sources.filter_map(|position| input(operator, position)));
        }
    }
    found
}

/// Pins the shapes of carriers, and makes a size of each element of theirs that is constant.
pub(super) fn tag(problem: &mut Problem, observed: &Observed, carriers: &BTreeSet<TensorId>) {
    for carrier in carriers {
        problem.pin_tensor(*carrier);
        let seen = observed.seen(*carrier);
        let (Some(_), Some(elements)) = (&seen.constant, &seen.integers) else {
            continue;
        };
        let is_size = |element: &i64| (2..ENDLESS).contains(element);
        let tags = elements
            .iter()
            .map(|element| is_size(element).then(|| problem.variables.number(*element)));
        let tags = tags.collect();
        problem.tags.insert(*carrier, tags);
    }
}

fn input(operator: &Operator, position: usize) -> Option<TensorId> {
    operator.inputs.get(position).copied().flatten()
}

/// Inputs that say which sizes an operator's output has.
fn shape_inputs(op_type: &str) -> &'static [usize] {
    match op_type {
        "Reshape" | "Expand" | "Split" | "Tile" | "TopK" | "Pad" => &[1],
        "Slice" => &[1, 2],
        "ConstantOfShape" => &[0],
        "Range" => &[0, 1, 2],
        "Resize" => &[3],
        _ => &[],
    }
}

/// Inputs of which the elements of the output are made.
fn sources(operator: &Operator) -> Vec<usize> {
    match operator.node.op_type.as_str() {
        "Gather" | "Slice" | "Unsqueeze" | "Squeeze" | "Reshape" | "Cast" | "Identity"
        | "ReduceProd" | "Split" | "Flatten" | "Expand" | "Neg" => vec![0],
        "Where" => vec![1, 2],
        "Concat" | "Add" | "Sub" | "Mul" | "Div" | "Min" | "Max" | "Mod" => {
            (0..operator.inputs.len()).collect()
        }
        _ => vec![],
    }
}
