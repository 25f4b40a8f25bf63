//! Recurrent networks: products with the input and the state at each step, then the gates.

use super::Class::{Elementwise, Matmul};
use super::elementwise::{SIGMOID, TANH};
use super::{Cost, Work};

pub(super) fn cost(work: &Work) -> Option<Cost> {
    let ([first, second, input], [directions, rows, _]) = (work.shape(0)?, work.shape(1)?) else {
        return None;
    };
    let (gates, per_unit) = match work.context.node.op_type.as_str() {
        "LSTM" => (4, 3 * SIGMOID + 2 * TANH + 4),
        "GRU" => (3, 2 * SIGMOID + TANH + 5),
        _ => (1, TANH),
    };
    let hidden = *rows as u64 / gates;
    let steps = (*first as u64)
        .saturating_mul(*second as u64)
        .saturating_mul(*directions as u64);
    let macs = steps
        .saturating_mul(*rows as u64)
        .saturating_mul(hidden.saturating_add(*input as u64));
    let biases = if work.context.has(3) { 2 * gates } else { 0 };
    let units = steps
        .saturating_mul(hidden)
        .saturating_mul(per_unit + gates + biases);
    let products = Cost::product(Matmul, macs, work.is_constant(1));
    Some(products.and(Cost::of(Elementwise, units)))
}
