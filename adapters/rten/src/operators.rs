//! The ONNX operators that rten has, asked of rten itself with models of one operator and no weights.
//!
//! rten has no list that can be read, but refuses a model by the name of an operator that it lacks.

use std::path::Path;

use prost::Message;
use rten::{LoadErrorKind, ModelOptions};
use tare_adapter_api::{AdapterError, LackedOperator};
use tare_models::proto::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto};

use crate::NAME;

/// How rten says that it is the operator, or this version of it, that it lacks; any other refusal of an operator without
/// inputs, outputs and attributes means that it is known.
const LACKS: [&str; 3] = [
    "operator not supported or not enabled",
    "operator not enabled because rten was compiled without",
    "and later are supported",
];

/// Refuses a file with operators that rten has not; one that cannot be read is left to loading.
///
/// # Errors
/// `Lacks`.
pub(crate) fn refuse_lacked(model: &Path) -> Result<(), AdapterError> {
    tare_adapter_api::refuse_lacked(NAME, model, has)
}

fn has(operator: &LackedOperator) -> bool {
    let mut options = ModelOptions::with_all_ops();
    options.enable_optimization(false);
    match options.load(alone(operator).encode_to_vec()) {
        Err(error) if error.kind() == LoadErrorKind::OperatorInvalid => {
            let text = error.to_string();
            !LACKS.iter().any(|phrase| text.contains(phrase))
        }
        _ => true,
    }
}

/// A model of this operator alone.
fn alone(operator: &LackedOperator) -> ModelProto {
    ModelProto {
        ir_version: Some(8),
        opset_import: vec![OperatorSetIdProto {
            domain: Some(operator.domain.clone()),
            version: operator.opset,
        }],
        graph: Some(GraphProto {
            node: vec![NodeProto {
                op_type: Some(operator.op_type.clone()),
                domain: Some(operator.domain.clone()),
                ..NodeProto::default()
            }],
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knows(domain: &str, op_type: &str, opset: i64) -> bool {
        has(&LackedOperator {
            op_type: op_type.to_owned(),
            domain: domain.to_owned(),
            opset: Some(opset),
        })
    }

    #[test]
    fn operators_are_known_by_domain_name_and_version() {
        for op_type in ["MatMul", "If", "Loop", "Conv", "Constant", "LSTM", "Cast"] {
            assert!(knows("", op_type, 17), "{op_type}");
        }
        assert!(!knows("", "NoSuchOperator", 17));
        assert!(!knows("com.example", "MatMul", 1));
        assert!(!knows("", "Resize", 10) && knows("", "Resize", 11));
    }
}
