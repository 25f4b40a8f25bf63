//! An operator as the rules see it: its axes as sizes, its attributes, and what its parameters hold.

use crate::graph::Node;

use super::observe::{Observed, Operator, Seen, TensorId};
use super::problem::Problem;
use super::variables::Var;

/// One operator, all of whose tensors have known shapes.
pub(super) struct At<'o> {
    pub node: &'o Node,
    pub observed: &'o Observed<'o>,
    operator: &'o Operator<'o>,
    inputs: Vec<Vec<Var>>,
    outputs: Vec<Vec<Var>>,
}

impl<'o> At<'o> {
    /// The operator at `position`; `None` where a shape around it is not known.
    pub fn new(observed: &'o Observed<'o>, problem: &Problem, position: usize) -> Option<Self> {
        let operator = &observed.operators[position];
        let axes = |tensors: &[Option<TensorId>]| {
            let tensors = tensors.iter().map(|tensor| match tensor {
                Some(tensor) => problem.dims[tensor.0].clone(),
                None => Some(vec![]),
            });
            tensors.collect::<Option<Vec<_>>>()
        };
        Some(Self {
            node: operator.node,
            observed,
            operator,
            inputs: axes(&operator.inputs)?,
            outputs: axes(&operator.outputs)?,
        })
    }

    /// The tensor at an input; `None` where it is left out.
    pub fn tensor(&self, input: usize) -> Option<TensorId> {
        self.operator.inputs.get(input).copied().flatten()
    }

    /// What is seen of the tensor at an input.
    pub fn seen(&self, input: usize) -> Option<&'o Seen> {
        self.tensor(input).map(|tensor| self.observed.seen(tensor))
    }

    /// How many inputs are named, those left out included.
    pub fn input_count(&self) -> usize {
        self.inputs.len()
    }

    /// The axes of an input; none where it is left out.
    pub fn x(&self, input: usize) -> &[Var] {
        self.inputs.get(input).map_or(&[], Vec::as_slice)
    }

    /// The axes of an output; none where it is left out.
    pub fn y(&self, output: usize) -> &[Var] {
        self.outputs.get(output).map_or(&[], Vec::as_slice)
    }

    /// The outputs that are not left out.
    pub fn outputs(&self) -> impl Iterator<Item = &[Var]> {
        let present = self.operator.outputs.iter().zip(&self.outputs);
        present.filter_map(|(tensor, axes)| tensor.map(|_| axes.as_slice()))
    }

    /// The elements of an integer input, where they are known.
    pub fn ints(&self, input: usize) -> Option<&'o [i64]> {
        self.seen(input)?.integers.as_deref()
    }

    /// What each element of an integer input stands for.
    pub fn tags(&self, problem: &Problem, input: usize) -> Vec<Option<Var>> {
        let elements = self.ints(input).map_or(0, <[i64]>::len);
        let tags = self
            .tensor(input)
            .and_then(|tensor| problem.tags.get(&tensor));
        tags.cloned().unwrap_or_else(|| vec![None; elements])
    }

    /// An axis counted from the front; `None` where there is none.
    pub fn axis(&self, axis: i64, rank: usize) -> Option<usize> {
        let rank = i64::try_from(rank).ok()?;
        let axis = if axis < 0 { axis + rank } else { axis };
        usize::try_from(axis).ok().filter(|_| axis < rank)
    }

    /// The axes of an attribute or else of an input, or all `rank` where neither is there.
    pub fn axes(&self, input: usize, rank: usize) -> Option<Vec<usize>> {
        let given = match (self.node.ints("axes"), self.tensor(input)) {
            (Some(axes), _) => axes,
            (None, Some(_)) => self.ints(input)?,
            (None, None) => return Some((0..rank).collect()),
        };
        given.iter().map(|axis| self.axis(*axis, rank)).collect()
    }
}
