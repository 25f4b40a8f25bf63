//! Activations with parameters: the call with torch's own defaults, else the formula in elementary calls.

use tch::{TchError, Tensor};

use super::{Entry, Inputs, Kernel, Node, Refusal};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[
    ("Celu", celu),
    ("Elu", elu),
    ("HardSigmoid", hard_sigmoid),
    ("HardSwish", |_| Ok(Kernel::unary(|x| x.f_hardswish()))),
    ("Mish", |_| Ok(Kernel::unary(|x| x.f_mish()))),
    ("PRelu", prelu),
    ("Selu", selu),
    ("Shrink", shrink),
    ("Softplus", |_| Ok(Kernel::unary(|x| x.f_softplus()))),
    ("Softsign", |_| Ok(Kernel::new(softsign))),
    ("Swish", swish),
    ("ThresholdedRelu", thresholded_relu),
];

const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

fn celu(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let alpha = node.float("alpha", 1.0);
    if alpha == 1.0 {
        return Ok(Kernel::unary(|x| x.f_celu()));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let below = x.f_clamp_max(0.0)?.f_mul_scalar(1.0 / alpha)?;
        exponential(x, &below, alpha)
    }))
}

fn elu(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let alpha = node.float("alpha", 1.0);
    if alpha == 1.0 {
        return Ok(Kernel::unary(|x| x.f_elu()));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        exponential(x, &x.f_clamp_max(0.0)?, alpha)
    }))
}

fn selu(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let alpha = node.float("alpha", SELU_ALPHA);
    let scale = node.float("gamma", SELU_SCALE);
    let usual = |value: f64, constant: f64| (value as f32) == (constant as f32);
    if usual(alpha, SELU_ALPHA) && usual(scale, SELU_SCALE) {
        return Ok(Kernel::unary(|x| x.f_selu()));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        exponential(x, &x.f_clamp_max(0.0)?, alpha)?.f_mul_scalar(scale)
    }))
}

/// `x` where it is above zero, plus `alpha · (exp(below) − 1)`.
fn exponential(x: &Tensor, below: &Tensor, alpha: f64) -> Result<Tensor, TchError> {
    let curve = below.f_expm1()?.f_mul_scalar(alpha)?;
    x.f_clamp_min(0.0)?.f_add(&curve)
}

fn hard_sigmoid(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (alpha, beta) = (node.float("alpha", 0.2), node.float("beta", 0.5));
    if (alpha as f32) == 1.0 / 6.0 && beta == 0.5 {
        return Ok(Kernel::unary(|x| x.f_hardsigmoid()));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let line = inputs.at(0)?.f_mul_scalar(alpha)?.f_add_scalar(beta)?;
        line.f_clamp(0.0, 1.0)
    }))
}

/// torch has one slope, or one a channel; other shapes that ONNX broadcasts are multiplied out.
fn prelu(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let float = node.dtype(0).is_none_or(|dtype| dtype.is_float());
    let shapes = node.shape(1).zip(node.shape(0));
    if !float || !shapes.is_some_and(|(slope, x)| is_by_channel(&slope, &x)) {
        return Ok(Kernel::new(|inputs: Inputs<'_>| {
            let (x, slope) = (inputs.at(0)?, inputs.at(1)?);
            x.f_where_self(&x.f_ge(0.0)?, &x.f_mul(slope)?)
        }));
    }
    match node.take(1)? {
        Some(slope) => {
            let slope = Shared::new(slope.f_reshape([-1])?);
            Ok(Kernel::unary(move |x| x.f_prelu(&slope)))
        }
        None => Ok(Kernel::new(|inputs: Inputs<'_>| {
            inputs.at(0)?.f_prelu(&inputs.at(1)?.f_reshape([-1])?)
        })),
    }
}

/// Whether the slope has one element, or as many as `x` has channels, all on the axis that meets them.
fn is_by_channel(slope: &[i64], x: &[i64]) -> bool {
    let count: i64 = slope.iter().product();
    let channel = (slope.len() + 1).checked_sub(x.len());
    let on_channel = channel.and_then(|axis| slope.get(axis)) == Some(&count);
    slope.len() <= x.len() && (count == 1 || (x.len() > 1 && x[1] == count && on_channel))
}

fn shrink(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (bias, lambda) = (node.float("bias", 0.0), node.float("lambd", 0.5));
    if let Some(dtype) = node.dtype(0).filter(|dtype| !dtype.is_float()) {
        return Err(Refusal::new(format!(
            "on {dtype}, which torch cannot shrink"
        )));
    }
    match (bias, lambda) {
        (0.0, 0.5) => Ok(Kernel::unary(|x| x.f_hardshrink())),
        (0.5, 0.5) => Ok(Kernel::unary(|x| x.f_softshrink())),
        _ => Ok(Kernel::new(move |inputs: Inputs<'_>| {
            let x = inputs.at(0)?;
            let kept = x.f_abs()?.f_gt(lambda)?;
            let moved = x.f_sub(&x.f_sign()?.f_mul_scalar(bias)?)?;
            moved.f_where_self(&kept, &x.f_zeros_like()?)
        })),
    }
}

fn softsign(inputs: Inputs<'_>) -> Result<Tensor, TchError> {
    let x = inputs.at(0)?;
    x.f_div(&x.f_abs()?.f_add_scalar(1.0)?)
}

