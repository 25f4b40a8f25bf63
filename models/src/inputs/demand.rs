//! What an operator demands of the numbers that reach it: an index stays below its table's rows, and so on.

use super::onward::integers;
use super::walk::{Step, Walker};
use crate::graph::Node;

/// What an operator demands of numbers, in terms of the input they came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Demand {
    /// What.
    pub(super) kind: Kind,
    /// Which operator, in words.
    pub(super) by: String,
}

/// The kinds of demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// At least `low`, below `high`.
    Index { low: i64, high: i64 },
    /// An index into a table of unknown size.
    AnyIndex,
    /// A sign that an element takes part.
    Mask,
    /// One number.
    Fill(i64),
    /// These numbers.
    List(Vec<i64>),
    /// Above zero.
    Positive,
    /// Not zero.
    Divisor,
}

/// What `node` demands of the numbers that enter it at `input`.
pub(super) fn demand<'g>(
    walker: &Walker<'g, '_>,
    step: &Step<'g>,
    node: &Node,
    input: usize,
) -> Option<Demand> {
    let at = At {
        walker,
        step,
        node,
        input,
    };
    let kind = at
        .index()
        .or_else(|| at.control())
        .or_else(|| at.shape())
        .or_else(|| at.arithmetic())?;
    Some(Demand {
        kind,
        by: format!("{} '{}'", node.op_type, node.name),
    })
}

struct At<'a, 'g, 't> {
    walker: &'a Walker<'g, 't>,
    step: &'a Step<'g>,
    node: &'a Node,
    input: usize,
}

impl At<'_, '_, '_> {
    fn index(&self) -> Option<Kind> {
        let rows = match (self.node.op_type.as_str(), self.input) {
            ("Gather" | "GatherElements" | "ScatterElements" | "Scatter", 1) => {
                self.dim(0, self.node.int("axis").unwrap_or(0))
            }
            ("GatherND", 1) => self.least(self.node.int("batch_dims").unwrap_or(0)),
            ("ScatterND", 1) => self.least(0),
            ("ArrayFeatureExtractor", 1) => self.dim(0, -1),
            ("OneHot", 0) => self.number(1),
            ("NegativeLogLikelihoodLoss" | "SoftmaxCrossEntropyLoss", 1) => self.dim(0, 1),
            ("RotaryEmbedding", 3) if self.node.domain.is_empty() => self.dim(1, 0),
            ("RotaryEmbedding", 1) if !self.node.domain.is_empty() => self.dim(2, 0),
            ("EmbedLayerNormalization", 0) => self.dim(2, 0),
            ("EmbedLayerNormalization", 1) => self.dim(4, 0),
            ("EmbedLayerNormalization", 8) => self.dim(3, 0),
            _ => return None,
        };
        Some(match rows {
            Some(rows) => Kind::Index {
                low: self.step.added_least.saturating_neg().max(0),
                high: rows.saturating_sub(self.step.added_most),
            },
            None => Kind::AnyIndex,
        })
    }

    fn control(&self) -> Option<Kind> {
        Some(match (self.node.op_type.as_str(), self.input) {
            ("If", 0) | ("Loop", 0 | 1) | ("TopK", 1) | ("NonMaxSuppression", 2) => Kind::Fill(1),
            ("Dropout", 1 | 2) | ("BatchNormalization", 6) | ("Trilu" | "CumSum", 1) => {
                Kind::Fill(0)
            }
            ("RNN" | "LSTM" | "GRU", 4) => Kind::Fill(self.dim(0, 0).unwrap_or(1)),
            ("Range", 0) => Kind::Fill(0),
            ("Range", 1 | 2) => Kind::Fill(1),
            ("OneHot", 1) => Kind::Fill(2),
            ("Where", 0) | ("EmbedLayerNormalization", 7) => Kind::Mask,
            _ => return None,
        })
    }

    fn shape(&self) -> Option<Kind> {
        let kind = match (self.node.op_type.as_str(), self.input) {
            ("Slice", 1) | ("Pad", 1) => Kind::Fill(0),
            ("Slice", 4) | ("Expand" | "Tile", 1) | ("ConstantOfShape", 0) => Kind::Fill(1),
            ("Slice", 2) => self.slice_ends(),
            ("Reshape", 1) if self.step.is_part => Kind::Fill(1),
            ("Reshape", 1) => Kind::List(vec![-1, 1]),
            ("Slice" | "Pad", 3) | ("Unsqueeze" | "Squeeze", 1) => Kind::List((0..64).collect()),
            ("Split", 1) => self.split_sizes(),
            ("Resize", 3) => Kind::List(self.sizes(0)?),
            ("Resize", 2) | ("Upsample", 1) => Kind::Fill(1),
            (op, 1) if op.starts_with("Reduce") => Kind::List((0..64).collect()),
            _ => return None,
        };
        Some(kind)
    }

    fn arithmetic(&self) -> Option<Kind> {
        match (self.node.op_type.as_str(), self.input) {
            ("Div" | "Mod", 1) => Some(Kind::Divisor),
            ("Sub", 1) if self.is_one_minus() => Some(Kind::Mask),
            ("BatchNormalization", 4) | ("QuantizeLinear" | "DequantizeLinear", 1) => {
                Some(Kind::Positive)
            }
            _ => None,
        }
    }

    fn is_one_minus(&self) -> bool {
        let constant = self.walker.constant(self.step, self.node, 0);
        let floats = constant.and_then(|one| one.values::<f32>());
        floats.is_some_and(|ones| !ones.is_empty() && ones.iter().all(|one| *one == 1.0))
    }

    /// The ends that leave the sliced axes whole, or 1.
    fn slice_ends(&self) -> Kind {
        let axes = self.walker.constant(self.step, self.node, 3);
        let sizes = self.sizes(0);
        let whole = match (axes.and_then(integers), sizes) {
            (Some(axes), Some(_)) => axes.iter().map(|axis| self.dim(0, *axis)).collect(),
            (None, Some(sizes)) if self.node.input(3).is_none() => Some(sizes),
            _ => None,
        };
        whole.map_or(Kind::Fill(1), Kind::List)
    }

    fn split_sizes(&self) -> Kind {
        let parts = self.node.outputs.len().max(1) as i64;
        let size = self
            .dim(0, self.node.int("axis").unwrap_or(0))
            .unwrap_or(parts);
        let mut sizes = vec![size / parts; parts as usize];
        sizes[0] += size % parts;
        Kind::List(sizes)
    }

    fn sizes(&self, index: usize) -> Option<Vec<i64>> {
        let shape = self.walker.shape(self.step, self.node, index)?;
        shape.iter().map(|size| i64::try_from(*size).ok()).collect()
    }

    fn dim(&self, index: usize, axis: i64) -> Option<i64> {
        let sizes = self.sizes(index)?;
        let axis = if axis < 0 {
            axis + sizes.len() as i64
        } else {
            axis
        };
        sizes.get(usize::try_from(axis).ok()?).copied()
    }

    fn least(&self, from_axis: i64) -> Option<i64> {
        let sizes = self.sizes(0)?;
        sizes
            .get(usize::try_from(from_axis).ok()?..)?
            .iter()
            .min()
            .copied()
    }

    fn number(&self, index: usize) -> Option<i64> {
        let constant = self.walker.constant(self.step, self.node, index)?;
        integers(constant)?.first().copied()
    }
}
