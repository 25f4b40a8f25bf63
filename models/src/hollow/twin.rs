//! A hollow twin, and how hollow it is.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use tare_units::Flops;

use crate::bind::TensorSpec;
use crate::facts::Facts;
use crate::resolve::Resolved;

use super::Rung;

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
    /// Its operations over the original's; `None` where the original has none that can be counted.
    pub hollowness: Option<f64>,
    /// Elements of what its operators give over those of the original; `None` where they are not known.
    pub elements: Option<f64>,
    /// Why what it costs may be more than the framework's share.
    pub doubts: Vec<Doubt>,
}

/// A reason why what a twin costs may be more than the framework's share.
#[derive(Debug, Clone, PartialEq)]
pub enum Doubt {
    /// Much of the work is left.
    LittleShrunk {
        /// What is left of the operations.
        hollowness: f64,
        /// What is left of the elements between operators.
        elements: f64,
        /// What kept its size, as far as it is known.
        because: Vec<String>,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::LittleShrunk {
            hollowness,
            elements,
            because,
        } = self;
        write!(
            f,
            "the twin keeps {:.2} % of the operations and {:.2} % of the elements, so what it costs is an upper bound of \
             the tax",
            hollowness * 100.0,
            elements * 100.0
        )?;
        match because.as_slice() {
            [] => Ok(()),
            because => write!(f, " ({})", because.join("; ")),
        }
    }
}

/// How hollow a twin is, by what both need at their shapes; `kept` says what kept its size.
///
/// File, rung and inputs are left empty.
pub(super) fn weigh(original: &Resolved, twin: &Resolved, kept: Vec<String>) -> Twin {
    let flops = |resolved| Facts::of(resolved).flops;
    let (original_flops, twin_flops) = (flops(original), flops(twin));
    let hollowness = share(
        twin_flops.as_operations() as f64,
        original_flops.as_operations() as f64,
    );
    let elements = share(elements(twin), elements(original));
    Twin {
        onnx: Bytes::new(),
        rung: Rung::smallest(),
        inputs: vec![],
        symbols: BTreeMap::new(),
        original_flops,
        flops: twin_flops,
        hollowness,
        elements,
        doubts: doubts(hollowness, elements, kept),
    }
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn doubts(hollowness: Option<f64>, elements: Option<f64>, because: Vec<String>) -> Vec<Doubt> {
    match (hollowness, elements) {
        (Some(hollowness), Some(elements))
            if hollowness > MOST_FLOPS || elements > MOST_ELEMENTS =>
        {
            vec![Doubt::LittleShrunk {
                hollowness,
                elements,
                because,
            }]
        }
        _ => vec![],
    }
}

/// Elements that the operators give.
fn elements(resolved: &Resolved) -> f64 {
    let outputs = resolved.graph.nodes.iter();
    let outputs = outputs.flat_map(|node| node.outputs.iter().flatten());
    let shapes = outputs.filter_map(|value| resolved.types.get(value));
    let counts = shapes.map(|(_, shape)| shape.iter().map(|size| *size as f64).product::<f64>());
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_twin_that_keeps_much_is_doubted_and_says_why() {
        let because = || vec!["there is no rule for Det".to_owned()];
        assert_eq!(doubts(Some(0.009), Some(0.009), because()), []);
        assert_eq!(doubts(None, Some(0.5), because()), []);
        let doubted = doubts(Some(0.001), Some(0.02), because());
        assert_eq!(
            doubted[0].to_string(),
            "the twin keeps 0.10 % of the operations and 2.00 % of the elements, so what it costs is an upper bound of the \
             tax (there is no rule for Det)"
        );
    }
}
