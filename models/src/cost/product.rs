//! Matrix products and convolutions.

use super::Class::{Convolution, Elementwise, Matmul};
use super::{Class, Cost, Work, count};
use crate::infer::{Einsum, transposed};

fn class_of(work: &Work, with_weight: bool) -> Class {
    if with_weight { Matmul } else { work.role }
}

fn product(work: &Work, a: usize, b: usize, macs: u64) -> Cost {
    let with_weight = work.is_constant(a) || work.is_constant(b);
    Cost::product(class_of(work, with_weight), macs, with_weight)
}

/// Elements of the output times the size that is summed over.
pub(super) fn matmul(work: &Work, a: usize, b: usize) -> Option<Cost> {
    let inner = *work.shape(a)?.last()? as u64;
    Some(product(work, a, b, work.output().saturating_mul(inner)))
}

pub(super) fn fused_matmul(work: &Work) -> Option<Cost> {
    let a = transposed(work.shape(0)?, work.context.flag("transA"));
    let inner = *a.last()? as u64;
    Some(product(work, 0, 1, work.output().saturating_mul(inner)))
}

pub(super) fn gemm(work: &Work, a: usize, b: usize, bias: usize) -> Option<Cost> {
    let sizes = transposed(work.shape(a)?, work.context.flag("transA"));
    let inner = *sizes.last()? as u64;
    let cost = product(work, a, b, work.output().saturating_mul(inner));
    Some(with_bias(work, cost, bias))
}

/// An addition for each element of the output where there is a bias.
fn with_bias(work: &Work, cost: Cost, bias: usize) -> Cost {
    match work.context.has(bias) {
        true => cost.and(Cost::of(Elementwise, work.output())),
        false => cost,
    }
}

/// A scale, a rounding and an offset for each element of the output.
pub(super) fn requantised(work: &Work, cost: Cost) -> Option<Cost> {
    Some(cost.and(Cost::of(Elementwise, work.output().saturating_mul(3))))
}

/// Weights of a few bits, of K rows and N columns.
pub(super) fn packed(work: &Work) -> Option<Cost> {
    let inner = u64::try_from(work.context.int("K", 0)).ok()?;
    Some(Cost::product(
        Matmul,
        work.output().saturating_mul(inner),
        true,
    ))
}

/// A product over all labels for two operands, a sum for one; the order of more decides their cost.
pub(super) fn einsum(work: &Work) -> Option<Cost> {
    let einsum = Einsum::of(work.context).ok()?;
    let sizes = einsum.sizes.values().map(|size| *size as u64);
    let elements = sizes.fold(1, u64::saturating_mul);
    match einsum.inputs.len() {
        1 if elements == work.output() => Some(Cost::of(Class::Movement, 0)),
        1 => Some(Cost::of(Class::Reduction, elements)),
        2 => Some(product(work, 0, 1, elements)),
        _ => None,
    }
}

/// For each element of the output, one output channel's weights; groups are in the weights' shape.
pub(super) fn convolution(work: &Work, weights: usize, bias: usize) -> Option<Cost> {
    let per_channel = count(work.shape(weights)?.get(1..)?);
    let macs = work.output().saturating_mul(per_channel);
    let cost = Cost::product(Convolution, macs, work.is_constant(weights));
    Some(with_bias(work, cost, bias))
}

/// A convolution whose every input is interpolated from four neighbours.
pub(super) fn deformable(work: &Work) -> Option<Cost> {
    let sampled = work.input(2) / 2;
    let channels = *work.shape(0)?.get(1)? as u64;
    let interpolation = Cost::of(
        Class::Other,
        sampled.saturating_mul(channels).saturating_mul(8),
    );
    Some(convolution(work, 1, 3)?.and(interpolation))
}

/// For each element of the input, one input channel's weights.
pub(super) fn transposed_convolution(work: &Work) -> Option<Cost> {
    let per_channel = count(work.shape(1)?.get(1..)?);
    let macs = work.input(0).saturating_mul(per_channel);
    let cost = Cost::product(Convolution, macs, work.is_constant(1));
    Some(with_bias(work, cost, 2))
}
