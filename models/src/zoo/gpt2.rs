//! GPT-2: a decoder over a whole prompt, causal, whose head is the transposed word table.

use super::attention::Scaled;
use super::options::Options;
use super::sizes::Sizes;
use super::text;
use super::{Blueprint, Entry, ZooError};
use crate::build::{Attr, Builder, Init, Value};

const EPSILON: f32 = 1e-5;

pub(super) const GPT2: Entry = Entry {
    name: "gpt2",
    summary: "GPT-2 decoder with language-model head over a prompt, 12 layers of 768",
    parameters: 124_439_808,
    symbols: text::SYMBOLS,
    rung: 2,
    plan,
};

#[derive(Debug, Clone, Copy)]
struct Gpt2(Sizes);

fn plan(options: &mut Options) -> Result<Box<dyn Blueprint>, ZooError> {
    let sizes = Sizes {
        positions: 1024,
        ..Sizes::new(12, 768, 12, 50_257)
    };
    Ok(Box::new(Gpt2(sizes.with_options(options)?)))
}

/// What every layer needs: the mask, and [batch] and [seq] as vectors of one element.
struct Shared {
    mask: Value,
    batch: Value,
    seq: Value,
}

impl Blueprint for Gpt2 {
    fn hollow(&self, rung: usize) -> Box<dyn Blueprint> {
        Box::new(Self(self.0.hollow(rung)))
    }

    fn draw(&self, graph: &mut Builder) {
        let (vocab, hidden) = (self.0.vocab, self.0.hidden());
        let input_ids = text::tokens(graph, "input_ids");
        let attention_mask = text::tokens(graph, "attention_mask");
        let table_init = Init::fan_in(hidden, 1.0);
        let table = graph.weight("transformer.wte.weight", &[vocab, hidden], table_init);
        let (x, shared) = graph.within("transformer", |b| {
            self.embed(b, &table, &input_ids, &attention_mask)
        });
        let x = (0..self.0.layers).fold(x, |x, index| {
            graph.within(format!("transformer.h.{index}"), |b| {
                self.layer(b, &x, &shared)
            })
        });
        let x = graph.layer_norm("transformer.ln_f", &x, hidden, EPSILON);
        let logits = graph.within("lm_head", |b| {
            let head = b.transpose(&table, &[1, 0]);
            b.op("MatMul", &[&x, &head])
        });
        graph.output("logits", &logits, &text::dims(&[vocab]));
    }
}

impl Gpt2 {
    fn embed(
        &self,
        b: &mut Builder,
        table: &Value,
        input_ids: &Value,
        attention_mask: &Value,
    ) -> (Value, Shared) {
        let hidden = self.0.hidden();
        let (batch, seq) = (b.size_of(input_ids, 0), b.size_of(input_ids, 1));
        let positions = self.positions(b, &seq);
        let words = b.op("Gather", &[table, input_ids]);
        let wpe = b.weight(
            "wpe.weight",
            &[self.0.positions, hidden],
            Init::fan_in(hidden, 0.5),
        );
        let places = b.op("Gather", &[&wpe, &positions]);
        let x = b.op("Add", &[&words, &places]);
        let padding = text::additive_mask(b, attention_mask);
        let mask = causal(b, &positions, &padding);
        (x, Shared { mask, batch, seq })
    }

    /// The positions [1, seq].
    fn positions(&self, b: &mut Builder, seq: &Value) -> Value {
        let (first, step, zero) = (b.index(0), b.index(1), b.ints(&[0]));
        let length = b.op("Squeeze", &[seq, &zero]);
        let range = b.op("Range", &[&first, &length, &step]);
        b.op("Unsqueeze", &[&range, &zero])
    }

    fn layer(&self, b: &mut Builder, x: &Value, shared: &Shared) -> Value {
        let (hidden, intermediate) = (self.0.hidden(), self.0.intermediate);
        let damped = 1.0 / (2.0 * self.0.layers as f32).sqrt();
        let normed = b.layer_norm("ln_1", x, hidden, EPSILON);
        let attended = b.within("attn", |b| {
            let qkv = project(b, "c_attn", &normed, [hidden, 3 * hidden], 1.0, shared);
            let parts = b.ints(&[hidden as i64; 3]);
            let axis = [("axis", Attr::Int(2))];
            let [q, k, v] = b.op_many("Split", &[&qkv, &parts], &axis);
            let context = self
                .0
                .heads()
                .attend(b, [&q, &k, &v], &shared.mask, Scaled::Scores);
            project(b, "c_proj", &context, [hidden, hidden], damped, shared)
        });
        let x = b.op("Add", &[&attended, x]);
        let normed = b.layer_norm("ln_2", &x, hidden, EPSILON);
        let fed = b.within("mlp", |b| {
            let inner = project(b, "c_fc", &normed, [hidden, intermediate], 1.0, shared);
            let inner = b.gelu_tanh(&inner);
            project(b, "c_proj", &inner, [intermediate, hidden], damped, shared)
        });
        b.op("Add", &[&x, &fed])
    }
}

/// The padding mask [batch, 1, 1, seq] where a key is not after its query, −10,000 elsewhere: [batch, 1, seq, seq].
fn causal(b: &mut Builder, positions: &Value, padding: &Value) -> Value {
    let (last, low) = (b.ints(&[-1]), b.scalar(-10_000.0));
    let queries = b.op("Unsqueeze", &[positions, &last]);
    let first = b.ints(&[1]);
    let keys = b.op("Unsqueeze", &[positions, &first]);
    let seen = b.op("LessOrEqual", &[&keys, &queries]);
    let seen = b.op("Unsqueeze", &[&seen, &first]);
    b.op("Where", &[&seen, padding, &low])
}

/// A linear layer written as `Gemm` over [batch · seq, from], its weight stored as [from, to].
fn project(
    b: &mut Builder,
    scope: &str,
    x: &Value,
    [from, to]: [usize; 2],
    gain: f32,
    shared: &Shared,
) -> Value {
    b.within(scope, |b| {
        let weight = b.weight("weight", &[from, to], Init::fan_in(from, gain));
        let bias = b.weight("bias", &[to], Init::spread(0.1 * gain));
        let size = b.ints(&[to as i64]);
        let shape = [&shared.batch, &shared.seq, &size];
        let shape = b.op_with("Concat", &shape, &[("axis", Attr::Int(0))]);
        let rows = b.reshape(x, &[-1, from as i64]);
        let y = b.op("Gemm", &[&rows, &weight, &bias]);
        b.op("Reshape", &[&y, &shape])
    })
}
