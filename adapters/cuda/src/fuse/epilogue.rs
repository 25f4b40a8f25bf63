//! What follows a product or a convolution element by element, within its step.

use super::affine::channel_axis;
use super::web::{Operation, Term, Web};
use super::{Rewrite, until_none};
use crate::draft::Draft;
use crate::expression::{Binary, Unary};
use crate::layout::{reads, writes};
use crate::step::{Activation, Epilogue, Step};
use crate::view::View;

/// A bias along the channels, a residual of the result's shape, and ReLU or GELU, in this order.
pub fn epilogue(draft: Draft) -> Draft {
    until_none(draft, found)
}

fn found(web: &Web, number: usize) -> Option<Rewrite> {
    let step = web.step(number);
    let epilogue = *step.kind.epilogue()?;
    let [output] = step.outputs.as_slice() else {
        return None;
    };
    let reader = web.only_reader(output.buffer)?;
    let made = web.step(reader).outputs.first()?;
    let result = made.reshape(&output.shape)?;
    let whole = web.draft.is_all(made) && web.draft.is_all(output);
    if epilogue.activation.is_some() || !whole {
        return None;
    }
    let (epilogue, operand) = extended(web, step, epilogue, reader)?;
    let mut kind = step.kind.clone();
    *kind.epilogue_mut()? = epilogue;
    let mut inputs = step.inputs.clone();
    if let Some(operand) = operand {
        let role = if epilogue.residual {
            "residual"
        } else {
            "bias"
        };
        let place = kind.roles().iter().position(|own| *own == role)?;
        if !reads(&kind, place, &operand) {
            return None;
        }
        inputs.insert(place, operand);
    }
    writes(&kind, &result).then(|| Rewrite {
        at: number,
        with: Step {
            kind,
            inputs,
            outputs: vec![result],
            sources: web.sources(&[number, reader]),
        },
        without: vec![reader],
    })
}

/// The epilogue with what the reader does to the step's result, and the operand that this takes.
fn extended(
    web: &Web,
    step: &Step,
    epilogue: Epilogue,
    reader: usize,
) -> Option<(Epilogue, Option<View>)> {
    let output = step.outputs.first()?;
    let is_result = |view: &View| view.buffer == output.buffer && web.draft.is_all(view);
    match web.operation(reader)? {
        Operation::Unary(function, x) if is_result(x) => {
            Some((activated(epilogue, function)?, None))
        }
        Operation::Binary(Binary::Add, Term::View(a), Term::View(b)) => {
            let other = if is_result(a) { b } else { a };
            let is_sum = is_result(a) || is_result(b);
            if !is_sum || other.buffer == output.buffer {
                return None;
            }
            let (epilogue, operand) = added(step, epilogue, output, other)?;
            Some((epilogue, Some(operand)))
        }
        _ => None,
    }
}

fn activated(epilogue: Epilogue, function: Unary) -> Option<Epilogue> {
    let activation = match function {
        Unary::Relu => Activation::Relu,
        Unary::Gelu => Activation::Gelu,
        Unary::GeluTanh => Activation::GeluTanh,
        _ => return None,
    };
    Some(Epilogue {
        activation: Some(activation),
        ..epilogue
    })
}

/// The operand as a bias, where it is a vector along the channels, or as a residual.
fn added(step: &Step, epilogue: Epilogue, output: &View, other: &View) -> Option<(Epilogue, View)> {
    if epilogue.residual {
        return None;
    }
    let channels = channel_axis(&step.kind);
    let bias = along_channel(other, output, channels);
    if let Some(bias) = bias.filter(|_| !epilogue.bias) {
        let epilogue = Epilogue {
            bias: true,
            ..epilogue
        };
        return Some((epilogue, bias));
    }
    let residual = other.reshape(&output.shape)?;
    let epilogue = Epilogue {
        residual: true,
        ..epilogue
    };
    (residual.distinct() == output.elements()).then_some((epilogue, residual))
}

/// The vector that the view, of as many elements as the result, repeats along all but one axis, `from_end` from the end.
pub(super) fn along_channel(view: &View, output: &View, from_end: usize) -> Option<View> {
    let view = view.reshape(&output.shape)?;
    let axis = view.shape.len().checked_sub(from_end)?;
    let size = output.shape[axis];
    let repeats = (0..view.shape.len()).all(|other| other == axis || view.step(other) == 0);
    repeats.then(|| View {
        shape: vec![size],
        strides: vec![view.step(axis)],
        ..view
    })
}
