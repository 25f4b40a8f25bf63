//! Multi-head attention as exporters write it, from projected queries, keys and values to the joined context.

use crate::build::{Builder, Value};

/// Heads of one width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    pub count: usize,
    pub width: usize,
}

impl Heads {
    /// The square root by which scores are divided.
    pub fn scale(self) -> f32 {
        (self.width as f32).sqrt()
    }

    /// Joins softmax(q kᵀ / √width + mask) v over heads; all [batch, seq, count · width], the mask broadcasts to [batch, count, seq, seq].
    pub fn attend(self, graph: &mut Builder, qkv: [&Value; 3], mask: Option<&Value>) -> Value {
        let [q, k, v] = qkv;
        let q = self.split(graph, q, &[0, 2, 1, 3]);
        let k = self.split(graph, k, &[0, 2, 3, 1]);
        let v = self.split(graph, v, &[0, 2, 1, 3]);
        let scale = graph.scalar(self.scale());
        let scores = graph.op("MatMul", &[&q, &k]);
        let scores = graph.op("Div", &[&scores, &scale]);
        let context = weigh(graph, &scores, &v, mask);
        self.join(graph, &context)
    }

    /// [batch, seq, count · width] to [batch, seq, count, width], then permuted.
    pub fn split(self, graph: &mut Builder, x: &Value, perm: &[i64]) -> Value {
        let x = graph.reshape(x, &[0, 0, self.count as i64, self.width as i64]);
        graph.transpose(&x, perm)
    }

    /// [batch, count, seq, width] to [batch, seq, count · width].
    pub fn join(self, graph: &mut Builder, context: &Value) -> Value {
        let context = graph.transpose(context, &[0, 2, 1, 3]);
        graph.reshape(&context, &[0, 0, (self.count * self.width) as i64])
    }
}

/// softmax(scores + mask) v.
pub(super) fn weigh(graph: &mut Builder, scores: &Value, v: &Value, mask: Option<&Value>) -> Value {
    let masked = mask.map(|mask| graph.op("Add", &[scores, mask]));
    let axis = [("axis", crate::build::Attr::Int(-1))];
    let weights = graph.op_with("Softmax", &[masked.as_ref().unwrap_or(scores)], &axis);
    graph.op("MatMul", &[&weights, v])
}
