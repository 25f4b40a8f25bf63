//! Operators that put a tensor together from others or from copies of itself.

use super::Typed;
use super::numbers::integers;
use super::view::{View, gather_bytes, width};
use crate::infer::{Context, axis_of};
use crate::tensor::Tensor;

pub(super) fn concat(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let parts = (0..context.operands.len())
        .map(|index| context.value(index))
        .collect::<Option<Vec<_>>>()?;
    let axis = axis_of(context.int("axis", 0), shape.len()).ok()?;
    let outer: usize = shape[..axis].iter().product();
    let width = width(parts.first()?)?;
    let inner: usize = shape[axis + 1..].iter().product();
    let mut bytes = Vec::with_capacity(shape.iter().product::<usize>() * width);
    for block in 0..outer {
        for part in &parts {
            let length = part.shape()[axis] * inner * width;
            bytes.extend_from_slice(part.bytes().get(block * length..(block + 1) * length)?);
        }
    }
    Tensor::from_bytes(*dtype, shape.clone(), bytes.into()).ok()
}

pub(super) fn tile(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    if data.shape().len() != shape.len() {
        return None;
    }
    let sizes = data.shape();
    let count: usize = shape.iter().product();
    let indices = (0..count).map(|flat| {
        let mut rest = flat;
        let mut stride = 1;
        let mut index = 0;
        for axis in (0..shape.len()).rev() {
            index += rest % shape[axis] % sizes[axis] * stride;
            rest /= shape[axis];
            stride *= sizes[axis];
        }
        index
    });
    let bytes = gather_bytes(data, indices, count)?;
    Tensor::from_bytes(*dtype, shape.clone(), bytes).ok()
}

/// Padding with a constant; other modes are left to the runtime.
pub(super) fn pad(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let constant = context.node.string("mode").unwrap_or("constant") == "constant";
    if !constant || context.has(3) || context.node.ints("pads").is_some() {
        return None;
    }
    let data = context.value(0)?;
    let pads = integers(context.value(1)?)?;
    let width = width(data)?;
    let filling = match context.operand(2) {
        Some(_) => context.value(2)?.bytes().to_vec(),
        None => vec![0; width],
    };
    let count: usize = shape.iter().product();
    let mut bytes = Vec::with_capacity(count * width);
    for flat in 0..count {
        match source_of(flat, shape, data.shape(), &pads) {
            Some(index) => bytes.extend_from_slice(&data.bytes()[index * width..][..width]),
            None => bytes.extend_from_slice(&filling),
        }
    }
    Tensor::from_bytes(*dtype, shape.clone(), bytes.into()).ok()
}

/// The element of the data at a place of the padded tensor; `None` in the padding.
fn source_of(flat: usize, padded: &[usize], data: &[usize], pads: &[i64]) -> Option<usize> {
    let mut rest = flat;
    let mut stride = 1;
    let mut index = 0;
    for axis in (0..padded.len()).rev() {
        let at = (rest % padded[axis]) as i128 - i128::from(*pads.get(axis)?);
        let at = usize::try_from(at).ok().filter(|at| *at < data[axis])?;
        index += at * stride;
        rest /= padded[axis];
        stride *= data[axis];
    }
    Some(index)
}

/// Elements of one tensor where a condition holds, of another elsewhere.
pub(super) fn select(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let [condition, yes, no] = [context.value(0)?, context.value(1)?, context.value(2)?];
    let width = width(yes)?;
    if no.dtype() != yes.dtype() || condition.dtype() != crate::DataType::Bool {
        return None;
    }
    let [at, from_yes, from_no] =
        [condition, yes, no].map(|part| View::dense(part.shape()).broadcast(shape));
    let mut bytes = Vec::with_capacity(shape.iter().product::<usize>() * width);
    let places = at.indices().zip(from_yes.indices()).zip(from_no.indices());
    for ((at, from_yes), from_no) in places {
        let (source, index) = match condition.bytes()[at] {
            0 => (no, from_no),
            _ => (yes, from_yes),
        };
        bytes.extend_from_slice(&source.bytes()[index * width..][..width]);
    }
    Tensor::from_bytes(*dtype, shape.clone(), bytes.into()).ok()
}

/// The part above or below a diagonal, the rest zero.
pub(super) fn trilu(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    let diagonal = match context.operand(1) {
        Some(_) => *integers(context.value(1)?)?.first()?,
        None => 0,
    };
    let upper = context.int("upper", 1) != 0;
    let width = width(data)?;
    let [.., rows, columns] = shape.as_slice() else {
        return None;
    };
    let mut bytes = data.bytes().to_vec();
    for (flat, element) in bytes.chunks_exact_mut(width).enumerate() {
        let (row, column) = (flat / columns % rows, flat % columns);
        let beyond = column as i128 - row as i128 - i128::from(diagonal);
        if (upper && beyond < 0) || (!upper && beyond > 0) {
            element.fill(0);
        }
    }
    Tensor::from_bytes(*dtype, shape.clone(), bytes.into()).ok()
}
