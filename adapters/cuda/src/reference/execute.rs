//! One step after the other, each by the function of its kind.

use super::memory::Memory;
use super::{attention, convolution, map, pick, product, rows};
use crate::step::{Activation, Epilogue, Kind, Step};

/// Executes a step.
///
/// # Errors
/// Where an index is out of range, or the step lacks an operand that its kind needs.
pub(super) fn execute(memory: &mut Memory, step: &Step) -> Result<(), String> {
    match &step.kind {
        Kind::Map { program } => map::execute(memory, step, program),
        Kind::Product { epilogue } => product::execute(memory, step, epilogue),
        Kind::Attention { scale, .. } => attention::execute(memory, step, *scale),
        Kind::LayerNorm { epsilon, .. } => rows::layer_norm(memory, step, *epsilon),
        Kind::Convolution {
            window,
            groups,
            epilogue,
        } => convolution::execute(memory, step, window, *groups, epilogue),
        Kind::Pool { function, window } => convolution::pool(memory, step, *function, window),
        Kind::Softmax { log } => rows::softmax(memory, step, *log),
        Kind::Reduce { function, axes } => rows::reduce(memory, step, *function, *axes),
        Kind::Gather { axis } => pick::gather(memory, step, *axis),
    }
}

/// Adds the residual of a step, where it has one, to row-major values.
pub(super) fn add_residual(memory: &Memory, step: &Step, values: &mut [f32]) {
    if let Some(residual) = step.input("residual") {
        let residual = memory.floats(residual);
        values
            .iter_mut()
            .zip(residual.iter())
            .for_each(|(value, more)| *value += more);
    }
}

/// Adds the residual of a step, and applies its activation, to row-major values; the bias is there already.
pub(super) fn conclude(memory: &Memory, step: &Step, epilogue: &Epilogue, values: &mut [f32]) {
    add_residual(memory, step, values);
    let activate = match epilogue.activation {
        None => return,
        Some(Activation::Relu) => |x: f32| x.max(0.0),
        Some(Activation::Gelu) => map::gelu,
        Some(Activation::GeluTanh) => map::gelu_tanh,
    };
    values
        .iter_mut()
        .for_each(|value| *value = activate(*value));
}
