//! What text encoders share: their inputs, the additive mask, positions, and the sizes that options change.

use super::ZooError;
use super::options::Options;
use crate::build::{Builder, Value};
use crate::data_type::DataType;
use crate::graph::Dim;

pub(super) const SYMBOLS: &[(&str, usize)] = &[("batch", 1), ("seq", 128)];

/// The sizes of a transformer over tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub layers: usize,
    pub heads: usize,
    /// Of one head; the hidden size is heads · width.
    pub width: usize,
    pub intermediate: usize,
    pub vocab: usize,
    pub positions: usize,
}

impl Sizes {
    pub const fn new(layers: usize, hidden: usize, heads: usize, vocab: usize) -> Self {
        Self {
            layers,
            heads,
            width: hidden / heads,
            intermediate: hidden * 4,
            vocab,
            positions: 512,
        }
    }

    /// Reads `layers`, `hidden`, `heads`, `intermediate` and `vocab` over these defaults; the intermediate size follows the hidden one.
    pub fn with_options(self, options: &mut Options) -> Result<Self, ZooError> {
        let layers = options.size("layers", self.layers, 1_000)?;
        let hidden = options.size("hidden", self.hidden(), 65_536)?;
        let heads = options.size("heads", self.heads, 1_024)?;
        options.divides("hidden", hidden, "heads", heads)?;
        Ok(Self {
            layers,
            heads,
            width: hidden / heads,
            intermediate: options.size("intermediate", hidden * 4, 262_144)?,
            vocab: options.size("vocab", self.vocab, 4_194_304)?,
            ..self
        })
    }

    pub fn hidden(&self) -> usize {
        self.heads * self.width
    }

    /// Shrinks all but the layers and the positions, which keep their rows so that the twin takes every length.
    pub fn hollow(&self, rung: usize) -> Self {
        Self {
            heads: self.heads.min(rung),
            width: self.width.min(rung),
            intermediate: self.intermediate.min(rung),
            vocab: self.vocab.min(rung),
            ..*self
        }
    }
}

/// The dimensions [batch, seq, …] with `rest` after them.
pub(super) fn dims(rest: &[usize]) -> Vec<Dim> {
    let symbols = ["batch", "seq"].map(|name| Dim::Symbol(name.into()));
    symbols
        .into_iter()
        .chain(rest.iter().map(|size| Dim::Fixed(*size)))
        .collect()
}

/// An input of 64-bit integers [batch, seq].
pub(super) fn tokens(graph: &mut Builder, name: &str) -> Value {
    graph.input(name, DataType::I64, &dims(&[]))
}

/// The mask [batch, 1, 1, seq] to add to attention scores: 0 where a token counts, −10,000 where it does not.
pub(super) fn additive_mask(graph: &mut Builder, attention_mask: &Value) -> Value {
    let (axes, one) = (graph.ints(&[1, 2]), graph.scalar(1.0));
    let low = graph.scalar(-10_000.0);
    let mask = graph.op("Unsqueeze", &[attention_mask, &axes]);
    let to = [("to", crate::build::Attr::Int(1))];
    let mask = graph.op_with("Cast", &[&mask], &to);
    let mask = graph.op("Sub", &[&one, &mask]);
    graph.op("Mul", &[&mask, &low])
}

/// The positions [1, seq] of `input_ids`, cut from a constant row.
pub(super) fn positions(graph: &mut Builder, input_ids: &Value, rows: usize) -> Value {
    let row = graph.count_up("position_ids", rows);
    let (start, axis) = (graph.ints(&[0]), graph.ints(&[1]));
    let length = graph.size_of(input_ids, 1);
    graph.op("Slice", &[&row, &start, &length, &axis])
}
