//! Operators that write several parts of one result.

use tare_models::Node;

use super::{Lowering, Refusal, axis_of};
use crate::draft::Draft;
use crate::expression::{Constant, Instruction, Program};
use crate::step::Kind;
use crate::view::View;

pub(super) fn concat(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let (dtype, shape) = lowering.output_type(node)?;
    let axis = axis_of(node.int("axis").unwrap_or(0), shape.len())?;
    let whole = lowering.local(node, dtype, &shape);
    let mut start = 0;
    for index in 0..node.inputs.len() {
        let part = lowering.input(node, index)?;
        let place = whole.slice(axis, start, 1, part.shape[axis]);
        start += part.shape[axis];
        copy(lowering, node, part, place);
    }
    lowering.set(node, 0, whole);
    Ok(())
}

fn copy(lowering: &mut Lowering, node: &Node, part: View, place: View) {
    let kind = Kind::Map {
        program: Program::identity(),
    };
    lowering.push(node, kind, vec![part], place);
}

/// The input in the middle, and on each axis the two slabs beside it.
pub(super) fn pad(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let mode = node.string("mode").unwrap_or("constant");
    if mode != "constant" {
        return Err(format!("mode '{mode}'; constant serves"));
    }
    let x = lowering.input(node, 0)?;
    let (dtype, shape) = lowering.output_type(node)?;
    let value = match (node.input(2), node.float("value")) {
        (Some(_), _) => {
            let value = lowering.constant(node, 2).and_then(Draft::number);
            value.ok_or("its value must be constant, known before the model runs")?
        }
        (None, value) => zero(dtype, value.unwrap_or(0.0)),
    };
    let (before, after) = widths(lowering, node, x.shape.len())?;
    let whole = lowering.local(node, dtype, &shape);
    let mut inner = whole.clone();
    for axis in 0..shape.len() {
        let slabs = [
            (0, before[axis]),
            (before[axis] + x.shape[axis], after[axis]),
        ];
        for (start, count) in slabs.into_iter().filter(|(_, count)| *count > 0) {
            let program = Program {
                instructions: vec![Instruction::Constant(value)],
            };
            let slab = inner.slice(axis, start, 1, count);
            lowering.push(node, Kind::Map { program }, Vec::new(), slab);
        }
        inner = inner.slice(axis, before[axis], 1, x.shape[axis]);
    }
    copy(lowering, node, x, inner);
    lowering.set(node, 0, whole);
    Ok(())
}

fn zero(dtype: tare_models::DataType, value: f32) -> Constant {
    match dtype {
        tare_models::DataType::F32 => Constant::Float(value),
        tare_models::DataType::Bool => Constant::Boolean(false),
        dtype => Constant::Integer(dtype, value as i64),
    }
}

/// Places before and after each axis.
fn widths(
    lowering: &Lowering,
    node: &Node,
    rank: usize,
) -> Result<(Vec<usize>, Vec<usize>), Refusal> {
    let listed = match node.ints("pads") {
        Some(pads) => pads.to_vec(),
        None => lowering.integers(node, 1)?.ok_or("its pads are left out")?,
    };
    let axes = lowering
        .integers(node, 3)?
        .unwrap_or_else(|| (0..rank as i64).collect());
    if listed.len() != 2 * axes.len() {
        return Err(format!("{} pads for {} axes", listed.len(), axes.len()));
    }
    let (mut before, mut after) = (vec![0; rank], vec![0; rank]);
    for (index, axis) in axes.iter().enumerate() {
        let axis = axis_of(*axis, rank)?;
        let width = |at: usize| {
            usize::try_from(listed[at]).map_err(|_| format!("a pad of {} cuts", listed[at]))
        };
        before[axis] = width(index)?;
        after[axis] = width(index + axes.len())?;
    }
    Ok((before, after))
}
