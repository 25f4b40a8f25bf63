//! Fused attention: the products inside, told apart.

use super::Class::{AttentionScores, AttentionValues, Elementwise, Matmul, Softmax};
use super::elementwise::TRANSCENDENTAL;
use super::{Cost, Work, count};
use crate::infer::{attention_heads, value_size};

/// Sizes of one attention.
struct Sizes {
    /// Batch times heads of the query.
    heads: u64,
    queries: u64,
    keys: u64,
    /// Width of a head of query and key.
    width: u64,
    /// Width of a head of value.
    value_width: u64,
    masked: bool,
}

impl Sizes {
    fn cost(&self) -> Cost {
        let scores = self
            .heads
            .saturating_mul(self.queries)
            .saturating_mul(self.keys);
        let scaled = scores.saturating_mul(1 + u64::from(self.masked));
        Cost::product(AttentionScores, scores.saturating_mul(self.width), false)
            .and(Cost::product(
                AttentionValues,
                scores.saturating_mul(self.value_width),
                false,
            ))
            .and(Cost::of(Softmax, scores.saturating_mul(4 + TRANSCENDENTAL)))
            .and(Cost::of(Elementwise, scaled))
    }
}

/// Keys that are there before, from the third axis of a cache.
fn past(work: &Work, index: usize) -> u64 {
    work.shape(index)
        .and_then(|shape| shape.get(2))
        .map_or(0, |size| *size as u64)
}

/// ONNX's Attention.
pub(super) fn standard(work: &Work) -> Option<Cost> {
    let heads = attention_heads(work.context).ok()?;
    let (q, k, v) = (work.shape(0)?, work.shape(1)?, work.shape(2)?);
    let (query_heads, key_heads) = (u64::from(heads.query), u64::from(heads.key));
    let along = |shape: &[usize]| {
        shape
            .get(shape.len().wrapping_sub(2))
            .map(|size| *size as u64)
    };
    let width = |shape: &[usize], heads: u64| {
        let last = *shape.last()? as u64;
        Some(if shape.len() == 4 {
            last
        } else {
            last.checked_div(heads)?
        })
    };
    let sizes = Sizes {
        heads: (*q.first()? as u64).saturating_mul(query_heads),
        queries: along(q)?,
        keys: along(k)?.saturating_add(past(work, 4)),
        width: width(q, query_heads)?,
        value_width: width(v, key_heads)?,
        masked: work.context.has(3),
    };
    Some(sizes.cost())
}

/// ONNX Runtime's attention with the projections of query, key and value.
pub(super) fn projected(work: &Work) -> Option<Cost> {
    let (data, weights) = (work.shape(0)?, work.shape(1)?);
    let [batch, length, hidden] = *data else {
        return None;
    };
    let columns = *weights.get(1)?;
    let heads = u64::try_from(work.context.int("num_heads", 0)).ok()?;
    let value = value_size(work.context, columns).ok()? as u64;
    let query = (columns as u64).checked_sub(value)? / 2;
    let past = work
        .shape(4)
        .and_then(|shape| shape.get(3))
        .map_or(0, |size| *size as u64);
    let macs = count(&[batch, length, hidden, columns]);
    let sizes = Sizes {
        heads: (batch as u64).saturating_mul(heads),
        queries: length as u64,
        keys: (length as u64).saturating_add(past),
        width: query.checked_div(heads)?,
        value_width: value.checked_div(heads)?,
        masked: work.context.has(3),
    };
    let bias = count(&[batch, length, columns]);
    let projection = Cost::product(Matmul, macs, work.is_constant(1));
    Some(
        projection
            .and(Cost::of(Elementwise, bias))
            .and(sizes.cost()),
    )
}

/// ONNX Runtime's attention over separate query, key and value of three axes.
pub(super) fn separate(work: &Work) -> Option<Cost> {
    let (q, k, v) = (work.shape(0)?, work.shape(1)?, work.shape(2)?);
    let ([batch, length, hidden], [_, keys, _], [_, _, value]) = (q, k, v) else {
        return None;
    };
    let heads = u64::try_from(work.context.int("num_heads", 0)).ok()?;
    let sizes = Sizes {
        heads: (*batch as u64).saturating_mul(heads),
        queries: *length as u64,
        keys: (*keys as u64).saturating_add(past(work, 6)),
        width: (*hidden as u64).checked_div(heads)?,
        value_width: (*value as u64).checked_div(heads)?,
        masked: work.context.has(4) || work.context.has(5),
    };
    let bias = match work.context.has(3) {
        true => work
            .input(0)
            .saturating_add(work.input(1))
            .saturating_add(work.input(2)),
        false => 0,
    };
    Some(sizes.cost().and(Cost::of(Elementwise, bias)))
}

/// ONNX Runtime's attention whose key and value have fewer heads.
pub(super) fn grouped(work: &Work) -> Option<Cost> {
    let (q, k) = (work.shape(0)?, work.shape(1)?);
    let ([batch, length, hidden], [_, keys, _]) = (q, k) else {
        return None;
    };
    let heads = u64::try_from(work.context.int("num_heads", 0)).ok()?;
    let width = (*hidden as u64).checked_div(heads)?;
    let sizes = Sizes {
        heads: (*batch as u64).saturating_mul(heads),
        queries: *length as u64,
        keys: (*keys as u64).saturating_add(past(work, 3)),
        width,
        value_width: width,
        masked: false,
    };
    Some(sizes.cost())
}
