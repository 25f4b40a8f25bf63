//! A hollow twin, and how hollow it is.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use tare_units::Flops;

use crate::bind::TensorSpec;
use crate::facts::Facts;
use crate::resolve::Resolved;

use super::Rung;
use super::work::{self, Work};

/// A twin with this share of the original's elements or more is hardly hollow.
const MOST_ELEMENTS: f64 = 0.01;
/// A twin with this share of the original's operations or more is hardly hollow.
const MOST_FLOPS: f64 = 0.01;

/// A model with the operators and edges of another, and next to nothing to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Twin {
    /// The ONNX file, weights included.
    pub onnx: Bytes,
    /// The rung at which it was made.
    pub rung: Rung,
    /// Its inputs: names and types are the original's, shapes its own.
    pub inputs: Vec<TensorSpec>,
    /// The size of each symbol of the inputs.
    pub symbols: BTreeMap<String, usize>,
    /// Operations of the original.
    pub original_flops: Flops,
    /// Its operations.
    pub flops: Flops,
    /// Its operations over the original's; `None` where the original has none, or it is not known how much is left.
    pub hollowness: Option<f64>,
    /// Elements of what its operators give, those within operators included, over those of the original; `None` where it is
    /// not known how much is left.
    pub elements: Option<f64>,
    /// The elements themselves that its operators hand to each other in a request; `None` where the share is not known.
    pub elements_left: Option<u64>,
    /// Why what it costs may not be the framework's share.
    pub doubts: Vec<Doubt>,
}

/// A reason why what a twin costs may not be the framework's share.
#[derive(Debug, Clone, PartialEq)]
pub enum Doubt {
    /// Much of the work is left.
    LittleShrunk {
        /// What is left of the operations; `None` where there are none.
        hollowness: Option<f64>,
        /// What is left of the elements between operators; `None` where there are none.
        elements: Option<f64>,
        /// What kept its size, as far as it is known.
        because: Vec<String>,
    },
    /// How much of the work is left is not known.
    NotKnown {
        /// Whose work is not known, and what kept its size.
        because: Vec<String>,
    },
    /// Convolutions lost channels, on which the operators that a framework executes depend.
    FewChannels {
        /// The most that a shrunken one has left.
        channels: usize,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because = match self {
            Self::FewChannels { channels } => {
                return write!(
                    f,
                    "convolutions keep {channels} channels, for which a framework may execute other operators than for the \
                     model; a rung such as 16,2 keeps 16, and a run tries rungs until the operators executed are the same"
                );
            }
            Self::NotKnown { because } => {
                f.write_str(
                    "how much of the work the twin keeps is not known, so what it costs is an upper bound of the tax",
                )?;
                because
            }
            Self::LittleShrunk {
                hollowness,
                elements,
                because,
            } => {
                let shares = [(hollowness, "operations"), (elements, "elements")];
                let shares = shares.iter().filter_map(|(share, what)| {
                    share.map(|share| format!("{:.2} % of the {what}", share * 100.0))
                });
                let shares: Vec<String> = shares.collect();
                write!(
                    f,
                    "the twin keeps {}, so what it costs is an upper bound of the tax",
                    shares.join(" and ")
                )?;
                because
            }
        };
        match because.as_slice() {
            [] => Ok(()),
            because => write!(f, " ({})", because.join("; ")),
        }
    }
}

/// How hollow a twin is, by what both need at their shapes; `kept` says what kept its size.
///
/// An operator whose work is not known is left out of both sums where its inputs and outputs shrank to less than 1% of
/// the original's. Where one did not shrink, neither share is known. File, rung and inputs are left empty.
pub(super) fn weigh(original: &Resolved, twin: &Resolved, kept: Vec<String>) -> Twin {
    let flops = |resolved| Facts::of(resolved).flops;
    let (large, small) = (work::of(original), work::of(twin));
    let unknown = unknown(&large, &small);
    let sum = |works: &BTreeMap<String, Work>, get: fn(&Work) -> Option<f64>| {
        let counted = works.values().filter(|work| work.is_counted());
        counted.filter_map(get).sum::<f64>()
    };
    let shared = |get| share(sum(&small, get), sum(&large, get)).filter(|_| unknown.is_empty());
    let nothing = small.is_empty() && large.is_empty();
    let hollowness = shared(|work| work.flops);
    let elements = shared(|work| work.elements).or(nothing.then_some(0.0));
    let elements_left = elements.map(|_| sum(&small, |work| work.elements) as u64);
    Twin {
        onnx: Bytes::new(),
        rung: Rung::smallest(),
        inputs: vec![],
        symbols: BTreeMap::new(),
        original_flops: flops(original),
        flops: flops(twin),
        hollowness,
        elements,
        elements_left,
        doubts: doubts(hollowness, elements, unknown, kept)
            .into_iter()
            .collect(),
    }
}

/// The operators of a twin of which nobody knows how much they do.
fn unknown(large: &BTreeMap<String, Work>, small: &BTreeMap<String, Work>) -> Vec<String> {
    let open = small.iter().filter(|(_, work)| !work.is_counted());
    let open = open.filter(|(name, work)| {
        let original = large.get(*name);
        !original.is_some_and(|original| work.is_small_beside(original, MOST_ELEMENTS))
    });
    open.map(|(_, work)| format!("what {} does is not known", work.what))
        .collect()
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn doubts(
    hollowness: Option<f64>,
    elements: Option<f64>,
    unknown: Vec<String>,
    kept: Vec<String>,
) -> Option<Doubt> {
    let above = |share: Option<f64>, most| share.is_some_and(|share| share > most);
    if hollowness.is_none() && elements.is_none() {
        let because = unknown.into_iter().chain(kept).collect();
        return Some(Doubt::NotKnown { because });
    }
    let much = above(hollowness, MOST_FLOPS) || above(elements, MOST_ELEMENTS);
    much.then_some(Doubt::LittleShrunk {
        hollowness,
        elements,
        because: kept,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(hollowness: Option<f64>, elements: Option<f64>) -> Option<String> {
        let because = vec!["there is no rule for Det".to_owned()];
        doubts(hollowness, elements, vec![], because).map(|doubt| doubt.to_string())
    }

    #[test]
    fn only_a_twin_that_keeps_much_is_doubted_and_says_why() {
        assert_eq!(told(Some(0.009), Some(0.009)), None);
        assert_eq!(told(None, Some(0.009)), None);
        assert_eq!(
            told(Some(0.001), Some(0.02)).expect("many elements"),
            "the twin keeps 0.10 % of the operations and 2.00 % of the elements, so what it costs is an upper bound of the \
             tax (there is no rule for Det)"
        );
        assert!(told(Some(0.02), Some(0.001)).is_some());
    }

    #[test]
    fn one_share_that_is_known_is_enough_to_doubt() {
        assert_eq!(
            told(None, Some(0.5)).expect("many elements"),
            "the twin keeps 50.00 % of the elements, so what it costs is an upper bound of the tax (there is no rule for \
             Det)"
        );
        assert!(told(Some(0.5), None).is_some());
    }

    #[test]
    fn a_twin_of_which_nothing_is_known_is_doubted() {
        let doubt = doubts(
            None,
            None,
            vec!["what Foo 'a' does is not known".into()],
            vec![],
        );
        assert_eq!(
            doubt.expect("nothing is known").to_string(),
            "how much of the work the twin keeps is not known, so what it costs is an upper bound of the tax (what Foo \
             'a' does is not known)"
        );
    }
}
