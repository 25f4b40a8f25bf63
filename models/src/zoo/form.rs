//! The two forms of an architecture, and the rule by which the hollow one shrinks.

use std::fmt;

/// Whether an architecture is built as published or as its hollow twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Form {
    /// With its own dimensions.
    #[default]
    Full,
    /// The same operators, attributes, edges and ranks with every free dimension shrunk to the rung.
    Hollow {
        /// The size that free dimensions above it shrink to, at least 2 (smaller ones count as 2).
        rung: usize,
    },
}

/// `full` or `hollow-RUNG`.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.pad("full"),
            Self::Hollow { rung } => f.pad(&format!("hollow-{}", at_least_two(*rung))),
        }
    }
}

/// The rung that is used for the one asked for.
pub(super) fn at_least_two(rung: usize) -> usize {
    rung.max(2)
}
