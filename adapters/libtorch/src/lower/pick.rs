//! Elements chosen by tensors of indices or conditions: GatherElements, GatherND, Compress, NonZero.

use tch::{Device, Kind, TchError, Tensor};

use super::host::{self, along, size_at};
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
    let indices = Along::read(node, axis);
    Kernel::new(1, move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        indices.call(inputs.at(1)?, x, |places| x.f_gather(axis, places, false))
    })
}

/// Indices along an axis; torch's own gather and scatter know no negative ones, and few models have any.
pub(super) struct Along {
    axis: i64,
    /// Whether none is negative, as far as is known at load.
    positive: bool,
}

impl Along {
    /// Of the second input.
    pub(super) fn read(node: &Node<'_>, axis: i64) -> Self {
        let known = node.constant_ints(1).ok().flatten();
        Self {
            axis,
            positive: known.is_some_and(|known| known.iter().all(|index| *index >= 0)),
        }
    }

    /// Calls `call` with the indices into `data`, those below zero counted from the end.
    ///
    /// A GPU that meets a negative one is lost to the process; the host only refuses it, and is asked again.
    pub(super) fn call(
        &self,
        given: &Tensor,
        data: &Tensor,
        call: impl Fn(&Tensor) -> Result<Tensor, TchError>,
    ) -> Result<Tensor, TchError> {
        let places = host::indices(given)?;
        let counted = || call(&from_start(&places, size_at(data, self.axis)?)?);
        match (self.positive, data.device()) {
            (true, _) => call(&places),
            (false, Device::Cpu) => call(&places).or_else(|_| counted()),
            (false, _) => counted(),
        }
    }
}

/// Indices below zero counted from the end of `size` elements.
pub(super) fn from_start(indices: &Tensor, size: i64) -> Result<Tensor, TchError> {
    let shifted = indices.f_add_scalar(size)?;
    shifted.f_where_self(&indices.f_lt(0)?, indices)
}

fn gather_nd(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (batch, rank) = (node.int("batch_dims", 0), node.rank(1)?);
    if !(0..rank).contains(&batch) {
        return Err(Refusal::new(format!(
            "with {batch} batch axes of {rank} axes of indices"
        )));
    }
    Ok(Kernel::new(
        2 + 2 * batch as u64,
        move |inputs: Inputs<'_>| {
            let (x, indices) = (inputs.at(0)?, host::indices(inputs.at(1)?)?);
            let mut chosen = batch_positions(&indices, batch)?;
            chosen.extend(coordinates(&indices)?);
            x.f_index(&chosen)
        },
    ))
}

/// The coordinates that the last axis of `indices` holds, each a tensor of its own.
pub(super) fn coordinates(indices: &Tensor) -> Result<Vec<Option<Tensor>>, TchError> {
    let parts = indices.f_unbind(-1)?;
    Ok(parts.into_iter().map(Some).collect())
}

/// For each of the first `batch` axes its positions, shaped to broadcast with the coordinates.
fn batch_positions(indices: &Tensor, batch: i64) -> Result<Vec<Option<Tensor>>, TchError> {
    let positions = |axis: i64| {
        let count = size_at(indices, axis)?;
        let count = Tensor::f_arange(count, (Kind::Int64, indices.device()))?;
        count.f_reshape(along(axis, indices.dim() - 1)?).map(Some)
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
