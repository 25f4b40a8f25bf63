//! Operators that compute each element of the output on its own.

use super::Class::Elementwise;
use super::{Cost, Work};
use crate::evaluate::floats;

/// An exponential, logarithm, sine, power or error function.
pub(super) const TRANSCENDENTAL: u64 = 8;
/// 1 ÷ (1 + e⁻ˣ).
pub(super) const SIGMOID: u64 = TRANSCENDENTAL + 3;
/// (e²ˣ − 1) ÷ (e²ˣ + 1).
pub(super) const TANH: u64 = TRANSCENDENTAL + 4;
/// x · (1 + erf(x ÷ √2)) ÷ 2.
const GELU: u64 = TRANSCENDENTAL + 4;
/// x · (1 + tanh(√(2/π) (x + 0.044715 x³))) ÷ 2.
const GELU_TANH: u64 = TANH + 8;

pub(super) fn cost(work: &Work) -> Option<Cost> {
    let each = each(work)?;
    Some(Cost::of(Elementwise, work.output().saturating_mul(each)))
}

fn each(work: &Work) -> Option<u64> {
    let node = work.context.node;
    Some(match node.op_type.as_str() {
        "Abs" | "Ceil" | "Floor" | "Neg" | "Reciprocal" | "Relu" | "Round" | "Sign" | "Sqrt"
        | "IsInf" | "IsNaN" | "Not" | "BitwiseNot" | "Add" | "And" | "BitShift" | "BitwiseAnd"
        | "BitwiseOr" | "BitwiseXor" | "Div" | "Equal" | "Greater" | "GreaterOrEqual" | "Less"
        | "LessOrEqual" | "Mod" | "Mul" | "Or" | "Sub" | "Xor" | "BiasAdd" | "ThresholdedRelu"
        | "Binarizer" => 1,
        "Max" | "Min" | "Sum" => (work.context.operands.len() as u64)
            .saturating_sub(1)
            .max(1),
        "Mean" => work.context.operands.len() as u64,
        "Clip" | "LeakyRelu" | "PRelu" | "Shrink" | "Affine" | "Scaler" | "ImageScaler"
        | "DequantizeLinear" | "Range" => 2,
        "HardSigmoid" | "QLinearLeakyRelu" | "Softsign" => 4,
        "QuantizeLinear" => 4,
        "HardSwish" => 5,
        "DynamicQuantizeLinear" => 6,
        "QLinearAdd" | "QLinearMul" => 8,
        "Exp" | "Log" | "Sin" | "Cos" | "Tan" | "Asin" | "Acos" | "Atan" | "Erf" => TRANSCENDENTAL,
        "Sinh" | "Cosh" | "Asinh" | "Acosh" | "Atanh" => TRANSCENDENTAL + 3,
        "Celu" | "Elu" | "Selu" => TRANSCENDENTAL + 3,
        "Sigmoid" | "QLinearSigmoid" => SIGMOID,
        "Tanh" | "ScaledTanh" => TANH,
        "Swish" | "QuickGelu" => SIGMOID + 2,
        "Softplus" => 2 * TRANSCENDENTAL + 1,
        "Mish" => 2 * TRANSCENDENTAL + 2 + TANH,
        "Gelu" if node.string("approximate") == Some("tanh") => GELU_TANH,
        "Gelu" => GELU,
        "BiasGelu" | "BiasSplitGelu" => GELU + 1,
        "FastGelu" => GELU_TANH + u64::from(work.context.has(1)),
        "RotaryEmbedding" => 3,
        "Pow" => power(work),
        _ => return None,
    })
}

/// A small whole exponent is that many multiplications less one, a half a square root.
fn power(work: &Work) -> u64 {
    let exponent = work
        .context
        .value(1)
        .filter(|exponent| exponent.len() == 1)
        .and_then(floats);
    match exponent.as_deref() {
        Some([exponent]) if *exponent == 0.5 => 1,
        Some([exponent]) if (1.0..=8.0).contains(exponent) && exponent.fract() == 0.0 => {
            (*exponent as u64).saturating_sub(1).max(1)
        }
        _ => 2 * TRANSCENDENTAL + 1,
    }
}
