//! Whether a twin is what was solved for: it is read back, and every shape inferred anew.

use std::collections::HashMap;

use crate::bind::TensorSpec;
use crate::graph::{Graph, ValueId};
use crate::model::Model;
use crate::resolve::{self, ResolveError, Resolved};

use super::indices;
use super::observe::{Observed, TensorId};
use super::problem::Problem;
use super::solve::Solution;
use super::variables::Var;

/// An operator of the original at which the twin is not what was solved for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deviation {
    pub operator: usize,
    /// Sizes that were chosen too small; empty where any around the operator may be at fault.
    pub keep: Vec<Var>,
    pub what: String,
}

/// The twin's inputs with their sizes.
pub(super) fn specs(
    observed: &Observed,
    problem: &Problem,
    solution: &Solution,
) -> Vec<TensorSpec> {
    let inputs = observed.graph.inputs.iter().zip(&observed.inputs);
    let specs = inputs.map(|(declared, tensor)| TensorSpec {
        name: declared.name.clone(),
        dtype: declared.dtype,
        shape: shape(problem, solution, *tensor).unwrap_or_default(),
    });
    specs.collect()
}

fn shape(problem: &Problem, solution: &Solution, tensor: TensorId) -> Option<Vec<usize>> {
    let axes = problem.dims[tensor.0].as_deref()?;
    Some(
        axes.iter()
            .map(|axis| solution.size(*axis) as usize)
            .collect(),
    )
}

/// The twin at its shapes.
///
/// # Errors
/// The first operator that cannot run, or gives another shape than was solved for.
pub(super) fn verify(
    twin: &Model,
    observed: &Observed,
    problem: &Problem,
    solution: &Solution,
) -> Result<Resolved, Deviation> {
    let specs = specs(observed, problem, solution);
    let (resolved, known) = resolve::observe(twin.graph(), &specs).map_err(|error| Deviation {
        operator: operator_of(&error, observed),
        keep: vec![],
        what: error.to_string(),
    })?;
    let by_name = by_name(twin.graph());
    check_shapes(&resolved, &by_name, observed, problem, solution)?;
    indices::check(observed, problem, solution, |name| {
        known.get(by_name.get(name)?)?.value.as_ref()
    })?;
    Ok(resolved)
}

fn check_shapes(
    resolved: &Resolved,
    by_name: &HashMap<&str, ValueId>,
    observed: &Observed,
    problem: &Problem,
    solution: &Solution,
) -> Result<(), Deviation> {
    for (operator, seen) in observed.operators.iter().enumerate() {
        for tensor in seen.outputs.iter().flatten() {
            let name = observed.graph.name_of(observed.seen(*tensor).value);
            let inferred = by_name
                .get(name)
                .and_then(|value| resolved.types.get(value));
            let solved = shape(problem, solution, *tensor);
            if let (Some((_, inferred)), Some(solved)) = (inferred, solved)
                && *inferred != solved
            {
                let what = format!("'{name}' has the shape {inferred:?} instead of {solved:?}");
                return Err(Deviation {
                    operator,
                    keep: vec![],
                    what,
                });
            }
        }
    }
    Ok(())
}

fn by_name(graph: &Graph) -> HashMap<&str, ValueId> {
    let names = graph.value_names.iter().map(String::as_str);
    names.zip((0..).map(ValueId)).collect()
}

fn operator_of(error: &ResolveError, observed: &Observed) -> usize {
    let ResolveError::Misfit { node, .. } = error else {
        return 0;
    };
    let mut operators = observed.operators.iter();
    operators
        .position(|operator| operator.node.name == *node)
        .unwrap_or(0)
}
