//! DistilBERT: BERT's layers without token types and pooler, with queries scaled before the scores.

use super::attention::Scaled;
use super::options::Options;
use super::sizes::Sizes;
use super::text::{self, EPSILON};
use super::{Blueprint, Entry, ZooError};
use crate::build::{Builder, Value};

pub(super) const DISTILBERT: Entry = Entry {
    name: "distilbert",
    summary: "DistilBERT encoder, 6 layers of 768",
    parameters: 66_362_880,
    symbols: text::SYMBOLS,
    rung: 2,
    plan,
};

#[derive(Debug, Clone, Copy)]
struct DistilBert(Sizes);

fn plan(options: &mut Options) -> Result<Box<dyn Blueprint>, ZooError> {
    let sizes = Sizes::new(6, 768, 12, 30_522).with_options(options)?;
    Ok(Box::new(DistilBert(sizes)))
}

impl Blueprint for DistilBert {
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint> {
        Box::new(Self(self.0.hollow(rung)))
    }

    fn draw(&self, graph: &mut Builder) {
        let input_ids = text::tokens(graph, "input_ids");
        let attention_mask = text::tokens(graph, "attention_mask");
        let mask = text::additive_mask(graph, &attention_mask);
        let embedded = self.embeddings(graph, &input_ids);
        let encoded = (0..self.0.layers).fold(embedded, |x, index| {
            graph.within(format!("transformer.layer.{index}"), |b| {
                self.layer(b, &x, &mask)
            })
        });
        graph.output(
            "last_hidden_state",
            &encoded,
            &text::dims(&[self.0.hidden()]),
        );
    }
}

impl DistilBert {
    fn embeddings(&self, graph: &mut Builder, input_ids: &Value) -> Value {
        let (rows, hidden) = (self.0.positions, self.0.hidden());
        graph.within("embeddings", |b| {
            let words = b.embedding("word_embeddings", input_ids, self.0.vocab, hidden);
            let positions = text::positions(b, input_ids, rows);
            let positions = b.embedding("position_embeddings", &positions, rows, hidden);
            let sum = b.op("Add", &[&words, &positions]);
            b.layer_norm("LayerNorm", &sum, hidden, EPSILON)
        })
    }

    fn layer(&self, b: &mut Builder, x: &Value, mask: &Value) -> Value {
        let (hidden, intermediate) = (self.0.hidden(), self.0.intermediate);
        let attended = b.within("attention", |b| {
            let [q, k, v] =
                ["q_lin", "k_lin", "v_lin"].map(|name| b.linear(name, x, hidden, hidden));
            let context = self
                .0
                .heads()
                .attend(b, [&q, &k, &v], mask, Scaled::Queries);
            b.linear("out_lin", &context, hidden, hidden)
        });
        let sum = b.op("Add", &[&attended, x]);
        let attended = b.layer_norm("sa_layer_norm", &sum, hidden, EPSILON);
        let fed = b.within("ffn", |b| {
            let inner = b.linear("lin1", &attended, hidden, intermediate);
            let inner = b.gelu(&inner);
            b.linear("lin2", &inner, intermediate, hidden)
        });
        let sum = b.op("Add", &[&fed, &attended]);
        b.layer_norm("output_layer_norm", &sum, hidden, EPSILON)
    }
}
