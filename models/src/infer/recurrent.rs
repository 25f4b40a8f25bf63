//! Recurrent networks.

use super::Inferred;
use super::context::{Context, misfit};
use super::dims::{agree, divide, multiply};

/// The sequence of hidden states, the last one, and an LSTM's last cell; gates: 4 LSTM, 3 GRU, 1 RNN.
pub(super) fn recurrent(context: &Context) -> Inferred {
    let gates = match context.node.op_type.as_str() {
        "LSTM" => 4,
        "GRU" => 3,
        _ => 1,
    };
    let (x, w) = (context.shape_of_rank(0, 3)?, context.shape_of_rank(1, 3)?);
    let r = context.shape_of_rank(2, 3)?;
    let directions = match context.node.string("direction") {
        Some("bidirectional") => 2,
        _ => 1,
    };
    let hidden = divide(w[1], gates)?;
    agree("the directions of W", w[0], directions)?;
    agree("the input's size and W's", x[2], w[2])?;
    if *r != [directions, multiply(gates, hidden)?, hidden] {
        return misfit(format!("R {r:?} does not fit W {w:?}"));
    }
    if context.flag("layout") {
        let last = vec![x[0], directions, hidden];
        return Ok(vec![
            vec![x[0], x[1], directions, hidden],
            last.clone(),
            last,
        ]);
    }
    let last = vec![directions, x[1], hidden];
    Ok(vec![
        vec![x[0], directions, x[1], hidden],
        last.clone(),
        last,
    ])
}
