//! Sums, products and extremes over axes.

use super::Typed;
use super::numbers::{Numbers, integers};
use crate::infer::{Context, axis_of, reduced_axes};
use crate::tensor::Tensor;

pub(super) fn reduce(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    let axes = reduced_axes(context, data.shape().len()).ok()?;
    let targets = targets(data.shape(), &axes);
    let count = shape.iter().product();
    let op_type = context.node.op_type.as_str();
    let numbers = match Numbers::of(data)? {
        Numbers::Integers(values) => {
            let operation: fn(i128, i128) -> Option<i128> = match op_type {
                "ReduceSum" => i128::checked_add,
                "ReduceProd" => |a, b| a.checked_mul(b).filter(|p| i64::try_from(*p).is_ok()),
                "ReduceMax" => |a, b| Some(a.max(b)),
                "ReduceMin" => |a, b| Some(a.min(b)),
                _ => return None,
            };
            let neutral = if op_type == "ReduceProd" { 1 } else { 0 };
            Numbers::Integers(accumulate(
                &values, &targets, count, neutral, op_type, operation,
            )?)
        }
        Numbers::Floats(values) => {
            let operation: fn(f64, f64) -> Option<f64> = match op_type {
                "ReduceSum" => |a, b| Some(a + b),
                "ReduceProd" => |a, b| Some(a * b),
                "ReduceMax" => |a, b| Some(if a.is_nan() { a } else { b.max(a) }),
                "ReduceMin" => |a, b| Some(if a.is_nan() { a } else { b.min(a) }),
                _ => return None,
            };
            let neutral = if op_type == "ReduceProd" { 1.0 } else { 0.0 };
            Numbers::Floats(accumulate(
                &values, &targets, count, neutral, op_type, operation,
            )?)
        }
    };
    numbers.into_tensor(*dtype, shape)
}

/// Into which element of the result each element goes.
fn targets(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    let mut strides = vec![0; shape.len()];
    let mut stride = 1;
    for axis in (0..shape.len()).rev().filter(|axis| !axes.contains(axis)) {
        strides[axis] = stride;
        stride *= shape[axis];
    }
    let count = shape.iter().product();
    (0..count)
        .map(|flat: usize| {
            let mut rest = flat;
            let mut target = 0;
            for axis in (0..shape.len()).rev() {
                target += rest % shape[axis] * strides[axis];
                rest /= shape[axis];
            }
            target
        })
        .collect()
}

fn accumulate<T: Copy>(
    values: &[T],
    targets: &[usize],
    count: usize,
    neutral: T,
    op_type: &str,
    operation: fn(T, T) -> Option<T>,
) -> Option<Vec<T>> {
    let extreme = matches!(op_type, "ReduceMax" | "ReduceMin");
    if extreme && values.is_empty() && count > 0 {
        return None;
    }
    let mut results: Vec<Option<T>> = vec![(!extreme).then_some(neutral); count];
    for (value, target) in values.iter().zip(targets) {
        let result = results.get_mut(*target)?;
        *result = Some(match *result {
            Some(so_far) => operation(so_far, *value)?,
            None => *value,
        });
    }
    results.into_iter().collect()
}

pub(super) fn cumulative_sum(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    let axis = integers(context.value(1)?)?;
    let axis = axis_of(*axis.first()?, shape.len()).ok()?;
    let (size, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
    if context.flag("exclusive") || context.flag("reverse") {
        return None;
    }
    let mut numbers = Numbers::of(data)?;
    let count: usize = shape.iter().product();
    for flat in (0..count).filter(|flat| flat / inner % size != 0) {
        match &mut numbers {
            Numbers::Integers(values) => {
                values[flat] = values[flat].checked_add(values[flat - inner])?
            }
            Numbers::Floats(values) => values[flat] += values[flat - inner],
        }
    }
    numbers.into_tensor(*dtype, shape)
}
