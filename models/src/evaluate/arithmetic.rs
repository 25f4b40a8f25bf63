//! Arithmetic, element by element; integers as their type wraps, floats rounded once from 64 bits.

use super::Typed;
use super::numbers::Numbers;
use super::view::View;
use crate::infer::Context;
use crate::tensor::Tensor;

/// Between element types; `None` where a number does not fit the target or is none.
pub(super) fn cast(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    if data.dtype() == *dtype {
        return Some(data.clone());
    }
    let numbers = match (Numbers::of(data)?, dtype.is_float()) {
        (Numbers::Integers(values), true) => {
            Numbers::Floats(values.into_iter().map(|value| value as f64).collect())
        }
        (Numbers::Floats(values), false) => Numbers::Integers(whole(&values, *dtype)?),
        (same, _) => same,
    };
    numbers.into_tensor(*dtype, shape)
}

fn whole(values: &[f64], dtype: crate::DataType) -> Option<Vec<i128>> {
    if dtype == crate::DataType::Bool {
        return Some(
            values
                .iter()
                .map(|value| i128::from(*value != 0.0))
                .collect(),
        );
    }
    let largest = 2f64.powi(i32::try_from(dtype.bits()?).ok()? - 1);
    let signed = !dtype.to_string().starts_with('u');
    let smallest = if signed { -largest } else { 0.0 };
    let fits = |value: &f64| (smallest..largest).contains(&value.trunc());
    values
        .iter()
        .all(fits)
        .then(|| values.iter().map(|value| *value as i128).collect())
}

/// Operators on one tensor.
pub(super) fn unary(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let on_floats: fn(f64) -> f64 = match context.node.op_type.as_str() {
        "Sqrt" => f64::sqrt,
        "Neg" => |x| -x,
        "Abs" => f64::abs,
        "Floor" => f64::floor,
        "Ceil" => f64::ceil,
        "Reciprocal" => |x| 1.0 / x,
        _ => return None,
    };
    let on_integers: fn(i128) -> i128 = match context.node.op_type.as_str() {
        "Neg" => |x| -x,
        "Abs" => i128::abs,
        _ => |x| x,
    };
    let numbers = match Numbers::of(context.value(0)?)? {
        Numbers::Floats(values) => Numbers::Floats(values.into_iter().map(on_floats).collect()),
        Numbers::Integers(values) => {
            Numbers::Integers(values.into_iter().map(on_integers).collect())
        }
    };
    numbers.into_tensor(*dtype, shape)
}

/// Operators on two tensors or more, broadcast.
pub(super) fn variadic(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let (on_integers, on_floats) = operation(context)?;
    let mut result = context.value(0)?.clone();
    let mut sizes = result.shape().to_vec();
    for index in 1..context.operands.len() {
        let next = context.value(index)?;
        sizes = crate::infer::broadcast(&sizes, next.shape()).ok()?;
        result = both(&result, next, &sizes, on_integers, on_floats)?;
    }
    (result.dtype() == *dtype && result.shape() == shape).then_some(result)
}

type OnIntegers = fn(i128, i128) -> Option<i128>;
type OnFloats = fn(f64, f64) -> f64;

fn operation(context: &Context) -> Option<(OnIntegers, OnFloats)> {
    let truncated = context.flag("fmod");
    Some(match context.node.op_type.as_str() {
        "Add" | "Sum" => (i128::checked_add, |a, b| a + b),
        "Sub" => (i128::checked_sub, |a, b| a - b),
        "Mul" => (i128::checked_mul, |a, b| a * b),
        "Div" => (i128::checked_div, |a, b| a / b),
        "Mod" if truncated => (i128::checked_rem, |a, b| a % b),
        "Mod" => (floored_remainder, |_, _| f64::NAN),
        "Pow" => (power, f64::powf),
        "Max" => (
            |a, b| Some(a.max(b)),
            |a, b| if a.is_nan() { a } else { b.max(a) },
        ),
        "Min" => (
            |a, b| Some(a.min(b)),
            |a, b| if a.is_nan() { a } else { b.min(a) },
        ),
        _ => return None,
    })
}

/// With the sign of the divisor.
fn floored_remainder(a: i128, b: i128) -> Option<i128> {
    let rest = a.checked_rem(b)?;
    Some(if rest != 0 && (rest < 0) != (b < 0) {
        rest + b
    } else {
        rest
    })
}

fn power(base: i128, exponent: i128) -> Option<i128> {
    base.checked_pow(u32::try_from(exponent).ok()?)
}

fn both(
    a: &Tensor,
    b: &Tensor,
    shape: &[usize],
    on_integers: OnIntegers,
    on_floats: OnFloats,
) -> Option<Tensor> {
    let (view_a, view_b) = (
        View::dense(a.shape()).broadcast(shape),
        View::dense(b.shape()).broadcast(shape),
    );
    let pairs = view_a.indices().zip(view_b.indices());
    let numbers = match (Numbers::of(a)?, Numbers::of(b)?) {
        (Numbers::Integers(x), Numbers::Integers(y)) => {
            let results = pairs.map(|(i, j)| on_integers(x[i], y[j]));
            Numbers::Integers(results.collect::<Option<_>>()?)
        }
        (Numbers::Floats(x), Numbers::Floats(y)) => {
            Numbers::Floats(pairs.map(|(i, j)| on_floats(x[i], y[j])).collect())
        }
        (Numbers::Floats(x), Numbers::Integers(y)) => {
            Numbers::Floats(pairs.map(|(i, j)| on_floats(x[i], y[j] as f64)).collect())
        }
        _ => return None,
    };
    numbers.into_tensor(a.dtype(), shape)
}
