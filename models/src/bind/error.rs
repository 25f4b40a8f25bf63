//! Why sizes do not give every input a shape.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::free::{FreeDimension, terms};

/// Why sizes do not give every input a shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Free dimensions that got no size.
    #[error("the model leaves the size open of {}: give {}", places(.dimensions), options(.symbols))]
    Missing {
        /// The dimensions.
        dimensions: Vec<FreeDimension>,
        /// The symbols to give a size, each once.
        symbols: Vec<String>,
    },
    /// A size for a symbol that the model does not have.
    #[error("the model has no free dimension '{symbol}'; it has {}", list(.known))]
    Unknown {
        /// The symbol asked for.
        symbol: String,
        /// Those that exist.
        known: Vec<String>,
    },
    /// A size of zero.
    #[error("the size of '{0}' is 0; give at least 1")]
    Zero(String),
    /// The batch has two sizes.
    #[error(
        "the batch axis '{symbol}' is asked to be {asked} and, as the batch, {batch}; give one of them"
    )]
    Contradiction {
        /// The symbol of the batch axis.
        symbol: String,
        /// Its size by name.
        asked: usize,
        /// The batch size.
        batch: usize,
    },
    /// The first dimension is fixed to something else.
    #[error(
        "a batch of {asked} was asked for, but the first dimension of '{input}' is fixed to {fixed}; ask for a batch of {fixed}, or export the model with a free batch dimension"
    )]
    FixedBatch {
        /// The input.
        input: String,
        /// Its first dimension.
        fixed: usize,
        /// The batch asked for.
        asked: usize,
    },
    /// The inputs share no first axis.
    #[error(
        "a batch of {asked} was asked for, but the inputs share no free first axis; give sizes by name with --shape, or ask for a batch of 1"
    )]
    NoBatch {
        /// The batch asked for.
        asked: usize,
    },
    /// An input whose rank is not declared.
    #[error("the input '{0}' declares no shape; export the model with shapes for its inputs")]
    NoRank(String),
    /// An input of strings.
    #[error(
        "the input '{0}' holds strings, which cannot be fed; move text handling out of the model"
    )]
    Strings(String),
    /// An input beyond the address space.
    #[error(
        "the input '{input}' of shape {shape:?} is larger than the address space; ask for smaller sizes"
    )]
    TooLarge {
        /// The input.
        input: String,
        /// Its shape.
        shape: Vec<usize>,
    },
}

impl BindError {
    pub(super) fn missing(dimensions: Vec<FreeDimension>, sizes: &BTreeMap<String, usize>) -> Self {
        let names = dimensions.iter().flat_map(|free| terms(&free.symbol));
        let mut symbols: Vec<String> = Vec::new();
        for name in names.filter(|name| !sizes.contains_key(*name)) {
            if !symbols.iter().any(|known| known == name) {
                symbols.push(name.to_owned());
            }
        }
        if symbols.is_empty() {
            symbols.extend(dimensions.iter().map(|free| free.symbol.clone()));
        }
        Self::Missing {
            dimensions,
            symbols,
        }
    }

    pub(super) fn unknown(symbol: &str, known: &[String]) -> Self {
        Self::Unknown {
            symbol: symbol.to_owned(),
            known: known.to_vec(),
        }
    }
}

fn places(dimensions: &[FreeDimension]) -> String {
    let mut text = String::new();
    for free in dimensions {
        let separator = if text.is_empty() { "" } else { ", " };
        let places = free
            .places
            .iter()
            .map(|(input, axis)| format!("axis {axis} of '{input}'"));
        let places: Vec<_> = places.collect();
        let _ = write!(text, "{separator}'{}' ({})", free.symbol, places.join(", "));
    }
    text
}

fn options(symbols: &[String]) -> String {
    let sizes: Vec<String> = symbols.iter().map(|symbol| format!("{symbol}=…")).collect();
    let sizes = sizes.join(",");
    match sizes.contains(char::is_whitespace) {
        true => format!("--shape '{sizes}'"),
        false => format!("--shape {sizes}"),
    }
}

fn list(known: &[String]) -> String {
    if known.is_empty() {
        return "none: all its dimensions are fixed".to_owned();
    }
    format!("'{}'", known.join("', '"))
}
