//! ALBERT: one layer's weights used by every layer, behind a narrow embedding.

use super::attention::Scaled;
use super::options::Options;
use super::sizes::Sizes;
use super::text::{self, EPSILON};
use super::{Blueprint, Entry, ZooError};
use crate::build::{Builder, Value};

pub(super) const BASE_V2: Entry = Entry {
    name: "albert-base-v2",
    summary: "ALBERT encoder with pooler, 12 layers of 768 that share their weights",
    parameters: 11_683_584,
    symbols: text::SYMBOLS,
    rung: 2,
    plan,
};

#[derive(Debug, Clone, Copy)]
struct Albert {
    sizes: Sizes,
    embedding: usize,
}

fn plan(options: &mut Options) -> Result<Box<dyn Blueprint>, ZooError> {
    Ok(Box::new(Albert {
        sizes: Sizes::new(12, 768, 12, 30_000).with_options(options)?,
        embedding: options.size("embedding", 128, 65_536)?,
    }))
}

impl Blueprint for Albert {
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint> {
        Box::new(Self {
            sizes: self.sizes.hollow(rung),
            embedding: self.embedding.min(rung),
        })
    }

    fn draw(&self, graph: &mut Builder) {
        let hidden = self.sizes.hidden();
        let [input_ids, attention_mask, token_types] = text::inputs(graph);
        let mask = text::additive_mask(graph, &attention_mask);
        let embedded =
            text::embeddings(graph, &self.sizes, self.embedding, &input_ids, &token_types);
        let encoded = graph.within("encoder", |b| {
            let from = self.embedding;
            let mapped = b.linear("embedding_hidden_mapping_in", &embedded, from, hidden);
            b.within("albert_layer_groups.0.albert_layers.0", |b| {
                (0..self.sizes.layers).fold(mapped, |x, _| self.layer(b, &x, &mask))
            })
        });
        let pooled = text::pooler(graph, "pooler", &encoded, hidden);
        text::outputs(graph, &encoded, &pooled, hidden);
    }
}

impl Albert {
    fn layer(&self, b: &mut Builder, x: &Value, mask: &Value) -> Value {
        let (hidden, intermediate) = (self.sizes.hidden(), self.sizes.intermediate);
        let attended = b.within("attention", |b| {
            let [q, k, v] = ["query", "key", "value"].map(|name| b.linear(name, x, hidden, hidden));
            let heads = self.sizes.heads();
            let context = heads.attend(b, [&q, &k, &v], mask, Scaled::Scores);
            let dense = b.linear("dense", &context, hidden, hidden);
            let sum = b.op("Add", &[x, &dense]);
            b.layer_norm("LayerNorm", &sum, hidden, EPSILON)
        });
        let inner = b.linear("ffn", &attended, hidden, intermediate);
        let inner = b.gelu_tanh(&inner);
        let outer = b.linear("ffn_output", &inner, intermediate, hidden);
        let sum = b.op("Add", &[&outer, &attended]);
        b.layer_norm("full_layer_layer_norm", &sum, hidden, EPSILON)
    }
}
