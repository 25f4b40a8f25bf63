//! BERT encoders of several sizes, and MiniLM, which has the same structure.

use super::attention::Scaled;
use super::options::Options;
use super::sizes::Sizes;
use super::text::{self, EPSILON};
use super::{Blueprint, Entry, ZooError};
use crate::build::{Builder, Value};

const VOCAB: usize = 30_522;

macro_rules! entry {
    ($name:literal, $summary:literal, $parameters:literal, $layers:literal, $hidden:literal, $heads:literal) => {
        Entry {
            name: $name,
            summary: $summary,
            parameters: $parameters,
            symbols: text::SYMBOLS,
            rung: 2,
            plan: |options| plan(Sizes::new($layers, $hidden, $heads, VOCAB), options),
        }
    };
}

pub(super) const TINY: Entry = entry!(
    "bert-tiny",
    "BERT encoder with pooler, 2 layers of 128",
    4_385_920,
    2,
    128,
    2
);
pub(super) const MINI: Entry = entry!(
    "bert-mini",
    "BERT encoder with pooler, 4 layers of 256",
    11_170_560,
    4,
    256,
    4
);
pub(super) const SMALL: Entry = entry!(
    "bert-small",
    "BERT encoder with pooler, 4 layers of 512",
    28_763_648,
    4,
    512,
    8
);
pub(super) const MEDIUM: Entry = entry!(
    "bert-medium",
    "BERT encoder with pooler, 8 layers of 512",
    41_373_184,
    8,
    512,
    8
);
pub(super) const BASE: Entry = entry!(
    "bert-base",
    "BERT encoder with pooler, 12 layers of 768",
    109_482_240,
    12,
    768,
    12
);
pub(super) const MINILM: Entry = entry!(
    "minilm-l6",
    "MiniLM-L6-H384, a distilled BERT encoder with pooler, 6 layers of 384",
    22_713_216,
    6,
    384,
    12
);

#[derive(Debug, Clone, Copy)]
struct Bert(Sizes);

fn plan(sizes: Sizes, options: &mut Options) -> Result<Box<dyn Blueprint>, ZooError> {
    Ok(Box::new(Bert(sizes.with_options(options)?)))
}

impl Blueprint for Bert {
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint> {
        Box::new(Self(self.0.hollow(rung)))
    }

    fn draw(&self, graph: &mut Builder) {
        let sizes = self.0;
        let [input_ids, attention_mask, token_types] = text::inputs(graph);
        let mask = text::additive_mask(graph, &attention_mask);
        let embedded = text::embeddings(graph, &sizes, sizes.hidden(), &input_ids, &token_types);
        let encoded = (0..sizes.layers).fold(embedded, |x, index| {
            graph.within(format!("encoder.layer.{index}"), |b| {
                layer(b, &sizes, &x, &mask)
            })
        });
        let pooled = text::pooler(graph, "pooler.dense", &encoded, sizes.hidden());
        text::outputs(graph, &encoded, &pooled, sizes.hidden());
    }
}

fn layer(graph: &mut Builder, sizes: &Sizes, x: &Value, mask: &Value) -> Value {
    let hidden = sizes.hidden();
    let attended = graph.within("attention", |b| attention(b, sizes, x, mask));
    let inner = graph.within("intermediate", |b| {
        let inner = b.linear("dense", &attended, hidden, sizes.intermediate);
        b.gelu(&inner)
    });
    graph.within("output", |b| {
        let outer = b.linear("dense", &inner, sizes.intermediate, hidden);
        let sum = b.op("Add", &[&outer, &attended]);
        b.layer_norm("LayerNorm", &sum, hidden, EPSILON)
    })
}

fn attention(graph: &mut Builder, sizes: &Sizes, x: &Value, mask: &Value) -> Value {
    let hidden = sizes.hidden();
    let context = graph.within("self", |b| {
        let [q, k, v] = ["query", "key", "value"].map(|name| b.linear(name, x, hidden, hidden));
        sizes.heads().attend(b, [&q, &k, &v], mask, Scaled::Scores)
    });
    graph.within("output", |b| {
        let dense = b.linear("dense", &context, hidden, hidden);
        let sum = b.op("Add", &[&dense, x]);
        b.layer_norm("LayerNorm", &sum, hidden, EPSILON)
    })
}
