//! Normalisations: the input's shape, with a scale for each channel or each element of the last axes.

use super::super::at::At;
use super::super::problem::Problem;
use super::Rule;
use super::elementwise::broadcast;

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "BatchNormalization" | "InstanceNormalization" => channels,
        "GroupNormalization" => groups,
        "LayerNormalization"
        | "RMSNormalization"
        | "SimplifiedLayerNormalization"
        | "SkipLayerNormalization"
        | "SkipSimplifiedLayerNormalization" => last_axes,
        _ => return None,
    })
}

fn channels(at: &At, problem: &mut Problem) -> Option<()> {
    problem.unite_all(at.x(0), at.y(0));
    let channels = *at.x(0).get(1)?;
    for input in 1..at.input_count() {
        if let [one] = at.x(input) {
            problem.unite_equal(*one, channels);
        }
    }
    Some(())
}

fn groups(at: &At, problem: &mut Problem) -> Option<()> {
    channels(at, problem)?;
    let groups = at.node.int("num_groups").filter(|groups| *groups > 0)?;
    let all = *at.x(0).get(1)?;
    for input in [1, 2] {
        let [scale] = at.x(input) else { return None };
        if problem.was(*scale) == groups && problem.was(all) != groups {
            problem.pin(&[*scale]);
        }
    }
    let each = problem.was(all) / groups;
    let (groups, each) = (problem.fixed(groups), problem.free(each));
    problem.product(vec![all], vec![groups, each]);
    Some(())
}

fn last_axes(at: &At, problem: &mut Problem) -> Option<()> {
    for input in 0..at.input_count() {
        broadcast(problem, at.x(input), at.y(0));
    }
    let first = at.y(0).to_vec();
    for output in at
        .outputs()
        .skip(1)
        .filter(|output| output.len() == first.len())
    {
        for (one, other) in output.iter().zip(&first) {
            problem.unite_equal(*one, *other);
        }
    }
    Some(())
}
