//! The sizes of a transformer over tokens: which options change them, and how they shrink.

use super::ZooError;
use super::attention::Heads;
use super::options::Options;

/// The greatest size of a vocabulary.
pub(super) const MOST_WORDS: usize = 4_194_304;

/// Sizes of a transformer; `width` is one head's, so the hidden size is heads · width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub layers: usize,
    pub heads: usize,
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

    /// Reads `layers`, `hidden`, `heads`, `intermediate` and `vocab` over these; the intermediate size is four times the hidden one unless given.
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
            vocab: options.size("vocab", self.vocab, MOST_WORDS)?,
            ..self
        })
    }

    pub fn hidden(&self) -> usize {
        self.heads * self.width
    }

    pub fn heads(&self) -> Heads {
        Heads {
            count: self.heads,
            width: self.width,
        }
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