fn swish(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let alpha = node.float("alpha", 1.0);
    if alpha == 1.0 {
        return Ok(Kernel::unary(|x| x.f_silu()));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        x.f_mul(&x.f_mul_scalar(alpha)?.f_sigmoid()?)
    }))
}

fn thresholded_relu(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let alpha = node.float("alpha", 1.0);
    Ok(Kernel::unary(move |x| x.f_threshold(alpha, 0.0)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{One, floats, longs, one};
    use super::*;

    const X: [f32; 5] = [-2.0, -0.5, 0.0, 0.4, 3.0];

    #[track_caller]
    fn check(operator: One, formula: impl Fn(f64) -> f64) {
        let (_, found) = operator.fed(floats(&[5], &X)).first();
        for (x, y) in X.iter().zip(found) {
            let wanted = formula(f64::from(*x));
            assert!((y - wanted).abs() < 1e-6, "{x}: {y} instead of {wanted}");
        }
    }

    fn curve(x: f64, alpha: f64, inner: f64) -> f64 {
        if x > 0.0 {
            x
        } else {
            alpha * ((x * inner).exp() - 1.0)
        }
    }

    #[test]
    fn exponential_units_follow_their_formula_with_any_parameter() {
        for alpha in [1.0, 0.25] {
            let elu = one("Elu", 6).float("alpha", alpha as f32);
            check(elu, |x| curve(x, alpha, 1.0));
            let celu = one("Celu", 12).float("alpha", alpha as f32);
            check(celu, |x| curve(x, alpha, 1.0 / alpha));
        }
        check(one("Selu", 6), |x| SELU_SCALE * curve(x, SELU_ALPHA, 1.0));
        let other = one("Selu", 6).float("alpha", 2.0).float("gamma", 3.0);
        check(other, |x| 3.0 * curve(x, 2.0, 1.0));
    }

    #[test]
    fn hard_sigmoids_are_lines_between_zero_and_one() {
        check(one("HardSigmoid", 6), |x| (0.2 * x + 0.5).clamp(0.0, 1.0));
        let torchs = one("HardSigmoid", 6).float("alpha", 1.0 / 6.0);
        check(torchs, |x| (x / 6.0 + 0.5).clamp(0.0, 1.0));
        check(one("HardSwish", 14), |x| {
            x * (x / 6.0 + 0.5).clamp(0.0, 1.0)
        });
    }

    #[test]
    fn what_is_small_is_shrunk_to_zero() {
        let shrunk = |bias: f64, lambda: f64| {
            let operator = one("Shrink", 9).float("bias", bias as f32);
            check(operator.float("lambd", lambda as f32), |x| {
                if x.abs() > lambda {
                    x - bias * x.signum()
                } else {
                    0.0
                }
            });
        };
        shrunk(0.0, 0.5);
        shrunk(0.5, 0.5);
        shrunk(1.5, 0.25);
        let whole = one("Shrink", 9).fed(longs(&[1], &[1]));
        assert_eq!(whole.refusal(), "on i64, which torch cannot shrink");
    }

    #[test]
    fn the_other_curves_follow_their_formulas() {
        check(one("Swish", 24), |x| x / (1.0 + (-x).exp()));
        let steep = one("Swish", 24).float("alpha", 2.0);
        check(steep, |x| x / (1.0 + (-2.0 * x).exp()));
        let above = one("ThresholdedRelu", 10).float("alpha", 0.4);
        check(above, |x| if x > f64::from(0.4f32) { x } else { 0.0 });
        check(one("Softsign", 1), |x| x / (1.0 + x.abs()));
        check(one("Softplus", 1), |x| x.exp().ln_1p());
        check(one("Mish", 18), |x| x * x.exp().ln_1p().tanh());
    }

    #[test]
    fn slopes_broadcast_as_onnx_has_it() {
        let x = || floats(&[1, 2, 2], &[-1.0, -2.0, -3.0, 4.0]);
        let sloped = |shape: &[usize], slope: &[f32]| {
            let prelu = || one("PRelu", 16).fed(x());
            let known = prelu().known(floats(shape, slope)).first();
            assert_eq!(prelu().fed(floats(shape, slope)).first(), known);
            known.1
        };
        assert_eq!(sloped(&[1], &[0.5]), [-0.5, -1.0, -1.5, 4.0]);
        assert_eq!(sloped(&[2, 1], &[0.5, 2.0]), [-0.5, -1.0, -6.0, 4.0]);
        assert_eq!(sloped(&[2], &[0.5, 2.0]), [-0.5, -4.0, -1.5, 4.0]);
        assert_eq!(
            sloped(&[2, 2], &[1.0, 2.0, 3.0, 4.0]),
            [-1.0, -4.0, -9.0, 4.0]
        );
    }

    #[test]
    fn a_slope_is_by_channel_only_where_it_meets_the_channels() {
        assert!(is_by_channel(&[3, 1, 1], &[2, 3, 5, 5]));
        assert!(is_by_channel(&[1, 3, 1, 1], &[2, 3, 5, 5]));
        assert!(is_by_channel(&[], &[2, 3]));
        assert!(is_by_channel(&[3], &[2, 3]));
        assert!(!is_by_channel(&[3], &[2, 3, 3]));
        assert!(!is_by_channel(&[5, 1], &[2, 3, 5, 5]));
        assert!(!is_by_channel(&[1, 1, 1], &[2, 2]));
    }
}
