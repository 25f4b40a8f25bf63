//! Operators that move elements without choosing among them: reshapes, transpositions, joins.

use super::super::at::At;
use super::super::problem::Problem;
use super::super::variables::Var;
use super::{Rule, tell};

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Reshape" => reshape,
        "Flatten" | "Squeeze" | "Unsqueeze" => |at, problem| {
            regroup(problem, at.x(0), at.y(0));
            Some(())
        },
        "Transpose" => transpose,
        "Concat" => concat,
        "DepthToSpace" => |at, problem| blocks(at, problem, at.x(0), at.y(0)),
        "SpaceToDepth" => |at, problem| blocks(at, problem, at.y(0), at.x(0)),
        "Tile" => tile,
        "ConstantOfShape" => |at, problem| tell(at, problem, 0, at.y(0)),
        _ => return None,
    })
}

/// Ties axes that are split, joined or kept, in the smallest groups whose products agree.
fn regroup(problem: &mut Problem, from: &[Var], to: &[Var]) {
    let above_one = |problem: &Problem, axes: &[Var]| {
        let axes = axes.iter().copied().filter(|axis| problem.was(*axis) != 1);
        axes.collect::<Vec<_>>()
    };
    let mut from = above_one(problem, from).into_iter().peekable();
    let mut to = above_one(problem, to).into_iter().peekable();
    while let (Some(one), Some(other)) = (from.next(), to.next()) {
        let (mut left, mut right) = (vec![one], vec![other]);
        let (mut l, mut r) = (problem.was(one), problem.was(other));
        while l != r {
            let (side, product, more) = match l < r {
                true => (&mut left, &mut l, from.next()),
                false => (&mut right, &mut r, to.next()),
            };
            let Some(more) = more else { break };
            *product = product.saturating_mul(problem.was(more));
            side.push(more);
        }
        match (left.as_slice(), right.as_slice()) {
            ([one], [other]) => problem.unite(*one, *other),
            _ => problem.product(left, right),
        }
    }
}

fn reshape(at: &At, problem: &mut Problem) -> Option<()> {
    regroup(problem, at.x(0), at.y(0));
    tell(at, problem, 1, at.y(0))?;
    let copies = at.node.int("allowzero").unwrap_or(0) == 0;
    let zeros = at
        .ints(1)?
        .iter()
        .enumerate()
        .filter(|(_, size)| **size == 0 && copies);
    for (axis, _) in zeros {
        problem.unite(*at.x(0).get(axis)?, *at.y(0).get(axis)?);
    }
    Some(())
}

fn transpose(at: &At, problem: &mut Problem) -> Option<()> {
    let rank = at.x(0).len();
    let order = match at.node.ints("perm") {
        Some(order) => order.to_vec(),
        None => (0..rank as i64).rev().collect(),
    };
    for (output, axis) in at.y(0).iter().zip(order) {
        problem.unite(*output, at.x(0)[at.axis(axis, rank)?]);
    }
    Some(())
}

fn concat(at: &At, problem: &mut Problem) -> Option<()> {
    let axis = at.axis(at.node.int("axis")?, at.y(0).len())?;
    let mut parts = vec![];
    for input in 0..at.input_count() {
        for (place, (one, other)) in at.x(input).iter().zip(at.y(0)).enumerate() {
            match place == axis {
                true => parts.push(*one),
                false => problem.unite(*one, *other),
            }
        }
    }
    problem.sum(at.y(0)[axis], parts);
    Some(())
}

/// `deep` has the channels that `wide` has as rows and columns.
fn blocks(at: &At, problem: &mut Problem, deep: &[Var], wide: &[Var]) -> Option<()> {
    let side = at.node.int("blocksize")?;
    let ([batch, channels, maps @ ..], [other_batch, fewer, larger @ ..]) = (deep, wide) else {
        return None;
    };
    problem.unite(*batch, *other_batch);
    let area = problem.fixed(side * side);
    problem.product(vec![*channels], vec![*fewer, area]);
    for (small, large) in maps.iter().zip(larger) {
        let side = problem.fixed(side);
        problem.product(vec![*large], vec![*small, side]);
    }
    Some(())
}

fn tile(at: &At, problem: &mut Problem) -> Option<()> {
    let (repeats, tags) = (at.ints(1)?, at.tags(problem, 1));
    let axes = at.x(0).iter().zip(at.y(0));
    for ((input, output), (times, tag)) in axes.zip(repeats.iter().zip(tags)) {
        match (times, tag) {
            (1, _) => problem.unite(*input, *output),
            (_, Some(tag)) if problem.was(*input) == 1 => problem.unite(tag, *output),
            (times, tag) => {
                let times = tag.unwrap_or_else(|| problem.fixed(*times));
                problem.product(vec![*output], vec![*input, times]);
            }
        }
    }
    Some(())
}
