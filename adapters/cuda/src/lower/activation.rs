//! Activations, from ONNX's own and ONNX Runtime's domain, as programs.

use tare_models::Node;

use super::elementwise::{finish, float};
use super::{Lowering, Refusal};
use crate::expression::{Binary, Instruction, Program, Unary};

/// Activations that are several instructions.
pub(super) fn activation(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.floats(node, 0)?;
    let alpha = |default: f32| node.float("alpha").unwrap_or(default);
    let mut program = Program::identity();
    match node.op_type.as_str() {
        "Gelu" => {
            let by_tanh = node.string("approximate") == Some("tanh");
            let function = if by_tanh {
                Unary::GeluTanh
            } else {
                Unary::Gelu
            };
            program.push(Instruction::Unary(function, 0));
        }
        "LeakyRelu" => leaky(&mut program, alpha(0.01)),
        "ThresholdedRelu" => {
            let bound = float(&mut program, alpha(1.0));
            let zero = float(&mut program, 0.0);
            let above = program.push(Instruction::Binary(Binary::Less, bound, 0));
            program.push(Instruction::Select(above, 0, zero));
        }
        "Elu" => exponential(&mut program, alpha(1.0), 1.0, 1.0),
        "Celu" => exponential(&mut program, alpha(1.0), 1.0, alpha(1.0)),
        "Selu" => {
            let gamma = node.float("gamma").unwrap_or(1.050_701);
            exponential(&mut program, alpha(1.673_263_2), gamma, 1.0);
        }
        "HardSigmoid" => {
            let beta = node.float("beta").unwrap_or(0.5);
            hard_sigmoid(&mut program, alpha(0.2), beta);
        }
        "HardSwish" => {
            let gate = hard_sigmoid(&mut program, 1.0 / 6.0, 0.5);
            program.push(Instruction::Binary(Binary::Mul, 0, gate));
        }
        "Softplus" | "Mish" => {
            let plus = softplus(&mut program);
            if node.op_type == "Mish" {
                let tanh = program.push(Instruction::Unary(Unary::Tanh, plus));
                program.push(Instruction::Binary(Binary::Mul, 0, tanh));
            }
        }
        _ => softsign(&mut program),
    }
    finish(lowering, node, &program, &[x])
}

/// The activations of ONNX Runtime's own domain, after a bias where there is one.
pub(super) fn biased_activation(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let mut operands = vec![lowering.floats(node, 0)?];
    let mut program = Program::identity();
    let mut x = 0;
    if node.input(1).is_some() {
        operands.push(lowering.floats(node, 1)?);
        let bias = program.push(Instruction::Operand(1));
        x = program.push(Instruction::Binary(Binary::Add, 0, bias));
    }
    match node.op_type.as_str() {
        "FastGelu" => {
            program.push(Instruction::Unary(Unary::GeluTanh, x));
        }
        "QuickGelu" => {
            let alpha = float(&mut program, node.float("alpha").unwrap_or(1.702));
            let scaled = program.push(Instruction::Binary(Binary::Mul, x, alpha));
            let gate = program.push(Instruction::Unary(Unary::Sigmoid, scaled));
            program.push(Instruction::Binary(Binary::Mul, x, gate));
        }
        _ => {
            program.push(Instruction::Unary(Unary::Gelu, x));
        }
    }
    finish(lowering, node, &program, &operands)
}

/// x where it is not negative, else x times the slope.
fn leaky(program: &mut Program, slope: f32) {
    let slope = float(program, slope);
    let product = program.push(Instruction::Binary(Binary::Mul, 0, slope));
    where_negative(program, product, 0);
}

/// x ÷ (1 + |x|).
fn softsign(program: &mut Program) {
    let one = float(program, 1.0);
    let size = program.push(Instruction::Unary(Unary::Abs, 0));
    let sum = program.push(Instruction::Binary(Binary::Add, one, size));
    program.push(Instruction::Binary(Binary::Div, 0, sum));
}

/// The result `negative` where operand 0 is below zero, else `other`.
fn where_negative(program: &mut Program, negative: usize, other: usize) -> usize {
    let zero = float(program, 0.0);
    let below = program.push(Instruction::Binary(Binary::Less, 0, zero));
    program.push(Instruction::Select(below, negative, other))
}

/// γ x where x is not negative, else γ α (e^(x/width) − 1).
fn exponential(program: &mut Program, alpha: f32, gamma: f32, width: f32) {
    let width = float(program, width);
    let scaled = program.push(Instruction::Binary(Binary::Div, 0, width));
    let power = program.push(Instruction::Unary(Unary::Exp, scaled));
    let one = float(program, 1.0);
    let less = program.push(Instruction::Binary(Binary::Sub, power, one));
    let alpha = float(program, alpha);
    let bent = program.push(Instruction::Binary(Binary::Mul, alpha, less));
    let chosen = where_negative(program, bent, 0);
    let gamma = float(program, gamma);
    program.push(Instruction::Binary(Binary::Mul, gamma, chosen));
}

/// α x + β, at least 0 and at most 1.
fn hard_sigmoid(program: &mut Program, alpha: f32, beta: f32) -> usize {
    let (alpha, beta) = (float(program, alpha), float(program, beta));
    let (zero, one) = (float(program, 0.0), float(program, 1.0));
    let scaled = program.push(Instruction::Binary(Binary::Mul, alpha, 0));
    let shifted = program.push(Instruction::Binary(Binary::Add, scaled, beta));
    let least = program.push(Instruction::Binary(Binary::Max, shifted, zero));
    program.push(Instruction::Binary(Binary::Min, least, one))
}

/// ln(1 + eˣ) as max(x, 0) + ln(1 + e^−|x|), which does not overflow.
fn softplus(program: &mut Program) -> usize {
    let size = program.push(Instruction::Unary(Unary::Abs, 0));
    let size = program.push(Instruction::Unary(Unary::Neg, size));
    let power = program.push(Instruction::Unary(Unary::Exp, size));
    let one = float(program, 1.0);
    let sum = program.push(Instruction::Binary(Binary::Add, one, power));
    let logarithm = program.push(Instruction::Unary(Unary::Log, sum));
    let positive = program.push(Instruction::Unary(Unary::Relu, 0));
    program.push(Instruction::Binary(Binary::Add, positive, logarithm))
}
