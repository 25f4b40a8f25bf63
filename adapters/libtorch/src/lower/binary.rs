//! Operators on two tensors element by element: comparisons, logic, bits, and remainders.

use tare_adapter_api::DataType;
use tch::{TchError, Tensor};

use super::{Entry, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("And", |node| elementwise(node, Tensor::f_logical_and)),
    ("BitShift", bit_shift),
    ("BitwiseAnd", |node| {
        elementwise(node, Tensor::f_bitwise_and_tensor)
    }),
    ("BitwiseOr", |node| {
        elementwise(node, Tensor::f_bitwise_or_tensor)
    }),
    ("BitwiseXor", |node| {
        elementwise(node, Tensor::f_bitwise_xor_tensor)
    }),
    ("Equal", |node| elementwise(node, Tensor::f_eq_tensor)),
    ("Greater", |node| elementwise(node, Tensor::f_gt_tensor)),
    ("GreaterOrEqual", |node| {
        elementwise(node, Tensor::f_ge_tensor)
    }),
    ("Less", |node| elementwise(node, Tensor::f_lt_tensor)),
    ("LessOrEqual", |node| elementwise(node, Tensor::f_le_tensor)),
    ("Mod", modulo),
    ("Or", |node| elementwise(node, Tensor::f_logical_or)),
    ("Xor", |node| elementwise(node, Tensor::f_logical_xor)),
];

type Binary = fn(&Tensor, &Tensor) -> Result<Tensor, TchError>;

/// Before version 7 shapes were matched from a given axis on, which is not how libtorch broadcasts.
fn elementwise(node: &Node<'_>, call: Binary) -> Result<Kernel, Refusal> {
    if node.attribute("axis").is_some() {
        return Err(Refusal::new(
            "with the attribute 'axis' of operator sets before 7: export the model anew",
        ));
    }
    Ok(Kernel::binary(call))
}

fn bit_shift(node: &Node<'_>) -> Result<Kernel, Refusal> {
    match node.string("direction", "") {
        "LEFT" => elementwise(node, Tensor::f_bitwise_left_shift),
        "RIGHT" => elementwise(node, Tensor::f_bitwise_right_shift),
        other => Err(Refusal::new(format!("in the direction '{other}'"))),
    }
}

/// With `fmod` the result has the sign of the dividend, else that of the divisor.
fn modulo(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if node.flag("fmod", false) {
        return elementwise(node, Tensor::f_fmod_tensor);
    }
    match node.dtype(0).filter(|dtype| DataType::is_float(*dtype)) {
        Some(dtype) => Err(Refusal::new(format!("on {dtype} without fmod=1"))),
        None => elementwise(node, Tensor::f_remainder_tensor),
    }
}
