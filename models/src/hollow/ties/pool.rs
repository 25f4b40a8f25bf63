//! Windows that slide over maps: pools, and the maps of convolutions.

use super::super::at::At;
use super::super::constraint::Rule as Follows;
use super::super::problem::Problem;
use super::super::variables::Var;
use super::Rule;

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "MaxPool" | "AveragePool" | "LpPool" => pool,
        "GlobalAveragePool" | "GlobalMaxPool" | "GlobalLpPool" => |at, problem| {
            problem.unite_all(at.x(0).get(..2)?, at.y(0).get(..2)?);
            Some(())
        },
        _ => return None,
    })
}

fn pool(at: &At, problem: &mut Problem) -> Option<()> {
    for output in at.outputs() {
        problem.unite_all(at.x(0).get(..2)?, output.get(..2)?);
    }
    let kernel = at.node.ints("kernel_shape")?;
    match covers_all(at, problem, kernel) {
        true => shrink_window(at, problem, kernel),
        false => follow_windows(at, problem, kernel),
    }
}

/// Whether the window has one place only and no map of it is smaller than the input's.
fn covers_all(at: &At, problem: &Problem, kernel: &[i64]) -> bool {
    let maps = at.x(0).iter().skip(2).zip(at.y(0).iter().skip(2));
    let mut maps = maps.zip(kernel).zip(padding(at, kernel.len()));
    kernel.iter().any(|size| *size > 1)
        && maps.all(|(((input, output), size), padding)| {
            let input = problem.was(*input);
            problem.was(*output) == 1 && (input..=input + padding).contains(size)
        })
}

/// The window follows its map.
fn shrink_window(at: &At, problem: &mut Problem, kernel: &[i64]) -> Option<()> {
    let most = at.node.ints("pads").into_iter().flatten().max().copied();
    let mut window = vec![];
    for (input, size) in at.x(0).iter().skip(2).zip(kernel) {
        if let Some(pad) = most.filter(|pad| *pad > 0) {
            problem.lowest(*input, pad + 1);
        }
        let own = problem.free(*size);
        match size - problem.was(*input) {
            0 => problem.unite(own, *input),
            more => {
                let more = problem.fixed(more);
                problem.sum(own, vec![*input, more]);
            }
        }
        window.push(own);
    }
    problem.rewrite("kernel_shape", window);
    Some(())
}

/// Ties each axis of the output's map to the input's by a window of this kernel.
pub(super) fn follow_windows(at: &At, problem: &mut Problem, kernel: &[i64]) -> Option<()> {
    let maps: Vec<(Var, Var)> = at
        .x(0)
        .iter()
        .skip(2)
        .copied()
        .zip(at.y(0).iter().skip(2).copied())
        .collect();
    let rules = windows(at, kernel)?;
    for (axis, ((input, output), rule)) in maps.into_iter().zip(rules).enumerate() {
        problem.follow_on_map(output, input, rule, Some(axis));
        let is_one = problem.was(input) == 1;
        problem.pin(if is_one {
            std::slice::from_ref(&output)
        } else {
            &[]
        });
    }
    Some(())
}

fn windows(at: &At, kernel: &[i64]) -> Option<Vec<Follows>> {
    let rank = kernel.len();
    let list = |name| {
        let list = at.node.ints(name).map(<[i64]>::to_vec);
        list.unwrap_or_else(|| vec![1; rank])
    };
    let (strides, dilations) = (list("strides"), list("dilations"));
    let same = at
        .node
        .string("auto_pad")
        .is_some_and(|pad| pad.starts_with("SAME"));
    let ceil = at.node.int("ceil_mode").unwrap_or(0) != 0;
    let padding = padding(at, rank);
    let rules = kernel.iter().enumerate().map(|(axis, kernel)| {
        let stride = *strides.get(axis)?;
        Some(match same {
            true => Follows::Same { stride },
            false => Follows::Window {
                kernel: *kernel,
                stride,
                dilation: *dilations.get(axis)?,
                padding: *padding.get(axis)?,
                ceil,
            },
        })
    });
    rules.collect()
}

/// Padding of each axis, before and behind together.
fn padding(at: &At, rank: usize) -> Vec<i64> {
    let pads = at.node.ints("pads").unwrap_or_default();
    let at_place = |place: usize| pads.get(place).copied().unwrap_or(0);
    (0..rank)
        .map(|axis| at_place(axis) + at_place(axis + rank))
        .collect()
}
