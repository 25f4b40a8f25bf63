//! Comparisons and logic, element by element.

use std::cmp::Ordering;

use super::Typed;
use super::numbers::Numbers;
use super::view::View;
use crate::infer::Context;
use crate::tensor::Tensor;

pub(super) fn compare(context: &Context, (_, shape): &Typed) -> Option<Tensor> {
    let (a, b) = (context.value(0)?, context.value(1)?);
    let (view_a, view_b) = (
        View::dense(a.shape()).broadcast(shape),
        View::dense(b.shape()).broadcast(shape),
    );
    let pairs = view_a.indices().zip(view_b.indices());
    let order: Vec<Option<Ordering>> = match (Numbers::of(a)?, Numbers::of(b)?) {
        (Numbers::Integers(x), Numbers::Integers(y)) => {
            pairs.map(|(i, j)| x[i].partial_cmp(&y[j])).collect()
        }
        (Numbers::Floats(x), Numbers::Floats(y)) => {
            pairs.map(|(i, j)| x[i].partial_cmp(&y[j])).collect()
        }
        _ => return None,
    };
    let holds: fn(Ordering) -> bool = match context.node.op_type.as_str() {
        "Equal" => Ordering::is_eq,
        "Greater" => Ordering::is_gt,
        "GreaterOrEqual" => Ordering::is_ge,
        "Less" => Ordering::is_lt,
        "LessOrEqual" => Ordering::is_le,
        _ => return None,
    };
    let values: Vec<bool> = order
        .into_iter()
        .map(|order| order.is_some_and(holds))
        .collect();
    Tensor::from_bools(shape.clone(), &values).ok()
}

pub(super) fn combine(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    if *dtype != crate::DataType::Bool {
        return None;
    }
    let a = context.value(0)?;
    let b = if context.node.op_type == "Not" {
        a
    } else {
        context.value(1)?
    };
    let (view_a, view_b) = (
        View::dense(a.shape()).broadcast(shape),
        View::dense(b.shape()).broadcast(shape),
    );
    let (x, y) = (a.values::<u8>()?, b.values::<u8>()?);
    let pairs = view_a.indices().zip(view_b.indices());
    let pairs = pairs.map(|(i, j)| (x[i] != 0, y[j] != 0));
    let holds: fn((bool, bool)) -> bool = match context.node.op_type.as_str() {
        "And" => |(a, b)| a && b,
        "Or" => |(a, b)| a || b,
        "Xor" => |(a, b)| a != b,
        "Not" => |(a, _)| !a,
        _ => return None,
    };
    let values: Vec<bool> = pairs.map(holds).collect();
    Tensor::from_bools(shape.clone(), &values).ok()
}
