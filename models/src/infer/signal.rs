//! The output shapes of Fourier transforms and of what is built on them.

use super::Inferred;
use super::context::{Context, misfit};
use super::dims::{axis_of, size_of};
use super::symbolic;
use rten_shape_inference::ops;

pub(super) fn stft(context: &Context) -> Inferred {
    let onesided = context.int("onesided", 1) != 0;
    let complex = context.shape_of_rank(0, 3)?[2] == 2;
    let op = ops::STFT {
        onesided: onesided && !complex,
    };
    symbolic::infer(&op, context, &[1, 3])
}

pub(super) fn dft(context: &Context) -> Inferred {
    if context.opset >= 20 {
        let op = ops::DFT {
            inverse: context.flag("inverse"),
            onesided: context.flag("onesided"),
        };
        return symbolic::infer(&op, context, &[1, 2]);
    }
    let mut shape = context.shape(0)?.to_vec();
    let axis = axis_of(context.int("axis", 1), shape.len())?;
    let Some(last) = shape.len().checked_sub(1).filter(|last| axis < *last) else {
        return misfit("the last axis holds the parts of a complex number");
    };
    if let Some(length) = context.optional_integers(1)?.as_deref() {
        shape[axis] = size_of(length.first().copied().unwrap_or(0))?;
    }
    if context.flag("onesided") {
        shape[axis] = shape[axis] / 2 + 1;
    }
    shape[last] = 2;
    Ok(vec![shape])
}

pub(super) fn mel_weights(context: &Context) -> Inferred {
    let bins = size_of(context.integer(0)?)?;
    let length = size_of(context.integer(1)?)?;
    Ok(vec![vec![length / 2 + 1, bins]])
}
