//! Elements chosen by tensors of indices or conditions: GatherElements, GatherND, Compress, NonZero.

use tch::{Kind, TchError, Tensor};

use super::host::{self, size_at};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Compress", |node| Ok(compress(node))),
    ("GatherElements", |node| Ok(gather_elements(node))),
    ("GatherND", gather_nd),
    ("NonZero", non_zero),
];

/// The elements along `axis`, or of the flattened tensor, at which the condition holds; it may be shorter than the axis.
fn compress(node: &Node<'_>) -> Kernel {
    let axis = node.node.int("axis");
    Kernel::new(3, move |inputs: Inputs<'_>| {
        let (x, condition) = (inputs.at(0)?, inputs.at(1)?);
        let kept = condition.f_nonzero()?.f_reshape([-1])?;
        match axis {
            Some(axis) => x.f_index_select(axis, &kept),
            None => x.f_reshape([-1])?.f_index_select(0, &kept),
        }
    })
}

fn gather_elements(node: &Node<'_>) -> Kernel {
    let axis = node.int("axis", 0);
    Kernel::new(1, move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        with_indices(
            inputs.at(1)?,
            |indices| x.f_gather(axis, indices, false),
            x,
            axis,
        )
    })
}

/// Calls `call` with the indices; where it finds some out of bounds, once more with those below zero counted from the end.
///
/// torch's own gather and scatter know no negative indices, and few models have any.
pub(super) fn with_indices(
    indices: &Tensor,
    call: impl Fn(&Tensor) -> Result<Tensor, TchError>,
    data: &Tensor,
    axis: i64,
) -> Result<Tensor, TchError> {
    let wide = host::indices(indices)?;
    call(&wide).or_else(|_| call(&from_start(&wide, size_at(data, axis)?)?))
}

/// Indices below zero counted from the end of `size` elements.
pub(super) fn from_start(indices: &Tensor, size: i64) -> Result<Tensor, TchError> {
    let shifted = indices.f_add_scalar(size)?;
    shifted.f_where_self(&indices.f_lt(0)?, indices)
}

fn gather_nd(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let batch = node.int("batch_dims", 0) as usize;
    let depth = node.shape(1).and_then(|shape| shape.last().copied());
    let calls = depth.map_or(2, |depth| depth as u64 + 1) + 2 * batch as u64;
    Ok(Kernel::new(calls, move |inputs: Inputs<'_>| {
        let (x, indices) = (inputs.at(0)?, host::indices(inputs.at(1)?)?);
        let mut chosen = batch_positions(&indices, batch)?;
        chosen.extend(coordinates(&indices)?);
        x.f_index(&chosen)
    }))
}

/// The coordinates that the last axis of `indices` holds, each a tensor of its own.
pub(super) fn coordinates(indices: &Tensor) -> Result<Vec<Option<Tensor>>, TchError> {
    let parts = indices.f_unbind(-1)?;
    Ok(parts.into_iter().map(Some).collect())
}

/// For each of the first `batch` axes its positions, shaped to broadcast with the coordinates.
fn batch_positions(indices: &Tensor, batch: usize) -> Result<Vec<Option<Tensor>>, TchError> {
    let shape = indices.size();
    let positions = |axis: usize| {
        let mut spread = vec![1; shape.len() - 1];
        spread[axis] = shape[axis];
        let count = Tensor::f_arange(shape[axis], (Kind::Int64, indices.device()))?;
        count.f_reshape(spread).map(Some)
    };
    (0..batch).map(positions).collect()
}

fn non_zero(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if node.shape(0).is_some_and(|shape| shape.is_empty()) {
        return Err(Refusal::new("on a scalar"));
    }
    Ok(Kernel::new(2, |inputs: Inputs<'_>| {
        inputs.at(0)?.f_nonzero()?.f_transpose(0, 1)
    }))
}
