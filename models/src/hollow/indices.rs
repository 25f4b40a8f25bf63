//! Whether the indices that a twin computes stay below the rows that it has.

use crate::evaluate::integers;
use crate::tensor::Tensor;

use super::observe::{Observed, Operator};
use super::problem::Problem;
use super::solve::Solution;
use super::variables::Var;
use super::verify::Deviation;

/// Looks at every operator that picks by computed indices; `value` gives those of the twin by name.
///
/// # Errors
/// The first whose indices go beyond its rows.
pub(super) fn check<'t>(
    observed: &Observed,
    problem: &Problem,
    solution: &Solution,
    value: impl Fn(&str) -> Option<&'t Tensor>,
) -> Result<(), Deviation> {
    for (position, operator) in observed.operators.iter().enumerate() {
        let Some(rows) = rows(operator, problem) else {
            continue;
        };
        let Some(index) = operator.inputs.get(1).copied().flatten() else {
            continue;
        };
        let seen = observed.seen(index);
        let name = observed.graph.name_of(seen.value);
        let Some(numbers) = value(name)
            .filter(|_| seen.constant.is_none())
            .and_then(integers)
        else {
            continue;
        };
        for (place, row) in rows.iter().enumerate() {
            let size = solution.size(*row);
            let mut indices = numbers.iter().skip(place).step_by(rows.len());
            if let Some(index) = indices.find(|index| !(-size..size).contains(*index)) {
                return Err(Deviation {
                    operator: position,
                    keep: vec![*row],
                    what: format!("the index {index} is beyond {size} rows"),
                });
            }
        }
    }
    Ok(())
}

/// The axes that an operator's indices walk on, in the order of an index's places.
fn rows(operator: &Operator, problem: &Problem) -> Option<Vec<Var>> {
    let node = operator.node;
    let data = problem.axes(operator.inputs.first().copied()??);
    let places = |shared: usize| {
        let index = problem.axes(operator.inputs.get(1).copied()??);
        let places = usize::try_from(problem.was(*index.last()?)).ok()?;
        Some(data.get(shared..shared + places)?.to_vec())
    };
    match node.op_type.as_str() {
        "Gather" | "GatherElements" | "ScatterElements" => {
            let axis = node.int("axis").unwrap_or(0);
            let axis = if axis < 0 {
                axis + data.len() as i64
            } else {
                axis
            };
            Some(vec![*data.get(usize::try_from(axis).ok()?)?])
        }
        "GatherND" => places(usize::try_from(node.int("batch_dims").unwrap_or(0)).ok()?),
        "ScatterND" => places(0),
        _ => None,
    }
}
