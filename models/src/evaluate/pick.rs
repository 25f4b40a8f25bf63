//! Operators that pick elements of one tensor.

use super::Typed;
use super::numbers::integers;
use super::view::{View, gather_bytes};
use crate::infer::{Context, axis_of, cuts, permutation};
use crate::tensor::Tensor;

pub(super) fn transpose(context: &Context) -> Option<Tensor> {
    let data = context.value(0)?;
    let order = permutation(context, data.shape().len()).ok()?;
    View::dense(data.shape()).permuted(&order).copy(data)
}

pub(super) fn expand(context: &Context, (_, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    View::dense(data.shape()).broadcast(shape).copy(data)
}

pub(super) fn slice(context: &Context) -> Option<Tensor> {
    let data = context.value(0)?;
    let cuts = cuts(context, data.shape()).ok()?;
    let whole = View::dense(data.shape());
    let view = cuts.into_iter().fold(whole, |view, cut| {
        view.cut(cut.axis, cut.start, cut.step, cut.steps)
    });
    view.copy(data)
}

pub(super) fn split(context: &Context, outputs: &[Typed]) -> Option<Vec<Tensor>> {
    let data = context.value(0)?;
    let axis = axis_of(context.int("axis", 0), data.shape().len()).ok()?;
    let mut start = 0;
    outputs
        .iter()
        .map(|(_, shape)| {
            let part = View::dense(data.shape()).cut(axis, start, 1, shape[axis]);
            start += shape[axis];
            part.copy(data)
        })
        .collect()
}

fn place(index: i64, size: usize) -> Option<usize> {
    let size = i64::try_from(size).ok()?;
    let index = if index < 0 {
        index.checked_add(size)?
    } else {
        index
    };
    usize::try_from(index).ok().filter(|_| index < size)
}

fn pick(data: &Tensor, shape: &[usize], indices: Option<Vec<usize>>) -> Option<Tensor> {
    let indices = indices?;
    let count = indices.len();
    let bytes = gather_bytes(data, indices.into_iter(), count)?;
    Tensor::from_bytes(data.dtype(), shape.to_vec(), bytes).ok()
}

fn strides_around(shape: &[usize], axis: usize) -> (usize, usize) {
    (
        shape[..axis].iter().product(),
        shape[axis + 1..].iter().product(),
    )
}

pub(super) fn gather(context: &Context, (_, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    let axis = axis_of(context.int("axis", 0), data.shape().len()).ok()?;
    let size = data.shape()[axis];
    let rows = integers(context.value(1)?)?;
    let rows: Vec<usize> = rows
        .into_iter()
        .map(|row| place(row, size))
        .collect::<Option<_>>()?;
    let (outer, inner) = strides_around(data.shape(), axis);
    let mut indices = Vec::with_capacity(outer * rows.len() * inner);
    for block in 0..outer {
        for row in &rows {
            let start = (block * size + row) * inner;
            indices.extend(start..start + inner);
        }
    }
    pick(data, shape, Some(indices))
}

pub(super) fn gather_elements(context: &Context, (_, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    let indices = element_indices(context, data, context.value(1)?)?;
    pick(data, shape, Some(indices))
}

/// Where in the data each entry of `indices`, which replaces the position along one axis, points.
pub(super) fn element_indices(
    context: &Context,
    data: &Tensor,
    indices: &Tensor,
) -> Option<Vec<usize>> {
    let axis = axis_of(context.int("axis", 0), data.shape().len()).ok()?;
    let size = data.shape()[axis];
    let entries = integers(indices)?;
    let others = indices.shape().iter().zip(data.shape()).enumerate();
    if others
        .into_iter()
        .any(|(other, (a, b))| other != axis && a > b)
    {
        return None;
    }
    let (_, step) = strides_around(data.shape(), axis);
    let mut flattened = View::dense(data.shape());
    for (other, size) in indices.shape().iter().enumerate() {
        let stays = if other == axis { 0 } else { 1 };
        flattened = flattened.cut(other, 0, stays, *size);
    }
    let entries = entries.into_iter().zip(flattened.indices());
    entries
        .map(|(entry, base)| Some(base + place(entry, size)? * step))
        .collect()
}

pub(super) fn gather_nd(context: &Context, (_, shape): &Typed) -> Option<Tensor> {
    if context.int("batch_dims", 0) != 0 {
        return None;
    }
    let data = context.value(0)?;
    let starts = tuple_starts(data.shape(), context.value(1)?)?;
    let indices = starts
        .iter()
        .flat_map(|(start, length)| *start..start + length);
    pick(data, shape, Some(indices.collect()))
}

/// Where in the data each tuple of indices points, and how many elements it covers.
pub(super) fn tuple_starts(shape: &[usize], indices: &Tensor) -> Option<Vec<(usize, usize)>> {
    let tuple = *indices.shape().last()?;
    let (indexed, covered) = shape.split_at_checked(tuple)?;
    let length = covered.iter().product();
    let entries = integers(indices)?;
    if tuple == 0 {
        return None;
    }
    entries
        .chunks_exact(tuple)
        .map(|entry| {
            let mut row = 0;
            for (index, size) in entry.iter().zip(indexed) {
                row = row * size + place(*index, *size)?;
            }
            Some((row * length, length))
        })
        .collect()
}
