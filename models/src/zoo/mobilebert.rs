//! MobileBERT: narrow bottlenecks around each layer, stacked feed-forward networks, and scaling in place of normalisation.

use super::attention::Scaled;
use super::options::Options;
use super::sizes::{MOST_WORDS, Sizes};
use super::text;
use super::{Blueprint, Entry, ZooError};
use crate::build::{Attr, Builder, Init, Value};

const STACKED: usize = 3;

pub(super) const MOBILEBERT: Entry = Entry {
    name: "mobilebert",
    summary: "MobileBERT encoder, 24 bottlenecked layers of 512",
    parameters: 24_581_888,
    symbols: text::SYMBOLS,
    rung: 2,
    plan,
};

/// `inner` holds the sizes within the bottleneck.
#[derive(Debug, Clone, Copy)]
struct MobileBert {
    inner: Sizes,
    hidden: usize,
    embedding: usize,
}

fn plan(options: &mut Options) -> Result<Box<dyn Blueprint>, ZooError> {
    let sizes = Sizes::new(24, 128, 4, 30_522);
    Ok(Box::new(MobileBert {
        inner: Sizes {
            layers: options.size("layers", sizes.layers, 1_000)?,
            vocab: options.size("vocab", sizes.vocab, MOST_WORDS)?,
            ..sizes
        },
        hidden: options.size("hidden", 512, 65_536)?,
        embedding: 128,
    }))
}

impl Blueprint for MobileBert {
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint> {
        Box::new(Self {
            inner: self.inner.hollow(rung),
            hidden: self.hidden.min(rung),
            embedding: self.embedding.min(rung),
        })
    }

    fn draw(&self, graph: &mut Builder) {
        let [input_ids, attention_mask, token_types] = text::inputs(graph);
        let mask = text::additive_mask(graph, &attention_mask);
        let embedded = graph.within("embeddings", |b| {
            self.embeddings(b, &input_ids, &token_types)
        });
        let encoded = (0..self.inner.layers).fold(embedded, |x, index| {
            graph.within(format!("encoder.layer.{index}"), |b| {
                self.layer(b, &x, &mask)
            })
        });
        let first = text::first_token(graph, &encoded);
        text::outputs(graph, &encoded, &first, self.hidden);
    }
}

impl MobileBert {
    fn embeddings(&self, b: &mut Builder, input_ids: &Value, token_types: &Value) -> Value {
        let (rows, hidden) = (self.inner.positions, self.hidden);
        let words = b.embedding(
            "word_embeddings",
            input_ids,
            self.inner.vocab,
            self.embedding,
        );
        let words = trigrams(b, &words);
        let words = b.linear(
            "embedding_transformation",
            &words,
            3 * self.embedding,
            hidden,
        );
        let positions = text::positions(b, input_ids, rows);
        let positions = b.embedding("position_embeddings", &positions, rows, hidden);
        let types = b.embedding("token_type_embeddings", token_types, 2, hidden);
        let sum = b.op("Add", &[&words, &positions]);
        let sum = b.op("Add", &[&sum, &types]);
        scale(b, &sum, hidden)
    }

    fn layer(&self, b: &mut Builder, x: &Value, mask: &Value) -> Value {
        let (hidden, width) = (self.hidden, self.inner.hidden());
        let narrow = b.within("bottleneck.input", |b| squeeze(b, x, hidden, width));
        let shared = b.within("bottleneck.attention", |b| squeeze(b, x, hidden, width));
        let attended = b.within("attention", |b| {
            self.attention(b, x, &shared, &narrow, mask)
        });
        let fed = (0..STACKED).fold(attended, |y, index| {
            b.within(format!("ffn.{index}"), |b| {
                let raw = self.feed(b, &y);
                b.within("output", |b| scale(b, &raw, width))
            })
        });
        let raw = self.feed(b, &fed);
        b.within("output", |b| {
            let inner = scale(b, &raw, width);
            b.within("bottleneck", |b| {
                let wide = b.linear("dense", &inner, width, hidden);
                let sum = b.op("Add", &[&wide, x]);
                scale(b, &sum, hidden)
            })
        })
    }

    fn attention(
        &self,
        b: &mut Builder,
        x: &Value,
        shared: &Value,
        narrow: &Value,
        mask: &Value,
    ) -> Value {
        let width = self.inner.hidden();
        let context = b.within("self", |b| {
            let q = b.linear("query", shared, width, width);
            let k = b.linear("key", shared, width, width);
            let v = b.linear("value", x, self.hidden, width);
            self.inner
                .heads()
                .attend(b, [&q, &k, &v], mask, Scaled::Scores)
        });
        b.within("output", |b| {
            let dense = b.linear("dense", &context, width, width);
            let sum = b.op("Add", &[&dense, narrow]);
            scale(b, &sum, width)
        })
    }

    /// The feed-forward network with its residual, not yet scaled.
    fn feed(&self, b: &mut Builder, x: &Value) -> Value {
        let (width, intermediate) = (self.inner.hidden(), self.inner.intermediate);
        let inner = b.within("intermediate", |b| {
            let inner = b.linear("dense", x, width, intermediate);
            b.op("Relu", &[&inner])
        });
        b.within("output", |b| {
            let outer = b.linear("dense", &inner, intermediate, width);
            b.op("Add", &[&outer, x])
        })
    }
}

/// Each word's embedding between its right and left neighbours': [batch, seq, 3 · embedding], zeros beyond the ends.
fn trigrams(b: &mut Builder, words: &Value) -> Value {
    let (zero, one, last) = (b.ints(&[0]), b.ints(&[1]), b.ints(&[-1]));
    let (end, none) = (b.ints(&[i64::MAX]), b.scalar(0.0));
    let (after, before) = (b.ints(&[0, 0, 0, 0, 1, 0]), b.ints(&[0, 1, 0, 0, 0, 0]));
    let right = b.op("Slice", &[words, &one, &end, &one]);
    let right = b.op("Pad", &[&right, &after, &none]);
    let left = b.op("Slice", &[words, &zero, &last, &one]);
    let left = b.op("Pad", &[&left, &before, &none]);
    b.op_with("Concat", &[&right, words, &left], &[("axis", Attr::Int(2))])
}

/// A linear layer from `from` to `to`, then [`scale`].
fn squeeze(b: &mut Builder, x: &Value, from: usize, to: usize) -> Value {
    let narrow = b.linear("dense", x, from, to);
    scale(b, &narrow, to)
}

/// The element-wise affine map that stands where others normalise; contracts, so that residual sums keep their spread.
fn scale(b: &mut Builder, x: &Value, size: usize) -> Value {
    b.within("LayerNorm", |b| {
        let weight = b.weight("weight", &[size], Init::around(0.78, 0.05));
        let bias = b.weight("bias", &[size], Init::spread(0.05));
        let scaled = b.op("Mul", &[x, &weight]);
        b.op("Add", &[&scaled, &bias])
    })
}
