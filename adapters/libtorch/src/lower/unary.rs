//! Operators on each element alone: arithmetic, trigonometry, logic, and questions about a number.

use tch::{Kind, TchError, Tensor};

use super::{Entry, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Abs", |_| Ok(Kernel::unary(|x| x.f_abs()))),
    ("Acos", |_| Ok(Kernel::unary(|x| x.f_acos()))),
    ("Acosh", |_| Ok(Kernel::unary(|x| x.f_acosh()))),
    ("Asin", |_| Ok(Kernel::unary(|x| x.f_asin()))),
    ("Asinh", |_| Ok(Kernel::unary(|x| x.f_asinh()))),
    ("Atan", |_| Ok(Kernel::unary(|x| x.f_atan()))),
    ("Atanh", |_| Ok(Kernel::unary(|x| x.f_atanh()))),
    ("BitwiseNot", |_| Ok(Kernel::unary(|x| x.f_bitwise_not()))),
    ("Ceil", |_| Ok(Kernel::unary(|x| x.f_ceil()))),
    ("Cos", |_| Ok(Kernel::unary(|x| x.f_cos()))),
    ("Cosh", |_| Ok(Kernel::unary(|x| x.f_cosh()))),
    ("Exp", |_| Ok(Kernel::unary(|x| x.f_exp()))),
    ("Floor", |_| Ok(Kernel::unary(|x| x.f_floor()))),
    ("IsInf", is_inf),
    ("IsNaN", |_| Ok(Kernel::unary(|x| x.f_isnan()))),
    ("Log", |_| Ok(Kernel::unary(|x| x.f_log()))),
    ("Neg", |_| Ok(Kernel::unary(|x| x.f_neg()))),
    ("Not", |_| Ok(Kernel::unary(|x| x.f_logical_not()))),
    ("Reciprocal", |_| Ok(Kernel::unary(|x| x.f_reciprocal()))),
    ("Round", |_| Ok(Kernel::unary(|x| x.f_round()))),
    ("Sign", |_| Ok(Kernel::unary(|x| x.f_sign()))),
    ("Sin", |_| Ok(Kernel::unary(|x| x.f_sin()))),
    ("Sinh", |_| Ok(Kernel::unary(|x| x.f_sinh()))),
    ("Tan", |_| Ok(Kernel::unary(|x| x.f_tan()))),
];

fn is_inf(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (negative, positive) = (
        node.flag("detect_negative", true),
        node.flag("detect_positive", true),
    );
    let ask: fn(&Tensor) -> Result<Tensor, TchError> = match (negative, positive) {
        (true, true) => Tensor::f_isinf,
        (true, false) => Tensor::f_isneginf,
        (false, true) => Tensor::f_isposinf,
        (false, false) => |x| Tensor::f_zeros(x.size(), (Kind::Bool, x.device())),
    };
    Ok(Kernel::unary(ask))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, one};

    #[test]
    fn halves_round_to_the_even_number() {
        let operator = one("Round", 11).fed(floats(&[4], &[0.5, 1.5, -2.5, -3.5]));
        assert_eq!(operator.first().1, [0.0, 2.0, -2.0, -4.0]);
    }

    #[test]
    fn infinities_are_asked_for_by_sign() {
        let ask = |negative: i64, positive: i64| {
            let operator = one("IsInf", 20).int("detect_negative", negative);
            let x = floats(&[4], &[f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0]);
            operator.int("detect_positive", positive).fed(x).first().1
        };
        assert_eq!(ask(1, 1), [1.0, 1.0, 0.0, 0.0]);
        assert_eq!(ask(0, 1), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(ask(1, 0), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(ask(0, 0), [0.0; 4]);
    }
}
