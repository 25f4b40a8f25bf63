//! Operators that keep their first input's shape or combine inputs element by element.

use super::context::{Context, Failure, misfit};
use super::dims::broadcast;
use super::{Inferred, Shapes};

/// As many outputs as the operator has, each shaped as the first input.
pub(super) fn same_as_first(context: &Context) -> Inferred {
    same_as(context, 0)
}

/// As many outputs as the operator has, each shaped as input `index`.
pub(super) fn same_as(context: &Context, index: usize) -> Inferred {
    let shape = context.shape(index)?;
    let outputs = context.node.outputs.len().clamp(1, 8);
    Ok(vec![shape.to_vec(); outputs])
}

/// Every input broadcast with every other.
pub(super) fn broadcast_all(context: &Context) -> Inferred {
    broadcast_inputs(context, 0..context.operands.len())
}

/// Some inputs broadcast with each other.
pub(super) fn broadcast_inputs(
    context: &Context,
    inputs: impl IntoIterator<Item = usize>,
) -> Inferred {
    let mut inputs = inputs.into_iter();
    let Some(first) = inputs.next() else {
        return misfit("there are no inputs");
    };
    let shape = inputs.try_fold(context.shape(first)?.to_vec(), |shape, index| {
        broadcast(&shape, context.shape(index)?)
    })?;
    Ok(vec![shape])
}

/// A slope that must broadcast to the first input without widening it.
pub(super) fn prelu(context: &Context) -> Inferred {
    let data = context.shape(0)?;
    let slope = context.shape(1)?;
    if broadcast(data, slope)? != data {
        return misfit("the slope does not broadcast to the data");
    }
    Ok(vec![data.to_vec()])
}

/// The first output from a rule, the others scalars: as many as the operator has.
pub(super) fn then_scalars(first: Vec<usize>, context: &Context) -> Result<Shapes, Failure> {
    let mut shapes = vec![first];
    shapes.resize(context.node.outputs.len().clamp(1, 8), vec![]);
    Ok(shapes)
}

/// Quantised values with a scale and a zero point.
pub(super) fn dynamic_quantize(context: &Context) -> Inferred {
    then_scalars(context.shape(0)?.to_vec(), context)
}
