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

/// The channels of a convolution at a rung: up to the rung they stay, above it they shrink to it and keep their remainder.
pub(super) fn channels(original: usize, rung: usize) -> usize {
    match original <= rung {
        true => original,
        false => rung + original % rung,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_keep_what_layouts_depend_on() {
        let at_16: Vec<usize> = [3, 16, 64, 2048, 1000]
            .iter()
            .map(|size| channels(*size, 16))
            .collect();
        assert_eq!(at_16, [3, 16, 16, 16, 24]);
    }

    #[test]
    fn a_rung_below_two_counts_as_two() {
        assert_eq!(Form::Hollow { rung: 0 }.to_string(), "hollow-2");
        assert_eq!(at_least_two(16), 16);
    }
}
