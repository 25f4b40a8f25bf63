//! Computes, before anything runs, the operators whose inputs are constant: the chains exporters write to make shapes.

mod arithmetic;
mod assemble;
mod generate;
mod logic;
mod numbers;
mod pick;
mod reduce;
mod scatter;
mod view;

pub(crate) use generate::range_length;
pub(crate) use numbers::{count_nonzero, floats, integers};

use crate::data_type::DataType;
use crate::infer::Context;
use crate::tensor::Tensor;

/// Type and shape of an output, as inferred.
pub(crate) type Typed = (DataType, Vec<usize>);

/// The value of each output; `None` where an input is not constant, or the operator is not one that is computed here.
///
/// `outputs` must be what inference gives for `context`; values are only given where they agree with it.
pub(crate) fn evaluate(context: &Context, outputs: &[Typed]) -> Option<Vec<Tensor>> {
    let by_shape = matches!(context.node.op_type.as_str(), "Shape" | "Size" | "EyeLike");
    let mut inputs = context.operands.iter().flatten();
    let constant = by_shape || inputs.all(|input| input.value.is_some());
    if !context.node.domain.is_empty() || !constant {
        return None;
    }
    let nothing = outputs.iter().all(|(_, shape)| shape.contains(&0));
    if nothing && !by_shape {
        return outputs.iter().map(empty).collect();
    }
    let values = values(context, outputs)?;
    let fits = values.len() >= outputs.len()
        && (values.iter().zip(outputs))
            .all(|(value, (dtype, shape))| value.dtype() == *dtype && value.shape() == shape);
    fits.then_some(values)
}

fn values(context: &Context, outputs: &[Typed]) -> Option<Vec<Tensor>> {
    let first = outputs.first()?;
    let value = match context.node.op_type.as_str() {
        "Split" => return pick::split(context, outputs),
        "Shape" | "Size" => generate::size(context, first),
        "Identity" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => reshape(context, first),
        "Transpose" => pick::transpose(context),
        "Expand" => pick::expand(context, first),
        "Slice" => pick::slice(context),
        "Gather" => pick::gather(context, first),
        "GatherElements" => pick::gather_elements(context, first),
        "GatherND" => pick::gather_nd(context, first),
        "Tile" => assemble::tile(context, first),
        "Concat" => assemble::concat(context, first),
        "Pad" => assemble::pad(context, first),
        "Where" => assemble::select(context, first),
        "Trilu" => assemble::trilu(context, first),
        "ScatterND" => scatter::scatter_nd(context, first),
        "ScatterElements" => scatter::scatter_elements(context, first),
        "ConstantOfShape" => generate::constant_of_shape(context, first),
        "EyeLike" => generate::eye_like(context, first),
        "Range" => generate::range(context, first),
        "OneHot" => generate::one_hot(context, first),
        "NonZero" => generate::nonzero(context, first),
        "Cast" => arithmetic::cast(context, first),
        "CumSum" => reduce::cumulative_sum(context, first),
        "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" => {
            logic::compare(context, first)
        }
        "And" | "Or" | "Xor" | "Not" => logic::combine(context, first),
        op_type if op_type.starts_with("Reduce") => reduce::reduce(context, first),
        _ => arithmetic::unary(context, first).or_else(|| arithmetic::variadic(context, first)),
    };
    value.map(|value| vec![value])
}

/// A tensor without elements.
fn empty((dtype, shape): &Typed) -> Option<Tensor> {
    Tensor::from_bytes(*dtype, shape.clone(), Default::default()).ok()
}

/// The same elements under another shape, shared.
fn reshape(context: &Context, (dtype, shape): &Typed) -> Option<Tensor> {
    let data = context.value(0)?;
    Tensor::from_bytes(*dtype, shape.clone(), data.bytes().clone()).ok()
}

/// How many elements computing the operator reads and writes, so that a caller can bound the work.
pub(crate) fn work(context: &Context, outputs: &[Typed]) -> u64 {
    let of = |shape: &[usize]| {
        let product = |all: u64, size: &usize| all.saturating_mul(*size as u64);
        shape.iter().fold(1, product)
    };
    let operand = |index: usize| {
        let shape = context
            .operand(index)
            .and_then(|known| known.shape.as_deref());
        shape.map_or(0, of)
    };
    let read = match context.node.op_type.as_str() {
        "Shape" | "Size" | "Identity" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => {
            return 1;
        }
        "Gather" | "GatherElements" | "GatherND" | "Slice" | "Split" | "Transpose" => 1,
        _ => 0,
    };
    let read = (read..context.operands.len()).map(operand);
    let written = outputs.iter().map(|(_, shape)| of(shape));
    read.chain(written).fold(1, u64::saturating_add)
}
