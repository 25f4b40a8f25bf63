//! Operators that pick elements by number, and those that count.

use super::super::at::At;
use super::super::problem::Problem;
use super::super::variables::Var;
use super::{Rule, tell};

pub(super) fn rule(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Gather" => gather,
        "GatherElements" => gather_elements,
        "ScatterElements" => scatter_elements,
        "GatherND" => gather_nd,
        "ScatterND" => scatter_nd,
        "TopK" => top_k,
        "Range" => range,
        "Shape" | "Size" => |at, problem| {
            problem.pin(at.y(0));
            Some(())
        },
        _ => return None,
    })
}

fn gather(at: &At, problem: &mut Problem) -> Option<()> {
    let axis = at.axis(at.node.int("axis").unwrap_or(0), at.x(0).len())?;
    let (table, indices, output) = (at.x(0), at.x(1), at.y(0));
    problem.unite_all(&table[..axis], output.get(..axis)?);
    problem.unite_all(indices, output.get(axis..)?);
    problem.unite_all(&table[axis + 1..], output.get(axis + indices.len()..)?);
    bound(at, problem, table[axis]);
    Some(())
}

/// Keeps the rows that indices need: those of a short constant decide, of a long one they are clipped.
///
/// What is computed from shapes shrinks with them: whether it stays below the rows is seen when the twin is checked.
fn bound(at: &At, problem: &mut Problem, rows: Var) {
    let (Some(tensor), Some(seen)) = (at.tensor(1), at.seen(1)) else {
        return;
    };
    match (&seen.constant, seen.range) {
        _ if problem.was(rows) <= 1 => {}
        (Some(constant), Some(_)) if constant.len() > MOST_KEPT => {
            problem.clips.insert(tensor, rows);
        }
        (Some(_), Some((least, most))) => {
            let needed = (most + 1).max(-least).min(problem.was(rows));
            problem.lowest(rows, needed);
        }
        (None, Some(_)) => {
            for axis in at.x(1).to_vec() {
                if problem.was(axis) <= problem.was(rows) {
                    problem.at_least(rows, axis);
                }
            }
        }
        _ if follows_input(at) => {}
        _ => problem.pin(&[rows]),
    }
}

/// Indices in a constant up to this many decide how many rows stay.
const MOST_KEPT: usize = 8;

/// Whether the indices are an input's elements, moved at most: whoever makes the input then keeps to the rows.
fn follows_input(at: &At) -> bool {
    let Some(mut tensor) = at.tensor(1) else {
        return false;
    };
    while let Some(maker) = at.observed.maker.get(&tensor) {
        let operator = &at.observed.operators[*maker];
        let moves = matches!(
            operator.node.op_type.as_str(),
            "Cast"
                | "Identity"
                | "Reshape"
                | "Unsqueeze"
                | "Squeeze"
                | "Flatten"
                | "Transpose"
                | "Slice"
                | "Expand"
        );
        match operator.inputs.first().copied().flatten().filter(|_| moves) {
            Some(source) => tensor = source,
            None => return false,
        }
    }
    at.observed.inputs.contains(&tensor)
}

fn gather_elements(at: &At, problem: &mut Problem) -> Option<()> {
    let axis = at.axis(at.node.int("axis").unwrap_or(0), at.x(0).len())?;
    problem.unite_all(at.x(1), at.y(0));
    let axes = at.x(0).iter().zip(at.x(1)).enumerate();
    for (_, (data, index)) in axes.filter(|(place, _)| *place != axis) {
        problem.unite_equal(*data, *index);
        problem.at_least(*data, *index);
    }
    bound(at, problem, at.x(0)[axis]);
    Some(())
}

fn scatter_elements(at: &At, problem: &mut Problem) -> Option<()> {
    let axis = at.axis(at.node.int("axis").unwrap_or(0), at.x(0).len())?;
    problem.unite_all(at.x(0), at.y(0));
    problem.unite_all(at.x(1), at.x(2));
    for (data, index) in at.x(0).iter().zip(at.x(1)) {
        problem.unite_equal(*data, *index);
        problem.at_least(*data, *index);
    }
    bound(at, problem, at.x(0)[axis]);
    Some(())
}

fn top_k(at: &At, problem: &mut Problem) -> Option<()> {
    let axis = at.axis(at.node.int("axis").unwrap_or(-1), at.x(0).len())?;
    let count = *at.outputs().next()?.get(axis)?;
    for output in at.outputs() {
        for (place, (one, other)) in at.x(0).iter().zip(output).enumerate() {
            let one = if place == axis { count } else { *one };
            problem.unite(one, *other);
        }
    }
    problem.at_least(at.x(0)[axis], count);
    tell(at, problem, 1, &[count])
}

fn range(at: &At, problem: &mut Problem) -> Option<()> {
    let number = |input| at.ints(input).and_then(|numbers| numbers.first()).copied();
    let tag = |problem: &Problem, input| at.tags(problem, input).first().copied().flatten();
    let (start, end, step) = (number(0)?, number(1)?, number(2)?);
    let ends = tag(problem, 1);
    let count = *at.y(0).first()?;
    match ends {
        Some(ends) if step == 1 && start == 0 && problem.was(count) == end => {
            problem.unite(ends, count);
        }
        Some(ends) if step == 1 && start >= 0 => {
            let start = tag(problem, 0).unwrap_or_else(|| problem.fixed(start));
            problem.sum(ends, vec![start, count]);
        }
        _ => {
            let tags = [tag(problem, 0), ends, tag(problem, 2)];
            let tags: Vec<Var> = tags.into_iter().flatten().collect();
            problem.pin(&tags);
            problem.pin(&[count]);
        }
    }
    Some(())
}

/// Each index is a list of places on the first axes after those that are shared; the rest comes whole.
fn gather_nd(at: &At, problem: &mut Problem) -> Option<()> {
    let shared = usize::try_from(at.node.int("batch_dims").unwrap_or(0)).ok()?;
    let (places, outer) = at.x(1).split_last()?;
    let whole = shared + usize::try_from(problem.was(*places)).ok()?;
    problem.pin(&[*places]);
    problem.unite_all(at.x(0).get(..shared)?, outer);
    problem.unite_all(outer, at.y(0));
    problem.unite_all(at.x(0).get(whole..)?, at.y(0).get(outer.len()..)?);
    bound_places(at, problem, &at.x(0)[shared..whole]);
    Some(())
}

fn scatter_nd(at: &At, problem: &mut Problem) -> Option<()> {
    let (places, outer) = at.x(1).split_last()?;
    let whole = usize::try_from(problem.was(*places)).ok()?;
    problem.pin(&[*places]);
    problem.unite_all(at.x(0), at.y(0));
    problem.unite_all(outer, at.x(2));
    problem.unite_all(at.x(0).get(whole..)?, at.x(2).get(outer.len()..)?);
    bound_places(at, problem, &at.x(0)[..whole]);
    Some(())
}

fn bound_places(at: &At, problem: &mut Problem, rows: &[Var]) {
    match rows {
        [rows] => bound(at, problem, *rows),
        rows if at
            .seen(1)
            .is_some_and(|seen| seen.constant.is_some() || seen.range.is_none()) =>
        {
            problem.pin(rows);
        }
        _ => {}
    }
}
