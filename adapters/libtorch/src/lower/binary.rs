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

#[cfg(test)]
mod tests {
    use super::super::testing::{bytes, floats, longs, one};

    #[test]
    fn a_remainder_has_the_sign_of_the_divisor_or_with_fmod_of_the_dividend() {
        let (a, b) = (
            || longs(&[4], &[-4, 7, -7, 5]),
            || longs(&[4], &[3, -3, -3, 3]),
        );
        let plain = one("Mod", 13).fed(a()).fed(b()).first();
        assert_eq!(plain.1, [2.0, -2.0, -1.0, 2.0]);
        let fmod = one("Mod", 13).int("fmod", 1).fed(a()).fed(b()).first();
        assert_eq!(fmod.1, [-1.0, 1.0, -1.0, 2.0]);
        let floating = one("Mod", 13)
            .fed(floats(&[], &[1.0]))
            .fed(floats(&[], &[2.0]));
        assert_eq!(floating.refusal(), "on f32 without fmod=1");
    }

    #[test]
    fn bits_are_shifted_the_way_that_is_named() {
        let shift = |direction: &str| {
            let operator = one("BitShift", 11).string("direction", direction);
            operator
                .fed(bytes(&[2], &[129, 6]))
                .fed(bytes(&[2], &[1, 2]))
        };
        assert_eq!(shift("LEFT").first().1, [2.0, 24.0]);
        assert_eq!(shift("RIGHT").first().1, [64.0, 1.0]);
        assert_eq!(shift("UP").refusal(), "in the direction 'UP'");
    }

    #[test]
    fn comparisons_broadcast() {
        let operator = one("LessOrEqual", 16).fed(floats(&[2, 1], &[1.0, 3.0]));
        let found = operator.fed(floats(&[2], &[1.0, 2.0])).first();
        assert_eq!(found, (vec![2, 2], vec![1.0, 1.0, 0.0, 0.0]));
    }
}
