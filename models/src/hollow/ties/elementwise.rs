//! Operators that work element by element: every output has its input's axes, or those of all inputs broadcast.

use super::super::at::At;
use super::super::problem::Problem;
use super::super::variables::Var;
use super::{Rule, tell};

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    match op_type {
        "Expand" => Some(expand),
        _ if OF_ONE.contains(&op_type) => Some(same),
        _ if OF_SEVERAL.contains(&op_type) => Some(all),
        _ => None,
    }
}

/// Each output is as large as the first input.
const OF_ONE: [&str; 55] = [
    "Abs",
    "Acos",
    "Acosh",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "BitwiseNot",
    "Cast",
    "CastLike",
    "Ceil",
    "Celu",
    "Clip",
    "Cos",
    "Cosh",
    "CumSum",
    "Dropout",
    "DynamicQuantizeLinear",
    "Elu",
    "Erf",
    "Exp",
    "Floor",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "Hardmax",
    "Identity",
    "IsInf",
    "IsNaN",
    "LRN",
    "LeakyRelu",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "Mish",
    "Neg",
    "Not",
    "Reciprocal",
    "Relu",
    "Round",
    "Selu",
    "Shrink",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Softmax",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Swish",
    "Tan",
    "Tanh",
    "ThresholdedRelu",
    "Trilu",
];

/// The output is as large as all inputs broadcast.
const OF_SEVERAL: [&str; 24] = [
    "Add",
    "And",
    "BitShift",
    "BitwiseAnd",
    "BitwiseOr",
    "BitwiseXor",
    "Div",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Max",
    "Mean",
    "Min",
    "Mod",
    "Mul",
    "Or",
    "PRelu",
    "Pow",
    "Sub",
    "Sum",
    "Where",
    "Xor",
];

fn same(at: &At, problem: &mut Problem) -> Option<()> {
    for output in at.outputs().filter(|output| output.len() == at.x(0).len()) {
        problem.unite_all(at.x(0), output);
    }
    Some(())
}

fn all(at: &At, problem: &mut Problem) -> Option<()> {
    for input in 0..at.input_count() {
        broadcast(problem, at.x(input), at.y(0));
    }
    Some(())
}

/// Ties the axes of `small` to the last ones of `large`, but those that are repeated.
pub(super) fn broadcast(problem: &mut Problem, small: &[Var], large: &[Var]) {
    for (one, other) in small.iter().rev().zip(large.iter().rev()) {
        problem.unite_equal(*one, *other);
    }
}

fn expand(at: &At, problem: &mut Problem) -> Option<()> {
    broadcast(problem, at.x(0), at.y(0));
    let told = at.ints(1)?.len();
    let last = at.y(0).len().checked_sub(told)?;
    tell(at, problem, 1, &at.y(0)[last..])
}
