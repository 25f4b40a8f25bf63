//! Fused attention: ONNX's own operator and those of ONNX Runtime.

use rten_shape_inference::ops;

use super::context::{Context, Failure, misfit, open};
use super::dims::{add, agree, divide};
use super::{Inferred, symbolic};

/// ONNX's Attention: output, present key and value, and the product of query and key.
pub(super) fn attention(context: &Context) -> Inferred {
    let (q, k, v) = (context.shape(0)?, context.shape(1)?, context.shape(2)?);
    let Heads { query, key } = heads(context)?;
    if q.len() != k.len() || k.len() != v.len() {
        return misfit("query, key and value need the same number of axes");
    }
    agree("the batches of query and key", q[0], k[0])?;
    let op = ops::Attention {
        q_num_heads: (q.len() == 3).then_some(query),
        kv_num_heads: (q.len() == 3).then_some(key),
    };
    let mut shapes = symbolic::infer(&op, context, &[])?;
    let Some(present) = shapes.get(1).filter(|shape| shape.len() == 4) else {
        return misfit("query, key and value need three or four axes");
    };
    let length = if q.len() == 3 { q[1] } else { q[2] };
    shapes.push(vec![q[0], query as usize, length, present[2]]);
    Ok(shapes)
}

/// How many heads the query and the key have.
pub(crate) struct Heads {
    /// Of the query.
    pub query: u32,
    /// Of key and value.
    pub key: u32,
}

/// From the attributes, or from the second of four axes.
pub(crate) fn heads(context: &Context) -> Result<Heads, Failure> {
    let count = |name: &str, input: usize| {
        let shape = context.shape(input)?;
        let heads = match shape {
            [_, heads, _, _] => u32::try_from(*heads).ok(),
            [_, _, hidden] => {
                let heads = u32::try_from(context.int(name, 0)).ok();
                let heads = heads.filter(|heads| *heads > 0);
                divide(*hidden, heads.unwrap_or(0) as usize)?;
                heads
            }
            _ => None,
        };
        heads.ok_or_else(|| Failure::Misfit(format!("{name} is missing")))
    };
    Ok(Heads {
        query: count("q_num_heads", 0)?,
        key: count("kv_num_heads", 1)?,
    })
}

fn positive(context: &Context, name: &str) -> Result<u32, Failure> {
    match u32::try_from(context.int(name, 0)) {
        Ok(number) if number > 0 => Ok(number),
        _ => misfit(format!("{name} is missing")),
    }
}

/// ONNX Runtime's attention over separate query, key and value.
pub(super) fn multi_head(context: &Context) -> Inferred {
    if context.optional_shape(1)?.is_some_and(|key| key.len() == 4) {
        return open("key and value come from a cache");
    }
    let op = ops::MultiHeadAttention {
        num_heads: positive(context, "num_heads")?,
    };
    symbolic::infer(&op, context, &[])
}

pub(super) fn group_query(context: &Context) -> Inferred {
    let op = ops::GroupQueryAttention {
        num_heads: positive(context, "num_heads")?,
        kv_num_heads: positive(context, "kv_num_heads")?,
    };
    symbolic::infer(&op, context, &[])
}

/// ONNX Runtime's attention with its projections: output and the present key and value.
pub(super) fn projected(context: &Context) -> Inferred {
    let (data, weights) = (context.shape_of_rank(0, 3)?, context.shape_of_rank(1, 2)?);
    agree("the hidden size and the weights'", data[2], weights[0])?;
    let heads = positive(context, "num_heads")? as usize;
    let value = value_size(context, weights[1])?;
    let past = match context.optional_shape(4)? {
        Some([2, _, _, past, _]) => *past,
        Some(_) => return misfit("the past needs five axes, the first of 2"),
        None => 0,
    };
    let total = add(past, data[1])?;
    let present = vec![2, data[0], heads, total, divide(value, heads)?];
    Ok(vec![vec![data[0], data[1], value], present])
}

/// The width of the value's projection.
pub(crate) fn value_size(context: &Context, columns: usize) -> Result<usize, Failure> {
    match context.node.ints("qkv_hidden_sizes") {
        Some([_, _, value]) => super::dims::size_of(*value),
        Some(_) => misfit("qkv_hidden_sizes needs three numbers"),
        None => divide(columns, 3),
    }
}
