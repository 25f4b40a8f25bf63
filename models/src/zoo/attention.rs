//! Multi-head attention as exporters write it, from projected queries, keys and values to the joined context.

use crate::build::{Attr, Builder, Value};

/// Heads of one width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    pub count: usize,
    pub width: usize,
}

/// What is divided by the square root of a head's width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scaled {
    Queries,
    Scores,
}

impl Heads {
    /// Joins softmax(q kᵀ / √width + mask) v over heads: all [batch, seq, count · width]; the mask broadcasts to [batch, count, seq, seq].
    pub fn attend(self, b: &mut Builder, qkv: [&Value; 3], mask: &Value, scaled: Scaled) -> Value {
        let [q, k, v] = qkv;
        let mut q = self.split(b, q, &[0, 2, 1, 3]);
        let k = self.split(b, k, &[0, 2, 3, 1]);
        let v = self.split(b, v, &[0, 2, 1, 3]);
        let root = b.scalar(self.root());
        if scaled == Scaled::Queries {
            q = b.op("Div", &[&q, &root]);
        }
        let mut scores = b.op("MatMul", &[&q, &k]);
        if scaled == Scaled::Scores {
            scores = b.op("Div", &[&scores, &root]);
        }
        let scores = b.op("Add", &[&scores, mask]);
        let context = weigh(b, &scores, &v);
        self.join(b, &context)
    }

    /// The square root of a head's width.
    pub fn root(self) -> f32 {
        (self.width as f32).sqrt()
    }

    /// [batch, count, seq, width] to [batch, seq, count · width].
    pub fn join(self, b: &mut Builder, context: &Value) -> Value {
        let context = b.transpose(context, &[0, 2, 1, 3]);
        b.reshape(&context, &[0, 0, (self.count * self.width) as i64])
    }

    fn split(self, b: &mut Builder, x: &Value, perm: &[i64]) -> Value {
        let x = b.reshape(x, &[0, 0, self.count as i64, self.width as i64]);
        b.transpose(&x, perm)
    }
}

/// softmax(scores) v over the last axis.
pub(super) fn weigh(b: &mut Builder, scores: &Value, v: &Value) -> Value {
    let weights = b.op_with("Softmax", &[scores], &[("axis", Attr::Int(-1))]);
    b.op("MatMul", &[&weights, v])
}
