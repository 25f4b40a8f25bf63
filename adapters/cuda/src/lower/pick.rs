//! Operators that pick some of the elements: slices and parts as views, rows that indices choose as a step.

use tare_models::{DataType, Node};

use super::{Lowering, Refusal, axis_of};
use crate::step::Kind;

pub(super) fn slice(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let mut view = lowering.input(node, 0)?;
    let (_, shape) = lowering.output_type(node)?;
    let rank = view.shape.len();
    let listed = |lowering: &Lowering, index: usize, name: &str| match node.ints(name) {
        Some(ints) if lowering.opset(node) < 10 => Ok(Some(ints.to_vec())),
        _ => lowering.integers(node, index),
    };
    let starts = listed(lowering, 1, "starts")?.ok_or("its starts are left out")?;
    let axes = listed(lowering, 3, "axes")?;
    let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = listed(lowering, 4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    for ((start, axis), step) in starts.iter().zip(&axes).zip(&steps) {
        let axis = axis_of(*axis, rank)?;
        let size = view.shape[axis] as i64;
        let from_start = if *start < 0 {
            start.saturating_add(size)
        } else {
            *start
        };
        let first = match *step > 0 {
            true => from_start.clamp(0, size),
            false => from_start.clamp(-1, size - 1),
        };
        let first = usize::try_from(first).map_err(|_| "it begins before its input".to_owned())?;
        view = view.slice(axis, first, *step as isize, shape[axis]);
    }
    lowering.set(node, 0, view);
    Ok(())
}

pub(super) fn split(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.input(node, 0)?;
    let axis = axis_of(node.int("axis").unwrap_or(0), x.shape.len())?;
    let mut start = 0;
    for (index, output) in node.outputs.iter().enumerate() {
        let value = output.ok_or("one of its outputs is left out")?;
        let (_, shape) = lowering.type_of(value)?;
        lowering.set(node, index, x.slice(axis, start, 1, shape[axis]));
        start += shape[axis];
    }
    Ok(())
}

/// One constant index is a view; others are looked up.
pub(super) fn gather(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let table = lowering.input(node, 0)?;
    let axis = axis_of(node.int("axis").unwrap_or(0), table.shape.len())?;
    let (dtype, shape) = lowering.output_type(node)?;
    if let Some([index]) = lowering.integers(node, 1).ok().flatten().as_deref() {
        let index = axis_of(*index, table.shape[axis])?;
        let view = lowering.reshaped(node, &table.select(axis, index), &shape)?;
        lowering.set(node, 0, view);
        return Ok(());
    }
    let indices = lowering.input(node, 1)?;
    let index_type = lowering.draft.buffer(indices.buffer).dtype;
    if !matches!(index_type, DataType::I64 | DataType::I32) {
        return Err(format!("its indices are {index_type}; i64 and i32 serve"));
    }
    let output = lowering.local(node, dtype, &shape);
    lowering.push(
        node,
        Kind::Gather { axis },
        vec![table, indices],
        output.clone(),
    );
    lowering.set(node, 0, output);
    Ok(())
}
