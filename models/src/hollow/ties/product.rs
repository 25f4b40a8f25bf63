//! Products of matrices and sums over letters.

use super::super::at::At;
use super::super::problem::Problem;
use super::super::variables::Var;
use super::Rule;
use super::elementwise::broadcast;

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "MatMul" => |at, problem| matmul(problem, at.x(0), at.x(1), at.y(0)),
        "FusedMatMul" => fused,
        "MatMulInteger" => integer,
        "QLinearMatMul" => quantised,
        "Gemm" => gemm,
        "Einsum" => einsum,
        _ => return None,
    })
}

fn matmul(problem: &mut Problem, a: &[Var], b: &[Var], y: &[Var]) -> Option<()> {
    let inner = match b {
        [one] => *one,
        [.., rows, _] => *rows,
        [] => return None,
    };
    problem.unite(*a.last()?, inner);
    let mut rest = y;
    if let [.., _, columns] = b {
        let (last, before) = rest.split_last()?;
        problem.unite(*columns, *last);
        rest = before;
    }
    if let [.., rows, _] = a {
        let (last, before) = rest.split_last()?;
        problem.unite(*rows, *last);
        rest = before;
    }
    for operand in [a, b] {
        let outer = operand.len().saturating_sub(2);
        broadcast(problem, &operand[..outer], rest);
    }
    Some(())
}

fn fused(at: &At, problem: &mut Problem) -> Option<()> {
    let flag = |name| at.node.int(name).unwrap_or(0) != 0;
    if flag("transBatchA") || flag("transBatchB") {
        return None;
    }
    let turned = |axes: &[Var], turn: bool| {
        let mut axes = axes.to_vec();
        if let (true, [.., one, other]) = (turn, axes.as_mut_slice()) {
            std::mem::swap(one, other);
        }
        axes
    };
    let (a, b) = (
        turned(at.x(0), flag("transA")),
        turned(at.x(1), flag("transB")),
    );
    matmul(problem, &a, &b, at.y(0))
}

fn integer(at: &At, problem: &mut Problem) -> Option<()> {
    matmul(problem, at.x(0), at.x(1), at.y(0))?;
    per_channel(problem, at.x(2), at.y(0).iter().rev().nth(1));
    per_channel(problem, at.x(3), at.y(0).last());
    Some(())
}

fn quantised(at: &At, problem: &mut Problem) -> Option<()> {
    matmul(problem, at.x(0), at.x(3), at.y(0))?;
    for input in [4, 5, 6, 7] {
        per_channel(problem, at.x(input), at.y(0).last());
    }
    Some(())
}

/// Ties a vector of scales or zero points to the axis that it belongs to.
fn per_channel(problem: &mut Problem, vector: &[Var], axis: Option<&Var>) {
    if let ([one], Some(axis)) = (vector, axis) {
        problem.unite_equal(*one, *axis);
    }
}

fn gemm(at: &At, problem: &mut Problem) -> Option<()> {
    let turned = |axes: &[Var], name| match (axes, at.node.int(name).unwrap_or(0)) {
        ([rows, columns], 0) => Some((*rows, *columns)),
        ([rows, columns], _) => Some((*columns, *rows)),
        _ => None,
    };
    let (a, b) = (turned(at.x(0), "transA")?, turned(at.x(1), "transB")?);
    let [rows, columns] = at.y(0) else {
        return None;
    };
    problem.unite(a.1, b.0);
    problem.unite(a.0, *rows);
    problem.unite(b.1, *columns);
    broadcast(problem, at.x(2), at.y(0));
    Some(())
}

fn einsum(at: &At, problem: &mut Problem) -> Option<()> {
    let equation: String = at.node.string("equation")?.split_whitespace().collect();
    let (inputs, output) = equation.split_once("->")?;
    let sides = inputs.split(',').chain([output]);
    let tensors = (0..at.input_count())
        .map(|input| at.x(input))
        .chain([at.y(0)]);
    let mut first = std::collections::BTreeMap::new();
    for (letters, axes) in sides.zip(tensors) {
        if letters.chars().count() != axes.len() || letters.contains('.') {
            return None;
        }
        for (letter, axis) in letters.chars().zip(axes) {
            problem.unite_equal(*first.entry(letter).or_insert(*axis), *axis);
        }
    }
    Some(())
}
