//! What operators cost in arithmetic, by their kind and shapes; a fused multiply-add is two operations.
//!
//! Costs an element, beside products: an addition, multiplication, division, comparison, minimum, maximum, rounding or
//! square root is 1; an exponential, logarithm, sine, power or error function is 8 (a range reduction and a short
//! polynomial); what is made of these is their sum. Softmax is 12 (maximum, difference, exponential, sum, quotient);
//! layer, group and instance normalisation 7 (mean, difference, square and sum, product with the inverse deviation,
//! scale, bias); root-mean-square normalisation 4; batch normalisation 2, as its statistics are constant. Moving,
//! selecting and converting data is 0.

mod attention;
mod elementwise;
mod other;
mod product;
mod recurrent;
mod roles;
mod table;

use serde::Serialize;

use crate::infer::Context;

pub(crate) use roles::Roles;
pub(crate) use table::{cost, is_movement, is_view, reads_what_it_gives};

/// What kind of work an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Class {
    /// Matrix products but those of attention.
    Matmul,
    Convolution,
    /// Query times key.
    AttentionScores,
    /// Weights times value.
    AttentionValues,
    Normalisation,
    Softmax,
    Elementwise,
    /// Sums, extremes and poolings.
    Reduction,
    /// Resampling, random numbers and the like.
    Other,
    /// Data that is moved, selected or converted.
    Movement,
}

/// What an operator costs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cost {
    /// Operations by class, the first the operator's own.
    pub parts: Vec<(Class, u64)>,
    /// Multiply-adds of products.
    pub macs: u64,
    /// Those of them with a constant weight.
    pub linear_macs: u64,
    /// Elements normalised by a batch or layer normalisation.
    pub normalised: u64,
}

impl Cost {
    /// Work of one class.
    pub fn of(class: Class, flops: u64) -> Self {
        Self {
            parts: vec![(class, flops)],
            ..Self::default()
        }
    }

    /// A product of so many multiply-adds.
    pub fn product(class: Class, macs: u64, with_weight: bool) -> Self {
        Self {
            parts: vec![(class, macs.saturating_mul(2))],
            macs,
            linear_macs: if with_weight { macs } else { 0 },
            normalised: 0,
        }
    }

    /// Both.
    pub fn and(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self.macs = self.macs.saturating_add(other.macs);
        self.linear_macs = self.linear_macs.saturating_add(other.linear_macs);
        self.normalised = self.normalised.saturating_add(other.normalised);
        self
    }

    /// Operations in all.
    pub fn flops(&self) -> u64 {
        let flops = self.parts.iter().map(|(_, flops)| *flops);
        flops.fold(0, u64::saturating_add)
    }
}

/// An operator, the shapes around it, and what its operands are.
pub(crate) struct Work<'a> {
    /// The operator and its inputs.
    pub context: &'a Context<'a>,
    /// The shape of each output.
    pub outputs: &'a [Vec<usize>],
    /// Whether each input is constant.
    pub constant: &'a [bool],
    /// What a product of two activations is in attention.
    pub role: Class,
}

impl Work<'_> {
    /// Elements of the first output.
    pub fn output(&self) -> u64 {
        self.outputs.first().map_or(0, |shape| count(shape))
    }

    /// Elements of an input; 0 where it is left out.
    pub fn input(&self, index: usize) -> u64 {
        self.shape(index).map_or(0, count)
    }

    /// The shape of an input.
    pub fn shape(&self, index: usize) -> Option<&[usize]> {
        self.context.operand(index)?.shape.as_deref()
    }

    /// Whether an input is constant.
    pub fn is_constant(&self, index: usize) -> bool {
        self.constant.get(index).copied().unwrap_or(false)
    }
}

/// Elements of a shape; saturates.
pub(crate) fn count(shape: &[usize]) -> u64 {
    let product = |all: u64, size: &usize| all.saturating_mul(*size as u64);
    shape.iter().fold(1, product)
}
