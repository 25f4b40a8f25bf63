//! ONNX Runtime's fused operators (domain com.microsoft) that have no twin among ONNX's own.

use rten_shape_inference::ops;

use super::context::{Context, misfit};
use super::dims::{add, axis_of, divide};
use super::elementwise::broadcast_inputs;
use super::{Inferred, symbolic};

/// Token, position and segment embeddings, summed and normalised.
pub(super) fn embed_layer_normalization(context: &Context) -> Inferred {
    let (ids, table) = (context.shape_of_rank(0, 2)?, context.shape_of_rank(2, 2)?);
    let hidden = vec![ids[0], ids[1], table[1]];
    Ok(vec![hidden.clone(), vec![ids[0]], hidden])
}

/// Weights packed to a few bits.
pub(super) fn matmul_nbits(context: &Context) -> Inferred {
    let (data, weights) = (context.shape(0)?, context.shape(1)?);
    let inner = usize::try_from(context.int("K", 0)).unwrap_or(0);
    if data.last() != Some(&inner) || data.len() < 2 || weights.is_empty() {
        return misfit(format!("the inner size of {data:?} is not K = {inner}"));
    }
    symbolic::infer(&ops::MatMulNBits, context, &[])
}

/// Quantised element-wise operators: A, scale, zero point, B, ….
pub(super) fn quantised_binary(context: &Context) -> Inferred {
    broadcast_inputs(context, [0, 3])
}

/// Scale and zero point of the output, then each part with its own.
pub(super) fn quantised_concat(context: &Context) -> Inferred {
    let mut shape = context.shape(2)?.to_vec();
    let axis = axis_of(context.int("axis", 0), shape.len())?;
    for index in (5..context.operands.len()).step_by(3) {
        let part = context.shape(index)?;
        if part.len() != shape.len() {
            return misfit(format!(
                "{shape:?} and {part:?} do not join along axis {axis}"
            ));
        }
        shape[axis] = add(shape[axis], part[axis])?;
    }
    Ok(vec![shape])
}

/// One half gates the other.
pub(super) fn halved(context: &Context) -> Inferred {
    let mut shape = context.shape(0)?.to_vec();
    match shape.last_mut() {
        Some(last) => *last = divide(*last, 2)?,
        None => return misfit("the data needs an axis"),
    }
    Ok(vec![shape])
}
