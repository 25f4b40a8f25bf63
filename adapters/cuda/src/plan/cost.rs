//! What a step costs: operations as the facts of a model count them, and bytes.

use tare_models::byte_len;
use tare_units::{Bytes, Flops};

use super::PlannedStep;
use crate::draft::Draft;
use crate::expression::{Binary, Constant, Instruction, Program, Unary};
use crate::step::{Activation, Epilogue, Kind, Reduction, Step};
use crate::view::View;

/// An exponential, logarithm, sine, power or error function.
const TRANSCENDENTAL: u64 = 8;
const TANH: u64 = TRANSCENDENTAL + 4;
const GELU: u64 = TRANSCENDENTAL + 4;
const GELU_TANH: u64 = TANH + 8;
const SOFTMAX: u64 = TRANSCENDENTAL + 4;

pub(super) fn planned(draft: &Draft, step: &Step) -> PlannedStep {
    PlannedStep {
        flops: Flops::from_operations(flops(step)),
        bytes: Bytes::from_bytes(bytes(draft, step)),
        step: step.clone(),
    }
}

fn flops(step: &Step) -> u64 {
    let of = |view: Option<&View>| view.map_or(0, |view| view.elements() as u64);
    let written = of(step.outputs.first());
    let read = of(step.inputs.first());
    let size = |role: &str, from_end: usize| {
        let view = step.input(role);
        let size = view.and_then(|view| view.shape.iter().rev().nth(from_end));
        size.map_or(1, |size| *size as u64)
    };
    match &step.kind {
        Kind::Map { program } => written * program_flops(program),
        Kind::Product { epilogue } => written * (2 * size("a", 0) + epilogue_flops(epilogue)),
        Kind::Attention { mask, .. } => {
            let scores = of(step.input("q")) * size("k", 1) / size("q", 0);
            let each = 2 * size("q", 0) + 1 + u64::from(*mask) + SOFTMAX + 2 * size("v", 0);
            scores * each
        }
        Kind::LayerNorm { residual, .. } => written * (7 + u64::from(*residual)),
        Kind::Convolution { epilogue, .. } => {
            let weight = [0, 1, 2]
                .map(|axis| size("weight", axis))
                .iter()
                .product::<u64>();
            written * (2 * weight + epilogue_flops(epilogue))
        }
        Kind::Pool { window, .. } => written * (window.kernel[0] * window.kernel[1]) as u64,
        Kind::Softmax { .. } => written * SOFTMAX,
        Kind::Reduce { function, .. } => {
            read + if *function == Reduction::Mean {
                written
            } else {
                0
            }
        }
        Kind::Gather { .. } => 0,
    }
}

fn epilogue_flops(epilogue: &Epilogue) -> u64 {
    let activation = match epilogue.activation {
        None => 0,
        Some(Activation::Relu) => 1,
        Some(Activation::Gelu) => GELU,
        Some(Activation::GeluTanh) => GELU_TANH,
    };
    u64::from(epilogue.bias) + u64::from(epilogue.residual) + activation
}

fn program_flops(program: &Program) -> u64 {
    let whole = |number: usize| match program.instructions[number] {
        Instruction::Constant(Constant::Float(power)) => power,
        _ => f32::NAN,
    };
    let each = program
        .instructions
        .iter()
        .map(|instruction| match instruction {
            Instruction::Unary(function, _) => unary_flops(*function),
            Instruction::Binary(Binary::Pow, _, power) => match whole(*power) {
                0.5 => 1,
                power if (1.0..=8.0).contains(&power) && power.fract() == 0.0 => {
                    (power as u64 - 1).max(1)
                }
                _ => 2 * TRANSCENDENTAL + 1,
            },
            Instruction::Binary(..) => 1,
            _ => 0,
        });
    each.sum()
}

fn unary_flops(function: Unary) -> u64 {
    match function {
        Unary::Cos | Unary::Erf | Unary::Exp | Unary::Log | Unary::Sin => TRANSCENDENTAL,
        Unary::Sigmoid => TRANSCENDENTAL + 3,
        Unary::Tanh => TANH,
        Unary::Gelu => GELU,
        Unary::GeluTanh => GELU_TANH,
        _ => 1,
    }
}

/// Each element of the operands once, of a table as many as are written.
fn bytes(draft: &Draft, step: &Step) -> u64 {
    let written = step
        .outputs
        .iter()
        .map(|view| sized(draft, view, view.elements()));
    let table = matches!(step.kind, Kind::Gather { .. });
    let most = step.outputs.first().map_or(0, View::elements);
    let read = step.inputs.iter().enumerate().map(|(index, view)| {
        let elements = view.distinct();
        sized(
            draft,
            view,
            if table && index == 0 { most } else { elements },
        )
    });
    read.chain(written).sum()
}

fn sized(draft: &Draft, view: &View, elements: usize) -> u64 {
    byte_len(draft.buffer(view.buffer).dtype, &[elements]).unwrap_or(0)
}
