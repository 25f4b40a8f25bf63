//! Gather: rows of a table, one element of an axis, or any elements of it.

use tch::{TchError, Tensor};

use super::host::from_first;
use super::{Entry, Inputs, Kernel, Node, Refusal};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[("Gather", gather)];

fn gather(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let axis = node.int("axis", 0);
    let one = node.constant_ints(1).ok().flatten();
    if let Some([index]) = one.as_deref()
        && node.shape(1) == Some(vec![])
    {
        let index = *index;
        return Ok(Kernel::unary(move |x| x.f_select(axis, index)));
    }
    let table = node.shape(0).is_some_and(|shape| shape.len() == 2);
    if axis == 0
        && table
        && let Some(table) = node.take(0)?
    {
        return Ok(rows(table));
    }
    let axis = match node.rank(0) {
        Ok(rank) => from_first(axis, rank as usize)? as i64,
        Err(_) => axis,
    };
    Ok(Kernel::new(1, move |inputs: Inputs<'_>| {
        elements(inputs.at(0)?, axis, inputs.at(1)?)
    }))
}

/// An embedding; where an index counts from the end, which embeddings refuse, any elements of an axis.
fn rows(table: Shared) -> Kernel {
    Kernel::new(1, move |inputs: Inputs<'_>| {
        let indices = inputs.at(1)?;
        Tensor::f_embedding(&table, indices, -1, false, false)
            .or_else(|_| elements(&table, 0, indices))
    })
}

fn elements(x: &Tensor, axis: i64, indices: &Tensor) -> Result<Tensor, TchError> {
    let axis = from_first(axis, x.dim())?;
    let mut places: Vec<Option<&Tensor>> = vec![None; axis];
    places.push(Some(indices));
    x.f_index(&places)
}
