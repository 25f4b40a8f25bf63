//! What transformers over tokens share: inputs, the additive mask, embeddings, the pooler and outputs.

use super::sizes::Sizes;
use crate::build::{Attr, Builder, Value};
use crate::data_type::DataType;
use crate::graph::Dim;

pub(super) const SYMBOLS: &[(&str, usize)] = &[("batch", 1), ("seq", 128)];
/// The `epsilon` of the normalisations of the BERT family.
pub(super) const EPSILON: f32 = 1e-12;

/// The dimensions [batch, seq, …] with `rest` after them.
pub(super) fn dims(rest: &[usize]) -> Vec<Dim> {
    let symbols = ["batch", "seq"].map(|name| Dim::Symbol(name.into()));
    let rest = rest.iter().map(|size| Dim::Fixed(*size));
    symbols.into_iter().chain(rest).collect()
}

/// An input of 64-bit integers [batch, seq].
pub(super) fn tokens(b: &mut Builder, name: &str) -> Value {
    b.input(name, DataType::I64, &dims(&[]))
}

/// Words, mask and token types of an encoder, each [batch, seq].
pub(super) fn inputs(b: &mut Builder) -> [Value; 3] {
    ["input_ids", "attention_mask", "token_type_ids"].map(|name| tokens(b, name))
}

/// Declares the encoded tokens [batch, seq, hidden] and the pooled first one [batch, hidden].
pub(super) fn outputs(b: &mut Builder, encoded: &Value, pooled: &Value, hidden: usize) {
    b.output("last_hidden_state", encoded, &dims(&[hidden]));
    let pooled_dims = [Dim::Symbol("batch".into()), Dim::Fixed(hidden)];
    b.output("pooler_output", pooled, &pooled_dims);
}

/// The mask [batch, 1, 1, seq] to add to attention scores: 0 where a token counts, −10,000 where it does not.
pub(super) fn additive_mask(b: &mut Builder, attention_mask: &Value) -> Value {
    let (axes, one) = (b.ints(&[1, 2]), b.scalar(1.0));
    let low = b.scalar(-10_000.0);
    let mask = b.op("Unsqueeze", &[attention_mask, &axes]);
    let to = Attr::Int(DataType::F32.to_onnx().into());
    let mask = b.op_with("Cast", &[&mask], &[("to", to)]);
    let mask = b.op("Sub", &[&one, &mask]);
    b.op("Mul", &[&mask, &low])
}

/// The positions [1, seq] of `input_ids`, cut from a constant row.
pub(super) fn positions(b: &mut Builder, input_ids: &Value, rows: usize) -> Value {
    let row = b.count_up("position_ids", rows);
    let (start, axis) = (b.ints(&[0]), b.ints(&[1]));
    let length = b.size_of(input_ids, 1);
    b.op("Slice", &[&row, &start, &length, &axis])
}

/// Words, token types and positions, summed and normalised: [batch, seq, size].
pub(super) fn embeddings(
    b: &mut Builder,
    sizes: &Sizes,
    size: usize,
    input_ids: &Value,
    token_types: &Value,
) -> Value {
    b.within("embeddings", |b| {
        let words = b.embedding("word_embeddings", input_ids, sizes.vocab, size);
        let types = b.embedding("token_type_embeddings", token_types, 2, size);
        let positions = positions(b, input_ids, sizes.positions);
        let positions = b.embedding("position_embeddings", &positions, sizes.positions, size);
        let sum = b.op("Add", &[&words, &types]);
        let sum = b.op("Add", &[&sum, &positions]);
        b.layer_norm("LayerNorm", &sum, size, EPSILON)
    })
}

/// The first token of each sequence: [batch, hidden].
pub(super) fn first_token(b: &mut Builder, encoded: &Value) -> Value {
    let zero = b.index(0);
    b.op_with("Gather", &[encoded, &zero], &[("axis", Attr::Int(1))])
}

/// tanh of a linear layer over the first token: [batch, hidden].
pub(super) fn pooler(b: &mut Builder, scope: &str, encoded: &Value, hidden: usize) -> Value {
    let first = first_token(b, encoded);
    let dense = b.gemm(scope, &first, hidden, hidden, 1.0);
    b.op("Tanh", &[&dense])
}
