//! Activations and roots that exporters write out: the Gaussian error linear unit, the sigmoid linear unit, 1 / √x.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI};

use tare_models::{ValueId, graph};

use super::web::{Web, own};

const CUBIC: f64 = 0.044_715;

/// `x · ½ · (1 + erf(x / √2))` or `x · ½ · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))`, factors in any order.
pub(super) fn gelu(web: &mut Web<'_>, end: &graph::Node) -> Option<Vec<graph::Node>> {
    if end.op_type != "Mul" || !end.domain.is_empty() {
        return None;
    }
    let product = Product::of(web, [end.input(0)?, end.input(1)?]);
    let [a, b] = product.factors[..] else {
        return None;
    };
    if !near(product.number, 0.5) || !web.is_float(a) {
        return None;
    }
    let found = [(a, b), (b, a)]
        .into_iter()
        .find_map(|(x, curve)| Some((x, kind(web, x, one_and(web, curve)?)?)));
    let (x, kind) = found?;
    let keeps_shape = web.shape(x) == web.shape(end.output(0)?);
    keeps_shape.then(|| vec![own(end, kind, vec![Some(x)], &[])])
}

/// `x · sigmoid(x)`.
pub(super) fn silu(web: &mut Web<'_>, end: &graph::Node) -> Option<Vec<graph::Node>> {
    if end.op_type != "Mul" || !end.domain.is_empty() {
        return None;
    }
    let (a, b) = (end.input(0)?, end.input(1)?);
    let of = |x: ValueId, curve: ValueId| {
        let sigmoid = web.inner(curve, "Sigmoid")?;
        (sigmoid.input(0) == Some(x)).then_some(x)
    };
    let x = of(a, b).or_else(|| of(b, a))?;
    Some(vec![own(end, "silu", vec![Some(x)], &[])])
}

/// `1 / √x`, by `Div` or `Reciprocal`.
pub(super) fn rsqrt(web: &mut Web<'_>, end: &graph::Node) -> Option<Vec<graph::Node>> {
    let root = match end.op_type.as_str() {
        "Reciprocal" if end.domain.is_empty() => end.input(0)?,
        "Div" if end.domain.is_empty() && web.scalar(end.input(0)?) == Some(1.0) => end.input(1)?,
        _ => return None,
    };
    let x = web.inner(root, "Sqrt")?.input(0)?;
    let keeps_shape = web.shape(x) == web.shape(end.output(0)?);
    (keeps_shape && web.is_float(x)).then(|| vec![own(end, "rsqrt", vec![Some(x)], &[])])
}

fn near(number: f64, wanted: f64) -> bool {
    (number - wanted).abs() <= 1e-3 * wanted.abs()
}

/// A product taken apart: its number and everything else.
struct Product {
    number: f64,
    factors: Vec<ValueId>,
}

impl Product {
    fn of(web: &Web<'_>, values: [ValueId; 2]) -> Self {
        let mut product = Self {
            number: 1.0,
            factors: vec![],
        };
        values.into_iter().for_each(|value| product.add(web, value));
        product
    }

    fn of_one(web: &Web<'_>, value: ValueId) -> Self {
        let mut product = Self {
            number: 1.0,
            factors: vec![],
        };
        product.add(web, value);
        product
    }

    fn add(&mut self, web: &Web<'_>, value: ValueId) {
        if let Some(number) = web.scalar(value) {
            self.number *= number;
            return;
        }
        let operands = |node: &graph::Node| Some((node.input(0)?, node.input(1)?));
        if let Some((a, b)) = web.inner(value, "Mul").and_then(operands) {
            self.add(web, a);
            self.add(web, b);
            return;
        }
        let divided = web.inner(value, "Div").and_then(operands);
        match divided.and_then(|(a, b)| Some((a, web.scalar(b)?))) {
            Some((dividend, divisor)) => {
                self.add(web, dividend);
                self.number /= divisor;
            }
            None => self.factors.push(value),
        }
    }
}

/// The other operand of a sum with one.
fn one_and(web: &Web<'_>, value: ValueId) -> Option<ValueId> {
    let (other, number) = web.with_number(web.inner(value, "Add")?)?;
    near(number, 1.0).then_some(other)
}

/// Which unit it is, of `x` by this curve.
fn kind(web: &Web<'_>, x: ValueId, curve: ValueId) -> Option<&'static str> {
    if let Some(erf) = web.inner(curve, "Erf") {
        let inner = Product::of_one(web, erf.input(0)?);
        let scaled = near(inner.number, FRAC_1_SQRT_2);
        return (scaled && inner.factors == [x]).then_some("gelu");
    }
    let tanh = web.inner(curve, "Tanh")?;
    let inner = Product::of_one(web, tanh.input(0)?);
    if !near(inner.number, FRAC_2_PI.sqrt()) {
        return None;
    }
    let is_curve = match inner.factors[..] {
        [sum] => is_cubic_sum(web, x, sum),
        [a, b] if a == x => is_square_sum(web, x, b),
        [a, b] if b == x => is_square_sum(web, x, a),
        _ => None,
    };
    is_curve.filter(|is_it| *is_it).map(|_| "gelu_tanh")
}

/// `x + 0.044715 · x³`.
fn is_cubic_sum(web: &Web<'_>, x: ValueId, sum: ValueId) -> Option<bool> {
    let sum = web.inner(sum, "Add")?;
    let (a, b) = (sum.input(0)?, sum.input(1)?);
    let cubic = match (a == x, b == x) {
        (true, _) => b,
        (_, true) => a,
        _ => return None,
    };
    Some(is_power(web, x, cubic, 3))
}

/// `1 + 0.044715 · x²`.
fn is_square_sum(web: &Web<'_>, x: ValueId, sum: ValueId) -> Option<bool> {
    Some(is_power(web, x, one_and(web, sum)?, 2))
}

/// 0.044715 times a power of x, by `Pow` or written out.
fn is_power(web: &Web<'_>, x: ValueId, value: ValueId, power: usize) -> bool {
    let product = Product::of_one(web, value);
    let written_out = product.factors == vec![x; power];
    let by_pow = match product.factors[..] {
        [one] => web.inner(one, "Pow").is_some_and(|pow| {
            let exponent = pow.input(1).and_then(|exponent| web.scalar(exponent));
            pow.input(0) == Some(x) && exponent == Some(power as f64)
        }),
        _ => false,
    };
    near(product.number, CUBIC) && (written_out || by_pow)
}
