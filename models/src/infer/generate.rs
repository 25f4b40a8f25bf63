//! Operators that make a tensor from attributes and numbers.

use super::Inferred;
use super::context::{Context, Failure, misfit, open};
use super::dims::{size_of, sizes_of, too_large};
use crate::evaluate::range_length;

/// The shape is the value of the input.
pub(super) fn constant_of_shape(context: &Context) -> Inferred {
    Ok(vec![sizes_of(&context.integers(0)?)?])
}

/// The shape is an attribute.
pub(super) fn shape_attribute(context: &Context) -> Inferred {
    match context.node.ints("shape") {
        Some(shape) => Ok(vec![sizes_of(shape)?]),
        None => misfit("the attribute shape is missing"),
    }
}

pub(super) fn range(context: &Context) -> Inferred {
    let mut ends = Vec::with_capacity(3);
    for index in 0..3 {
        if context.shape(index)?.iter().any(|size| *size != 1) {
            return misfit(format!("input {index} must be a scalar"));
        }
        let Some(value) = context.value(index) else {
            return open("its length depends on the data");
        };
        ends.push(value);
    }
    match range_length(ends[0], ends[1], ends[2]) {
        Some(length) => Ok(vec![vec![length]]),
        None => Err(too_large()),
    }
}

pub(super) fn multinomial(context: &Context) -> Inferred {
    let shape = context.shape_of_rank(0, 2)?;
    let samples = size_of(context.int("sample_size", 1))?;
    Ok(vec![vec![shape[0], samples]])
}

/// A window of as many elements as the input says.
pub(super) fn window(context: &Context) -> Inferred {
    Ok(vec![vec![size_of(context.integer(0)?)?]])
}

pub(super) fn eye_like(context: &Context) -> Result<Vec<Vec<usize>>, Failure> {
    Ok(vec![context.shape_of_rank(0, 2)?.to_vec()])
}
