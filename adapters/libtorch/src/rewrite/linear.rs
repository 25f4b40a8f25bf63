//! Linear layers: a product with a constant matrix and the sum with a constant vector.

use tare_models::{Attribute, ValueId, graph};

use super::web::{Web, own};

/// `Add(MatMul(x, w), b)`, in either order of the sum.
pub(super) fn product_and_sum(web: &mut Web<'_>, end: &graph::Node) -> Option<Vec<graph::Node>> {
    if end.op_type != "Add" || !end.domain.is_empty() {
        return None;
    }
    let (a, b) = (end.input(0)?, end.input(1)?);
    let (product, bias) = match web.inner(a, "MatMul") {
        Some(product) => (product, b),
        None => (web.inner(b, "MatMul")?, a),
    };
    let (x, weight) = (product.input(0)?, product.input(1)?);
    let columns = *web.shape(weight).filter(|shape| shape.len() == 2)?.last()?;
    let fits = web.shape(bias)? == [columns]
        && web.shape(x)?.len() >= 2
        && web.is_constant(weight)
        && web.is_constant(bias)
        && web.is_float(x);
    fits.then(|| {
        let inputs = vec![Some(x), Some(weight), Some(bias)];
        vec![named_by(product, own(end, "linear", inputs, &[]))]
    })
}

/// `Reshape(Gemm(Reshape(x), w, b))` around a weight that is stored as PyTorch's linear layers store it.
pub(super) fn flattened(web: &mut Web<'_>, end: &graph::Node) -> Option<Vec<graph::Node>> {
    if end.op_type != "Reshape" || !end.domain.is_empty() {
        return None;
    }
    let gemm = web.inner(end.input(0)?, "Gemm")?;
    let plain = gemm.int("transB") == Some(1)
        && gemm.int("transA").unwrap_or(0) == 0
        && gemm.float("alpha").unwrap_or(1.0) == 1.0
        && gemm.float("beta").unwrap_or(1.0) == 1.0;
    let (flat, weight, bias) = (gemm.input(0)?, gemm.input(1)?, gemm.input(2)?);
    let x = web.inner(flat, "Reshape")?.input(0)?;
    let fits = plain
        && web.is_constant(weight)
        && web.is_constant(bias)
        && web.shape(bias)?.len() == 1
        && keeps_rows(web, x, flat, end.output(0)?, weight)?;
    fits.then(|| {
        let inputs = vec![Some(x), Some(weight), Some(bias)];
        let stored = [("stored", Attribute::Int(1))];
        vec![named_by(gemm, own(end, "linear", inputs, &stored))]
    })
}

/// The layer under the name of its product, which does its arithmetic.
fn named_by(product: &graph::Node, layer: graph::Node) -> graph::Node {
    graph::Node {
        name: product.name.clone(),
        ..layer
    }
}

/// Whether the reshapes only join and part the axes before the last one.
fn keeps_rows(
    web: &Web<'_>,
    x: ValueId,
    flat: ValueId,
    out: ValueId,
    weight: ValueId,
) -> Option<bool> {
    let (x, flat, out) = (web.shape(x)?, web.shape(flat)?, web.shape(out)?);
    let [to, from] = web.shape(weight)? else {
        return None;
    };
    let (x_last, x_rows) = x.split_last()?;
    let (out_last, out_rows) = out.split_last()?;
    Some(flat.last() == Some(from) && x_last == from && out_last == to && x_rows == out_rows)
}
