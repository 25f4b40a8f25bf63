//! The operators that pass numbers on unchanged, or changed by a known constant.

use super::walk::{Step, Walker, inward};
use crate::graph::{Attribute, Node};
use crate::tensor::Tensor;

const FROM_FIRST: [&str; 20] = [
    "Abs",
    "Cast",
    "CastLike",
    "Clip",
    "DepthToSpace",
    "Dropout",
    "Expand",
    "Flatten",
    "Gather",
    "GatherElements",
    "GatherND",
    "Identity",
    "ReduceMax",
    "ReduceMin",
    "Reshape",
    "Slice",
    "Split",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
];
const FROM_ANY: [&str; 3] = ["Concat", "Max", "Min"];

/// Where the numbers go that enter `node` at `input`.
pub(super) fn onward<'g>(
    walker: &Walker<'g, '_>,
    step: &Step<'g>,
    node: &'g Node,
    input: usize,
) -> Vec<Step<'g>> {
    let op = node.op_type.as_str();
    let passes = match op {
        "Add" => true,
        "Sub" | "Tile" | "Pad" => input == 0,
        "Where" => input > 0,
        "Loop" | "Scan" => return into_body(step, node, input),
        _ => FROM_ANY.contains(&op) || (input == 0 && FROM_FIRST.contains(&op)),
    };
    if !passes {
        return Vec::new();
    }
    let (least, most) = added(walker, step, node, input).unwrap_or((0, 0));
    let graph = step.graph();
    let names = node.outputs.iter().flatten();
    let names = names.filter_map(|output| graph.map(|graph| graph.name_of(*output)));
    let onward = names.map(|name| Step {
        name,
        added_least: step.added_least.saturating_add(least),
        added_most: step.added_most.saturating_add(most),
        is_part: step.is_part || op == "Concat",
        ..step.clone()
    });
    onward.collect()
}

/// The least and the most that `node` adds where it adds constants.
fn added<'g>(
    walker: &Walker<'g, '_>,
    step: &Step<'g>,
    node: &Node,
    input: usize,
) -> Option<(i64, i64)> {
    let (least, most) = match node.op_type.as_str() {
        "Add" => range(walker.constant(step, node, 1 - input.min(1))?)?,
        "Sub" => {
            let (least, most) = range(walker.constant(step, node, 1)?)?;
            (most.saturating_neg(), least.saturating_neg())
        }
        _ => return None,
    };
    Some((least, most))
}

fn range(constant: &Tensor) -> Option<(i64, i64)> {
    let numbers = integers(constant)?;
    Some((*numbers.iter().min()?, *numbers.iter().max()?))
}

/// The numbers of an integer tensor.
pub(super) fn integers(tensor: &Tensor) -> Option<Vec<i64>> {
    if let Some(numbers) = tensor.values::<i64>() {
        return Some(numbers.into_owned());
    }
    let numbers = tensor.values::<i32>()?;
    Some(numbers.iter().copied().map(i64::from).collect())
}

/// The body's input that the operator's `input` becomes.
fn into_body<'g>(step: &Step<'g>, node: &'g Node, input: usize) -> Vec<Step<'g>> {
    let Some(Attribute::Graph(body)) = node.attributes.get("body") else {
        return Vec::new();
    };
    let is_control = node.op_type == "Loop" && input < 2;
    let inner = body.inputs.get(input).filter(|_| !is_control);
    inner
        .map(|inner| inward(step, body, &inner.name))
        .into_iter()
        .collect()
}
