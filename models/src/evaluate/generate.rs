//! Operators that make a tensor from sizes and single numbers.

use super::Typed;
use super::numbers::{Numbers, integers};
use super::view::width;
use crate::infer::{Context, axis_of, elements, shape_range};
use crate::tensor::Tensor;

/// Shape and Size: known as soon as the input's shape is.
pub(super) fn size(context: &Context, (_, shape): &Typed) -> Option<Tensor> {
    let sizes = context.operand(0)?.shape.as_deref()?;
    let values = match context.node.op_type.as_str() {
        "Size" => vec![i64::try_from(elements(sizes).ok()?).ok()?],
        _ => {
            let sizes = &sizes[shape_range(context, sizes.len())];
            sizes
                .iter()
                .map(|size| i64::try_from(*size).ok())
                .collect::<Option<_>>()?
        }
    };
    Tensor::from_values(shape.clone(), values).ok()
}

/// One value everywhere: the first of the attribute, or a zero.
pub(super) fn constant_of_shape(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    context.value(0)?;
    let count: usize = shape.iter().product();
    let bytes = match context.tensor("value") {
        Some(value) => value.bytes().get(..width(value)?)?.repeat(count),
        None => vec![0; count.checked_mul(4)?],
    };
    Tensor::from_bytes(*dtype, shape.clone(), bytes.into()).ok()
}

/// Ones on a diagonal; depends on the input's shape only.
pub(super) fn eye_like(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let [rows, columns] = *shape.as_slice() else {
        return None;
    };
    let shift = i128::from(context.int("k", 0));
    let on = |flat: usize| (flat % columns) as i128 - (flat / columns) as i128 == shift;
    let ones = (0..rows * columns).map(on);
    let numbers = match dtype.is_float() {
        true => Numbers::Floats(ones.map(|one| f64::from(u8::from(one))).collect()),
        false => Numbers::Integers(ones.map(i128::from).collect()),
    };
    numbers.into_tensor(*dtype, shape)
}

/// How many numbers lie from `start` up to, without, `limit`, `delta` apart; `None` where that is no number.
pub(crate) fn range_length(start: &Tensor, limit: &Tensor, delta: &Tensor) -> Option<usize> {
    let numbers = (
        Numbers::of(start)?,
        Numbers::of(limit)?,
        Numbers::of(delta)?,
    );
    match numbers {
        (Numbers::Integers(start), Numbers::Integers(limit), Numbers::Integers(delta)) => {
            let (span, step) = (limit.first()? - start.first()?, *delta.first()?);
            if step == 0 {
                return None;
            }
            let steps = (span + step - step.signum()) / step;
            usize::try_from(steps.max(0)).ok()
        }
        (Numbers::Floats(start), Numbers::Floats(limit), Numbers::Floats(delta)) => {
            let steps = ((limit.first()? - start.first()?) / delta.first()?)
                .ceil()
                .max(0.0);
            (steps < MOST).then_some(steps as usize)
        }
        _ => None,
    }
}

const MOST: f64 = (1u64 << 48) as f64;

pub(super) fn range(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let count = *shape.first()?;
    let numbers = match (
        Numbers::of(context.value(0)?)?,
        Numbers::of(context.value(2)?)?,
    ) {
        (Numbers::Integers(start), Numbers::Integers(delta)) => {
            let (start, delta) = (*start.first()?, *delta.first()?);
            Numbers::Integers(
                (0..count)
                    .map(|step| start + step as i128 * delta)
                    .collect(),
            )
        }
        (Numbers::Floats(start), Numbers::Floats(delta)) => {
            let (start, delta) = (*start.first()?, *delta.first()?);
            Numbers::Floats((0..count).map(|step| start + step as f64 * delta).collect())
        }
        _ => return None,
    };
    numbers.into_tensor(*dtype, shape)
}

/// The coordinates of the elements that are not zero, one row an axis.
pub(super) fn nonzero(context: &Context, (_, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    let flat: Vec<usize> = match Numbers::of(data)? {
        Numbers::Integers(values) => (0..values.len()).filter(|i| values[*i] != 0).collect(),
        Numbers::Floats(values) => (0..values.len()).filter(|i| values[*i] != 0.0).collect(),
    };
    let sizes = data.shape();
    let mut rows = Vec::with_capacity(shape.iter().product());
    for axis in 0..sizes.len().max(1) {
        let inner: usize = sizes.iter().skip(axis + 1).product();
        let size = sizes.get(axis).copied().unwrap_or(1);
        rows.extend(flat.iter().map(|index| (index / inner % size) as i64));
    }
    Tensor::from_values(shape.clone(), rows).ok()
}

pub(super) fn one_hot(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let (indices, values) = (integers(context.value(0)?)?, context.value(2)?);
    let axis = axis_of(context.int("axis", -1), shape.len()).ok()?;
    let depth = shape[axis];
    let signed = i64::try_from(depth).ok()?;
    let inner: usize = shape[axis + 1..].iter().product();
    if values.len() != 2 {
        return None;
    }
    let width = width(values)?;
    let (off, on) = values.bytes().split_at_checked(width)?;
    let count: usize = shape.iter().product();
    let bytes = (0..count).flat_map(|flat| {
        let (block, rest) = (flat / (depth * inner), flat % (depth * inner));
        let index = indices.get(block * inner + rest % inner);
        let hot = index.filter(|index| (-signed..signed).contains(*index));
        match hot.map(|index| index.rem_euclid(signed)) {
            Some(index) if index == (rest / inner) as i64 => on,
            _ => off,
        }
    });
    let bytes: Vec<u8> = bytes.copied().collect();
    Tensor::from_bytes(*dtype, shape.clone(), bytes.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(start: i64, limit: i64, delta: i64) -> Option<usize> {
        let [a, b, c] =
            [start, limit, delta].map(|n| Tensor::from_values(vec![], vec![n]).expect("one"));
        range_length(&a, &b, &c)
    }

    #[test]
    fn a_range_counts_up_or_down_and_never_past_its_limit() {
        assert_eq!(length(0, 10, 3), Some(4));
        assert_eq!(length(10, 0, -3), Some(4));
        assert_eq!(length(0, 9, 3), Some(3));
        assert_eq!(length(5, 5, 1), Some(0));
        assert_eq!(length(5, 0, 1), Some(0));
        assert_eq!(length(0, 1, 0), None);
        assert_eq!(length(i64::MIN, i64::MAX, 1), Some(usize::MAX));
    }
}
