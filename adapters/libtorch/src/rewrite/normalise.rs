//! Layer normalisation as exporters wrote it before ONNX had an operator for it.

use tare_models::{Attribute, ValueId, graph};

use super::web::{Web, own};
use crate::lower::OWN;

const LAYER_NORM: &str = "layer_norm";

/// `(x − mean(x)) / √(mean((x − mean(x))²) + ε)`, the means over the last axes.
pub(super) fn centred(web: &mut Web<'_>, end: &graph::Node) -> Option<Vec<graph::Node>> {
    if end.op_type != "Div" || !end.domain.is_empty() {
        return None;
    }
    let (difference, deviation) = (end.input(0)?, end.input(1)?);
    let sum = web.inner(web.inner(deviation, "Sqrt")?.input(0)?, "Add")?;
    let (variance, epsilon) = web.with_number(sum)?;
    let mean_of_squares = web.inner(variance, "ReduceMean")?;
    let squared = squared(web, mean_of_squares.input(0)?)?;
    let (x, mean) = centre(web, difference)?;
    let (x_again, mean_again) = centre(web, squared)?;
    let axes = last_axes(web, x, mean_of_squares)?;
    let own_readers = if difference == squared {
        2 + usize::from(web.inner(mean_of_squares.input(0)?, "Mul").is_some())
    } else {
        1
    };
    let fits = x == x_again
        && last_axes(web, x, mean) == Some(axes)
        && last_axes(web, x, mean_again) == Some(axes)
        && web.readers(difference) <= own_readers
        && web.shape(x) == web.shape(end.output(0)?)
        && web.is_float(x);
    let attributes = [
        ("axis", Attribute::Int(-axes)),
        ("epsilon", Attribute::Float(epsilon as f32)),
    ];
    fits.then(|| vec![own(end, LAYER_NORM, vec![Some(x)], &attributes)])
}

/// What is squared, by `Pow` or by a product with itself.
fn squared(web: &Web<'_>, value: ValueId) -> Option<ValueId> {
    if let Some(pow) = web.inner(value, "Pow") {
        return pow
            .input(0)
            .filter(|_| pow.input(1).is_some_and(|two| web.is_near(two, 2.0)));
    }
    let product = web.inner(value, "Mul")?;
    product
        .input(0)
        .filter(|_| product.input(0) == product.input(1))
}

/// `x − mean`: x, and the operator that makes its mean.
fn centre<'g>(web: &Web<'g>, difference: ValueId) -> Option<(ValueId, &'g graph::Node)> {
    let sub = web.maker(difference, "Sub")?;
    let x = sub.input(0)?;
    let mean = web.maker(sub.input(1)?, "ReduceMean")?;
    (mean.input(0) == Some(x)).then_some((x, mean))
}

/// How many of the last axes of `x` a mean goes over, where they are the last ones and stay.
fn last_axes(web: &Web<'_>, x: ValueId, mean: &graph::Node) -> Option<i64> {
    let rank = web.shape(x)?.len() as i64;
    let axes = match mean.ints("axes") {
        Some(axes) => axes.to_vec(),
        None => web.integers(mean.input(1)?)?,
    };
    let mut axes: Vec<i64> = axes.iter().map(|axis| axis.rem_euclid(rank)).collect();
    axes.sort_unstable();
    let count = axes.len() as i64;
    let last = axes.iter().copied().eq(rank - count..rank);
    (last && count > 0 && mean.int("keepdims").unwrap_or(1) == 1).then_some(count)
}

/// A normalisation without weights, times a weight, plus a bias.
pub(super) fn affine(web: &mut Web<'_>, end: &graph::Node) -> Option<Vec<graph::Node>> {
    if end.op_type != "Add" || !end.domain.is_empty() {
        return None;
    }
    let (a, b) = (end.input(0)?, end.input(1)?);
    let (product, bias) = match web.inner(a, "Mul") {
        Some(product) if scaled(web, product).is_some() => (product, b),
        _ => (web.inner(b, "Mul")?, a),
    };
    let (normed, weight) = scaled(web, product)?;
    let x = normed.input(0)?;
    let axes = -normed.int("axis")?;
    let shape = web.shape(x)?;
    let shape = &shape[shape.len() - usize::try_from(axes).ok()?..];
    let fits = |value: ValueId| web.shape(value) == Some(shape);
    (fits(weight) && fits(bias)).then(|| {
        let inputs = vec![Some(x), Some(weight), Some(bias)];
        let layer = own(end, LAYER_NORM, inputs, &[]);
        vec![graph::Node {
            attributes: normed.attributes.clone(),
            ..layer
        }]
    })
}

/// The normalisation and the constant of their product.
fn scaled<'g>(web: &Web<'g>, product: &graph::Node) -> Option<(&'g graph::Node, ValueId)> {
    let (a, b) = (product.input(0)?, product.input(1)?);
    [(a, b), (b, a)].into_iter().find_map(|(normed, weight)| {
        let node = web.made_by(normed, OWN, LAYER_NORM)?;
        let bare = node.inputs.len() == 1 && web.readers(normed) == 1;
        (bare && web.is_constant(weight)).then_some((node, weight))
    })
}
