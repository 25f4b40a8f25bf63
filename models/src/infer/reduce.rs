//! Reductions over axes.

use super::Inferred;
use super::context::{Context, Failure};
use super::dims::{axes_of, axis_of};

/// Which axes a reduction runs over, ascending.
pub(crate) fn reduced_axes(context: &Context, rank: usize) -> Result<Vec<usize>, Failure> {
    let axes = context.attribute_or_input("axes", 1)?.unwrap_or_default();
    if !axes.is_empty() {
        return axes_of(&axes, rank);
    }
    if context.flag("noop_with_empty_axes") {
        return Ok(vec![]);
    }
    Ok((0..rank).collect())
}

pub(super) fn reduce(context: &Context) -> Inferred {
    let keep = context.int("keepdims", 1) != 0;
    let shape = match context.shape(0) {
        Ok(shape) => shape,
        Err(_) if !keep && !context.has(1) && context.node.ints("axes").is_none() => &[],
        Err(failure) => return Err(failure),
    };
    let axes = reduced_axes(context, shape.len())?;
    Ok(vec![without(shape, &axes, keep)])
}

pub(super) fn arg(context: &Context) -> Inferred {
    let shape = context.shape(0)?;
    let axis = axis_of(context.int("axis", 0), shape.len())?;
    let keep = context.int("keepdims", 1) != 0;
    Ok(vec![without(shape, &[axis], keep)])
}

fn without(shape: &[usize], axes: &[usize], keep: bool) -> Vec<usize> {
    let sizes = shape.iter().enumerate();
    sizes
        .filter_map(|(axis, size)| match axes.contains(&axis) {
            false => Some(*size),
            true => keep.then_some(1),
        })
        .collect()
}
