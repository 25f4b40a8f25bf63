//! Operators that overwrite some elements of a tensor.

use super::Typed;
use super::pick::{element_indices, tuple_starts};
use super::view::width;
use crate::infer::Context;
use crate::tensor::Tensor;

fn overwrites(context: &Context) -> bool {
    context.node.string("reduction").unwrap_or("none") == "none"
}

pub(super) fn scatter_nd(context: &Context, output: &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    let starts = tuple_starts(data.shape(), context.value(1)?)?;
    write(context, output, starts.into_iter())
}

pub(super) fn scatter_elements(context: &Context, output: &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    let places = element_indices(context, data, context.value(1)?)?;
    write(context, output, places.into_iter().map(|place| (place, 1)))
}

fn write(
    context: &Context,
    (dtype, shape): &Typed,
    places: impl Iterator<Item = (usize, usize)>,
) -> Option<Tensor> {
    if !overwrites(context) {
        return None;
    }
    let (data, updates) = (context.value(0)?, context.value(2)?);
    let width = width(data)?;
    let mut bytes = data.bytes().to_vec();
    let mut new = updates.bytes().as_ref();
    for (start, length) in places {
        let (update, rest) = new.split_at_checked(length * width)?;
        bytes
            .get_mut(start * width..(start + length) * width)?
            .copy_from_slice(update);
        new = rest;
    }
    Tensor::from_bytes(*dtype, shape.clone(), bytes.into()).ok()
}
