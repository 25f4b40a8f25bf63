//! Recurrent operators that start anew with each request, as ONNX says, where tract would go on from the last one.

use tract_onnx::prelude::TypedModel;
use tract_onnx::tract_core::ops::gru_seq::GruSeq;
use tract_onnx::tract_core::ops::logic::IfThenElse;
use tract_onnx::tract_core::ops::scan::Scan;

/// Makes every recurrent operator of `model`, and of the graphs within its operators, reset itself at each request.
pub(crate) fn reset_every_request(model: &mut TypedModel) {
    for node in &mut model.nodes {
        if let Some(scan) = node.op_as_mut::<Scan>() {
            scan.reset_every_turn = true;
            reset_every_request(&mut scan.body);
        } else if let Some(gru) = node.op_as_mut::<GruSeq>() {
            gru.reset_every_turn = true;
        } else if let Some(choice) = node.op_as_mut::<IfThenElse>() {
            reset_every_request(&mut choice.then_body);
            reset_every_request(&mut choice.else_body);
        }
    }
}
