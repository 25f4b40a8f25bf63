//! Time by operator, read around each one that tract executes.

use tare_adapter_api::{OperatorTime, RequestProfile};
use tare_clock::Clock;
use tract_onnx::prelude::{TValue, TVec, TractError, TractResult, TypedSimpleState};
use tract_onnx::tract_core::ops::source::TypedSource;
use tract_onnx::tract_core::plan;

/// Runs one request; the operators come in the order of execution, the model's inputs are none.
pub(crate) fn run(
    state: &mut TypedSimpleState,
    inputs: TVec<TValue>,
    clock: &dyn Clock,
) -> TractResult<(TVec<TValue>, RequestProfile)> {
    let mut profile = RequestProfile::new();
    let outputs = state.run_plan_with_eval(inputs, |context, state, node, inputs| {
        let start = clock.now();
        let outputs = plan::eval(context, state, node, inputs)?;
        let end = clock.now();
        if !node.op_is::<TypedSource>() {
            profile.push(OperatorTime {
                name: Some(node.name.clone()),
                kind: node.op().name().into_owned(),
                count: 1,
                time_ns: (end - start).as_nanos(),
            });
        }
        Ok::<_, TractError>(outputs)
    })?;
    Ok((outputs, profile))
}
