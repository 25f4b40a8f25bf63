//! Operators on two tensors element by element: comparisons, logic, bits, and remainders.

use tare_adapter_api::DataType;
use tch::{TchError, Tensor};

use super::{Entry, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("And", |_| elementwise(Tensor::f_logical_and)),
    ("BitShift", bit_shift),
    ("BitwiseAnd", |_| elementwise(Tensor::f_bitwise_and_tensor)),
    ("BitwiseOr", |_| elementwise(Tensor::f_bitwise_or_tensor)),
    ("BitwiseXor", |_| elementwise(Tensor::f_bitwise_xor_tensor)),
    ("Equal", |_| elementwise(Tensor::f_eq_tensor)),
    ("Greater", |_| elementwise(Tensor::f_gt_tensor)),
    ("GreaterOrEqual", |_| elementwise(Tensor::f_ge_tensor)),
    ("Less", |_| elementwise(Tensor::f_lt_tensor)),
    ("LessOrEqual", |_| elementwise(Tensor::f_le_tensor)),
    ("Mod", modulo),
    ("Or", |_| elementwise(Tensor::f_logical_or)),
    ("Xor", |_| elementwise(Tensor::f_logical_xor)),
];

type Binary = fn(&Tensor, &Tensor) -> Result<Tensor, TchError>;

fn elementwise(call: Binary) -> Result<Kernel, Refusal> {
    Ok(Kernel::binary(call))
}

fn bit_shift(node: &Node<'_>) -> Result<Kernel, Refusal> {
    match node.string("direction", "") {
        "LEFT" => elementwise(Tensor::f_bitwise_left_shift),
        "RIGHT" => elementwise(Tensor::f_bitwise_right_shift),
        other => Err(Refusal::new(format!("in the direction '{other}'"))),
    }
}

/// With `fmod` the result has the sign of the dividend, else that of the divisor.
fn modulo(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if node.flag("fmod", false) {
        return elementwise(Tensor::f_fmod_tensor);
    }
    match node.dtype(0).filter(|dtype| DataType::is_float(*dtype)) {
        Some(dtype) => Err(Refusal::new(format!("on {dtype} without fmod=1"))),
        None => elementwise(Tensor::f_remainder_tensor),
    }
}
