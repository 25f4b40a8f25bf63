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
    Kernel::new(move |inputs: Inputs<'_>| {
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
    Kernel::new(move |inputs: Inputs<'_>| {
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
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
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
    Ok(Kernel::new(|inputs: Inputs<'_>| {
        inputs.at(0)?.f_nonzero()?.f_transpose(0, 1)
    }))
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::Tensor as HostTensor;

    use super::super::testing::{floats, longs, one};

    fn table() -> HostTensor {
        floats(&[2, 3], &[0.0, 1.0, 2.0, 10.0, 11.0, 12.0])
    }

    #[test]
    fn a_condition_may_be_shorter_than_what_it_chooses_from() {
        let kept = HostTensor::from_bools(vec![2], &[false, true]).expect("fits");
        let columns = one("Compress", 11).int("axis", 1).fed(table());
        let columns = columns.fed(kept.clone()).first();
        assert_eq!(columns, (vec![2, 1], vec![1.0, 11.0]));
        let flat = one("Compress", 11).fed(table()).fed(kept).first();
        assert_eq!(flat, (vec![1], vec![1.0]));
    }

    #[test]
    fn negative_indices_count_from_the_end_whether_known_or_fed() {
        let indices = || longs(&[2, 2], &[-1, 0, 2, -3]);
        let gather = || one("GatherElements", 13).int("axis", 1).fed(table());
        for found in [gather().fed(indices()), gather().known(indices())] {
            assert_eq!(found.first(), (vec![2, 2], vec![2.0, 0.0, 12.0, 10.0]));
        }
        let beyond = gather().fed(longs(&[1, 1], &[3])).run();
        assert!(
            beyond
                .expect_err("no such element")
                .contains("out of bounds")
        );
    }

    #[test]
    fn batches_of_coordinates_are_looked_up_each_in_its_own_slice() {
        let gather = |batch: i64, indices: HostTensor| {
            one("GatherND", 13)
                .int("batch_dims", batch)
                .fed(table())
                .fed(indices)
        };
        let pairs = gather(0, longs(&[2, 2], &[0, 1, -1, -1]));
        assert_eq!(pairs.first(), (vec![2], vec![1.0, 12.0]));
        let rows = gather(0, longs(&[1, 1], &[1]));
        assert_eq!(rows.first(), (vec![1, 3], vec![10.0, 11.0, 12.0]));
        let batched = gather(1, longs(&[2, 2, 1], &[2, 0, 1, -1]));
        assert_eq!(batched.first(), (vec![2, 2], vec![2.0, 0.0, 11.0, 12.0]));
        let bad = gather(3, longs(&[2, 2, 1], &[0; 4]));
        assert_eq!(bad.refusal(), "with 3 batch axes of 3 axes of indices");
    }

    #[test]
    fn coordinates_of_what_is_not_zero_stand_in_columns() {
        let found = one("NonZero", 13).fed(table()).first();
        assert_eq!(found.0, [2, 5]);
        assert_eq!(found.1, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
        let scalar = one("NonZero", 13).fed(floats(&[], &[1.0]));
        assert_eq!(scalar.refusal(), "on a scalar");
    }
}
