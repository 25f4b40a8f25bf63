//! The entries of the zoo, in the order in which they are documented.

use super::{Entry, bert, mlp};

/// Every entry.
pub(super) static ENTRIES: [Entry; 7] = [
    mlp::MLP,
    bert::TINY,
    bert::MINI,
    bert::SMALL,
    bert::MEDIUM,
    bert::BASE,
    bert::MINILM,
];
