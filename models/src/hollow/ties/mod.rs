//! What each kind of operator ties: which of its sizes are equal, sums, products, or functions of others.

mod convolution;
mod elementwise;
mod indexing;
mod layout;
mod normalise;
mod pool;
mod product;
mod quantise;
mod recurrent;
mod reduce;
mod resample;
mod slicing;

use std::collections::BTreeSet;

use crate::nested::nested_graphs;

use super::at::At;
use super::observe::{Observed, TensorId};
use super::problem::{Opaque, Problem};
use super::tags;
use super::variables::Var;

/// Adds the ties of one operator; `None` where it has a form that they do not cover.
type Rule = fn(&At, &mut Problem) -> Option<()>;

/// Adds the ties of every operator; one without a rule, or of unknown shapes, keeps all its sizes.
pub(super) fn add(problem: &mut Problem, observed: &Observed, carriers: &BTreeSet<TensorId>) {
    for position in 0..observed.operators.len() {
        problem.current = position;
        let tied = match At::new(observed, problem, position) {
            None => Err(Opaque::Shapes),
            Some(at) => operator(problem, observed, carriers, &at).ok_or(Opaque::Rule),
        };
        if let Err(why) = tied {
            problem.opaque.insert(position, why);
            pin(problem, observed, position);
        }
    }
}

/// Keeps all sizes around an operator.
pub(super) fn pin(problem: &mut Problem, observed: &Observed, position: usize) {
    let operator = &observed.operators[position];
    let tensors = operator.inputs.iter().chain(&operator.outputs).flatten();
    tensors.for_each(|tensor| problem.pin_tensor(*tensor));
}

fn operator(
    problem: &mut Problem,
    observed: &Observed,
    carriers: &BTreeSet<TensorId>,
    at: &At,
) -> Option<()> {
    if !nested_graphs(at.node).is_empty() {
        return None;
    }
    pin_parameters(problem, at);
    let first = observed.operators[problem.current]
        .outputs
        .first()
        .copied()
        .flatten();
    if let Some(output) = first.filter(|output| carriers.contains(output)) {
        tags::propagate(problem, at, output);
    }
    rule(at)?(at, problem)
}

/// Inputs that hold axes, pads, places or steps: how many there are follows from ranks.
fn pin_parameters(problem: &mut Problem, at: &At) {
    let parameters: &[usize] = match at.node.op_type.as_str() {
        "Pad" => &[1, 3],
        "Slice" => &[1, 2, 3, 4],
        "Resize" => &[1, 2, 3],
        "Squeeze" | "Unsqueeze" | "Upsample" | "Split" | "Tile" | "TopK" | "CumSum" | "Reshape"
        | "Expand" | "Trilu" => &[1],
        name if name.starts_with("Reduce") => &[1],
        _ => &[],
    };
    for parameter in parameters {
        problem.pin(at.x(*parameter));
    }
}

fn rule(at: &At) -> Option<Rule> {
    let op_type = at.node.op_type.as_str();
    match at.node.domain.as_str() {
        "" => standard(op_type),
        "com.microsoft" => contributed(op_type),
        _ => None,
    }
}

fn standard(op_type: &str) -> Option<Rule> {
    elementwise::rule(op_type)
        .or_else(|| product::rule(op_type))
        .or_else(|| convolution::rule(op_type))
        .or_else(|| pool::rule(op_type))
        .or_else(|| normalise::rule(op_type))
        .or_else(|| layout::rule(op_type))
        .or_else(|| slicing::rule(op_type))
        .or_else(|| indexing::rule(op_type))
        .or_else(|| reduce::rule(op_type))
        .or_else(|| resample::rule(op_type))
        .or_else(|| quantise::rule(op_type))
        .or_else(|| recurrent::rule(op_type))
}

/// Operators of ONNX Runtime's own set that are spelled out in exported files.
fn contributed(op_type: &str) -> Option<Rule> {
    match op_type {
        "Gelu" | "FastGelu" | "QuickGelu" | "BiasGelu" => elementwise::rule("Add"),
        "FusedMatMul" => product::rule(op_type),
        "DequantizeLinear" | "QuantizeLinear" => quantise::rule(op_type),
        "SkipLayerNormalization" | "SkipSimplifiedLayerNormalization" => normalise::rule(op_type),
        _ => None,
    }
}

/// Ties each element that an operator is told to the size that it says; a number that cannot be followed keeps its size.
fn tell(at: &At, problem: &mut Problem, input: usize, axes: &[Var]) -> Option<()> {
    let numbers = at.ints(input)?;
    let tags = at.tags(problem, input);
    for ((tag, number), axis) in tags.into_iter().zip(numbers).zip(axes) {
        match tag {
            _ if *number != problem.was(*axis) => {}
            Some(tag) => problem.unite(tag, *axis),
            None => problem.pin(&[*axis]),
        }
    }
    Some(())
}
