//! Convolutions: kernels keep their size, channels are tied through the groups, maps follow the window.

use super::super::at::At;
use super::super::constraint::Rule as Follows;
use super::super::problem::Problem;
use super::super::variables::Var;
use super::Rule;
use super::pool::follow_windows;

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Conv" | "ConvInteger" => |at, problem| convolution(at, problem, 1, 2),
        "QLinearConv" => quantised,
        "ConvTranspose" => transposed,
        _ => return None,
    })
}

fn convolution(at: &At, problem: &mut Problem, weight: usize, bias: usize) -> Option<()> {
    let ([batch, into, ..], [out_batch, out, ..]) = (at.x(0), at.y(0)) else {
        return None;
    };
    let [filters, depth, kernel @ ..] = at.x(weight) else {
        return None;
    };
    problem.unite(*batch, *out_batch);
    problem.unite(*filters, *out);
    problem.pin(kernel);
    problem.channels.extend([*into, *filters, *depth]);
    match at.node.int("group").unwrap_or(1) {
        1 => problem.unite(*into, *depth),
        groups => {
            let groups = group(problem, groups);
            split(problem, *into, groups, *depth);
            let each = problem.was(*filters) / problem.was(groups).max(1);
            let each = problem.free(each);
            problem.channels.push(each);
            split(problem, *filters, groups, each);
        }
    }
    if at.node.op_type != "ConvInteger" {
        follow_vector(problem, at.x(bias), *out);
    }
    let sizes: Vec<i64> = kernel.iter().map(|axis| problem.was(*axis)).collect();
    follow_windows(at, problem, &sizes)
}

fn quantised(at: &At, problem: &mut Problem) -> Option<()> {
    convolution(at, problem, 3, 8)?;
    for input in [4, 5] {
        follow_vector(problem, at.x(input), *at.y(0).get(1)?);
    }
    Some(())
}

/// Ties a bias, or one number a filter, to the channels.
fn follow_vector(problem: &mut Problem, vector: &[Var], channels: Var) {
    if let [one] = vector {
        problem.unite_equal(*one, channels);
    }
}

fn group(problem: &mut Problem, groups: i64) -> Var {
    let groups = problem.free(groups);
    problem.rewrite("group", vec![groups]);
    groups
}

/// Channels that are so many in each group.
fn split(problem: &mut Problem, all: Var, groups: Var, each: Var) {
    if problem.was(each) == 1 {
        problem.unite(all, groups);
    } else if problem.was(groups) == 1 {
        problem.unite(all, each);
    } else {
        problem.product(vec![all], vec![groups, each]);
    }
}

fn transposed(at: &At, problem: &mut Problem) -> Option<()> {
    let ([batch, into, maps @ ..], [out_batch, out, out_maps @ ..]) = (at.x(0), at.y(0)) else {
        return None;
    };
    let [depth, filters, kernel @ ..] = at.x(1) else {
        return None;
    };
    problem.unite(*batch, *out_batch);
    problem.unite(*into, *depth);
    problem.pin(kernel);
    problem.channels.extend([*into, *filters, *depth]);
    match at.node.int("group").unwrap_or(1) {
        1 => problem.unite(*filters, *out),
        groups => {
            let groups = group(problem, groups);
            split(problem, *out, groups, *filters);
            let each = problem.was(*into) / problem.was(groups).max(1);
            let each = problem.free(each);
            split(problem, *into, groups, each);
        }
    }
    follow_vector(problem, at.x(2), *out);
    let rules = upward(at, problem, kernel)?;
    for (axis, rule) in rules.into_iter().enumerate() {
        problem.follow_on_map(*out_maps.get(axis)?, *maps.get(axis)?, rule, Some(axis));
    }
    Some(())
}

fn upward(at: &At, problem: &Problem, kernel: &[Var]) -> Option<Vec<Follows>> {
    let rank = kernel.len();
    let list = |name, default, count| {
        let list = at.node.ints(name).map(<[i64]>::to_vec);
        list.unwrap_or_else(|| vec![default; count])
    };
    let (strides, dilations) = (list("strides", 1, rank), list("dilations", 1, rank));
    let (pads, extra) = (list("pads", 0, 2 * rank), list("output_padding", 0, rank));
    let rules = kernel.iter().enumerate().map(|(axis, size)| {
        Some(Follows::Transposed {
            kernel: problem.was(*size),
            stride: *strides.get(axis)?,
            dilation: *dilations.get(axis)?,
            padding: pads.get(axis)? + pads.get(axis + rank)?,
            extra: *extra.get(axis)?,
        })
    });
    rules.collect()
}
