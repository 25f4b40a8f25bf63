//! Attention by scaled dot products: `softmax(scale · q kᵀ + mask) v`.

use std::collections::BTreeMap;

use tare_models::{Attribute, ValueId, graph};

use super::web::{Web, own};

/// The scores before the mask: both factors of their product, and what it is multiplied by.
struct Scores {
    query: ValueId,
    key_transposed: ValueId,
    scale: f64,
}

/// `MatMul(Softmax(scores), v)`, the scores a product that is scaled before or after, with a mask added or not.
pub(super) fn scaled_dot_product(web: &mut Web<'_>, end: &graph::Node) -> Option<Vec<graph::Node>> {
    if end.op_type != "MatMul" || !end.domain.is_empty() {
        return None;
    }
    let softmax = web.inner(end.input(0)?, "Softmax")?;
    let (scored, value) = (softmax.input(0)?, end.input(1)?);
    let rank = web.shape(scored)?.len();
    if rank != 4 || !web.is_float(scored) || !over_last_axis(web, softmax, rank) {
        return None;
    }
    let (scores, mask) = masked(web, scored)?;
    let same_rank = |value| web.shape(value).is_some_and(|shape| shape.len() == rank);
    if ![scores.query, scores.key_transposed, value]
        .into_iter()
        .all(same_rank)
    {
        return None;
    }
    if web.shape(scores.query)?[..2] != web.shape(value)?[..2] {
        return None;
    }
    let (key, before) = key(web, scores.key_transposed)?;
    let inputs = vec![Some(scores.query), Some(key), Some(value), mask];
    let scale = [("scale", Attribute::Float(scores.scale as f32))];
    let attention = own(end, "sdpa", inputs, &scale);
    Some(before.into_iter().chain([attention]).collect())
}

fn over_last_axis(web: &Web<'_>, softmax: &graph::Node, rank: usize) -> bool {
    let rank = rank as i64;
    let default = if web.opset() >= 13 { -1 } else { 1 };
    softmax.int("axis").unwrap_or(default).rem_euclid(rank) == rank - 1
}

/// The scores and the mask that is added to them, which may not broaden them.
fn masked(web: &Web<'_>, scored: ValueId) -> Option<(Scores, Option<ValueId>)> {
    if let Some(scores) = scores(web, scored) {
        return Some((scores, None));
    }
    let sum = web.inner(scored, "Add")?;
    let (a, b) = (sum.input(0)?, sum.input(1)?);
    let (bare, scores, mask) = match scores(web, a) {
        Some(scores) => (a, scores, b),
        None => (b, scores(web, b)?, a),
    };
    let broadcasts = web.shape(mask)?.len() <= 4 && web.shape(bare) == web.shape(scored);
    broadcasts.then_some((scores, Some(mask)))
}

/// A product of two tensors, one of them or the product itself scaled.
fn scores(web: &Web<'_>, value: ValueId) -> Option<Scores> {
    let (product, after) = unscaled(web, value);
    let node = web.inner(product, "MatMul")?;
    let (query, before_query) = unscaled(web, node.input(0)?);
    let (key_transposed, before_key) = unscaled(web, node.input(1)?);
    Some(Scores {
        query,
        key_transposed,
        scale: after * before_query * before_key,
    })
}

/// What is multiplied or divided by a number, and by which it is multiplied.
fn unscaled(web: &Web<'_>, value: ValueId) -> (ValueId, f64) {
    if let Some((inner, number)) = web
        .inner(value, "Mul")
        .and_then(|node| web.with_number(node))
    {
        return (inner, number);
    }
    let divided = web.inner(value, "Div");
    let parts = divided.and_then(|node| Some((node.input(0)?, web.scalar(node.input(1)?)?)));
    match parts {
        Some((inner, number)) => (inner, 1.0 / number),
        None => (value, 1.0),
    }
}

/// The key with its last two axes as those of the query, and the view that makes it so.
fn key(web: &mut Web<'_>, transposed: ValueId) -> Option<(ValueId, Option<graph::Node>)> {
    if let Some(key) = turned_by_heads(web, transposed) {
        return Some((key, None));
    }
    let (from, perm) = match web.inner(transposed, "Transpose") {
        Some(node) => (node.input(0)?, node.ints("perm")?.to_vec()),
        None => (transposed, vec![0, 1, 2, 3]),
    };
    let [a, b, c, d] = perm[..] else {
        return None;
    };
    if [a, b, d, c] == [0, 1, 2, 3] {
        return Some((from, None));
    }
    let mut shape = web.shape(transposed)?.to_vec();
    shape.swap(2, 3);
    let key = web.fresh(transposed, shape);
    let perm = Attribute::Ints(vec![a, b, d, c]);
    let node = graph::Node {
        name: "key".to_owned(),
        op_type: "Transpose".to_owned(),
        domain: String::new(),
        inputs: vec![Some(from)],
        outputs: vec![Some(key)],
        attributes: BTreeMap::from([("perm".to_owned(), perm)]),
    };
    Some((key, Some(node)))
}

/// The key where batch and heads were joined, the last two axes turned, and batch and heads parted again.
fn turned_by_heads(web: &Web<'_>, transposed: ValueId) -> Option<ValueId> {
    let transpose = web.inner(web.inner(transposed, "Reshape")?.input(0)?, "Transpose")?;
    let key = web.inner(transpose.input(0)?, "Reshape")?.input(0)?;
    let joined = web.shape(transpose.input(0)?)?;
    let [batch, heads, rows, width] = *web.shape(key)? else {
        return None;
    };
    let is_it = transpose.ints("perm") == Some(&[0, 2, 1])
        && joined == [batch * heads, rows, width]
        && web.shape(transposed)? == [batch, heads, width, rows];
    is_it.then_some(key)
}
