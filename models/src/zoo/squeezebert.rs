//! SqueezeBERT: BERT whose linear layers are grouped convolutions of width 1 over [batch, hidden, seq].

use super::attention::weigh;
use super::options::Options;
use super::sizes::Sizes;
use super::text::{self, EPSILON};
use super::{Blueprint, Entry, ZooError};
use crate::build::{Attr, Builder, Init, Value};

pub(super) const SQUEEZEBERT: Entry = Entry {
    name: "squeezebert",
    summary: "SqueezeBERT encoder with pooler, 12 layers of 768 by grouped convolutions",
    parameters: 51_094_272,
    symbols: text::SYMBOLS,
    rung: 2,
    plan,
};

#[derive(Debug, Clone, Copy)]
struct SqueezeBert {
    sizes: Sizes,
    groups: usize,
}

fn plan(options: &mut Options) -> Result<Box<dyn Blueprint>, ZooError> {
    let sizes = Sizes::new(12, 768, 12, 30_528).with_options(options)?;
    let groups = 4;
    options.divides("hidden", sizes.hidden(), "groups", groups)?;
    options.divides("intermediate", sizes.intermediate, "groups", groups)?;
    Ok(Box::new(SqueezeBert { sizes, groups }))
}

impl Blueprint for SqueezeBert {
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint> {
        let groups = self.groups.min(rung);
        let mut sizes = self.sizes.hollow(rung);
        sizes.intermediate = (self.sizes.intermediate / self.groups).min(rung) * groups;
        while !sizes.hidden().is_multiple_of(groups) {
            sizes.width += 1;
        }
        Box::new(Self { sizes, groups })
    }

    fn draw(&self, graph: &mut Builder) {
        let hidden = self.sizes.hidden();
        let [input_ids, attention_mask, token_types] = text::inputs(graph);
        let mask = text::additive_mask(graph, &attention_mask);
        let embedded = text::embeddings(graph, &self.sizes, hidden, &input_ids, &token_types);
        let channels_first = graph.transpose(&embedded, &[0, 2, 1]);
        let encoded = (0..self.sizes.layers).fold(channels_first, |x, index| {
            graph.within(format!("encoder.layers.{index}"), |b| {
                self.layer(b, &x, &mask)
            })
        });
        let encoded = graph.transpose(&encoded, &[0, 2, 1]);
        let pooled = text::pooler(graph, "pooler.dense", &encoded, hidden);
        text::outputs(graph, &encoded, &pooled, hidden);
    }
}

impl SqueezeBert {
    fn layer(&self, b: &mut Builder, x: &Value, mask: &Value) -> Value {
        let (hidden, intermediate) = (self.sizes.hidden(), self.sizes.intermediate);
        let context = b.within("attention", |b| self.attention(b, x, mask));
        let attended = b.within("post_attention", |b| {
            let y = conv(b, "conv1d", &context, hidden, hidden, 1);
            add_and_norm(b, &y, x, hidden)
        });
        let inner = b.within("intermediate", |b| {
            let inner = conv(b, "conv1d", &attended, hidden, intermediate, self.groups);
            b.gelu(&inner)
        });
        b.within("output", |b| {
            let y = conv(b, "conv1d", &inner, intermediate, hidden, self.groups);
            add_and_norm(b, &y, &attended, hidden)
        })
    }

    fn attention(&self, b: &mut Builder, x: &Value, mask: &Value) -> Value {
        let (hidden, heads) = (self.sizes.hidden(), self.sizes.heads());
        let by_head = [0, heads.count as i64, heads.width as i64, -1];
        let [q, k, v] = ["query", "key", "value"].map(|name| {
            let y = conv(b, name, x, hidden, hidden, self.groups);
            b.reshape(&y, &by_head)
        });
        let q = b.transpose(&q, &[0, 1, 3, 2]);
        let v = b.transpose(&v, &[0, 1, 3, 2]);
        let root = b.scalar(heads.root());
        let scores = b.op("MatMul", &[&q, &k]);
        let scores = b.op("Div", &[&scores, &root]);
        let scores = b.op("Add", &[&scores, mask]);
        let context = weigh(b, &scores, &v);
        let context = b.transpose(&context, &[0, 1, 3, 2]);
        b.reshape(&context, &[0, hidden as i64, -1])
    }
}

/// A convolution of width 1 from `from` to `to` channels in `groups`.
fn conv(b: &mut Builder, scope: &str, x: &Value, from: usize, to: usize, groups: usize) -> Value {
    let each = from / groups;
    b.within(scope, |b| {
        let weight = b.weight("weight", &[to, each, 1], Init::fan_in(each, 1.0));
        let bias = b.weight("bias", &[to], Init::spread(0.1));
        let attributes = [
            ("dilations", Attr::Ints(vec![1])),
            ("group", Attr::Int(groups as i64)),
            ("kernel_shape", Attr::Ints(vec![1])),
            ("pads", Attr::Ints(vec![0, 0])),
            ("strides", Attr::Ints(vec![1])),
        ];
        b.op_with("Conv", &[x, &weight, &bias], &attributes)
    })
}

/// The sum, normalised over the channels of [batch, channels, seq].
fn add_and_norm(b: &mut Builder, x: &Value, residual: &Value, channels: usize) -> Value {
    let sum = b.op("Add", &[x, residual]);
    let last = b.transpose(&sum, &[0, 2, 1]);
    let normed = b.layer_norm("layernorm", &last, channels, EPSILON);
    b.transpose(&normed, &[0, 2, 1])
}
