//! A graph at concrete input shapes: every type known that can be, everything constant computed, the rest explained.

mod branch;
mod error;
mod feed;
mod inside;
mod prune;
mod step;
mod walk;
mod weights;

use std::collections::{BTreeMap, HashMap};

pub use error::ResolveError;
pub(crate) use inside::{Inside, inside};
pub use weights::Weight;

use crate::bind::TensorSpec;
use crate::data_type::DataType;
use crate::graph::{Graph, ValueId};
use crate::infer::Known;

/// A graph whose inputs have concrete shapes.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The graph without what is constant or never used; values keep the numbers they had.
    ///
    /// What was computed is among the constants. An `If` whose condition is constant is replaced by its branch, whose
    /// values get new numbers. Quantisation, random numbers, loops, and results of more than 2²⁰ elements stay
    /// operators; so does the rest once 2²⁵ elements were computed.
    pub graph: Graph,
    /// Element type and shape of each value, those folded away included.
    pub types: BTreeMap<ValueId, (DataType, Vec<usize>)>,
    /// The values of `graph` that have no type or shape before the model runs.
    pub unresolved: Vec<Unresolved>,
    /// The initialisers of the file that serve as weights, each once, in the file's order.
    pub weights: Vec<Weight>,
}

/// A value whose shape cannot be known before the model runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// Which value.
    pub value: ValueId,
    /// Its name.
    pub name: String,
    /// The operator that makes it, and why its shape is open.
    pub reason: String,
}

/// Infers the types of all values from those of the inputs, and folds what is constant.
///
/// Weights are shared with `graph`, not copied. Work and memory are bounded whatever the graph holds.
///
/// # Errors
/// Where `inputs` does not give each input of the graph a type and shape that it can have, or where an operator cannot
/// run on what reaches it.
pub fn resolve(graph: &Graph, inputs: &[TensorSpec]) -> Result<Resolved, ResolveError> {
    let mut walk = walk::Walk::start(graph, inputs)?;
    walk.run(&graph.nodes)?;
    Ok(walk.finish())
}

/// As [`resolve`], with all that is known of each value of `graph`, those folded away included.
pub(crate) fn observe(
    graph: &Graph,
    inputs: &[TensorSpec],
) -> Result<(Resolved, HashMap<ValueId, Known>), ResolveError> {
    let mut walk = walk::Walk::start(graph, inputs)?;
    walk.run(&graph.nodes)?;
    let known = walk.known.clone();
    Ok((walk.finish(), known))
}
