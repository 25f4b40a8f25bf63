//! What can go wrong between the harness and a framework.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an adapter refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// An option of the adapter is unknown or has a wrong value.
    #[error("adapter '{adapter}' refuses option '{option}': {reason}")]
    Option {
        /// The adapter.
        adapter: &'static str,
        /// `key=value` as written.
        option: String,
        /// What would be accepted.
        reason: String,
    },
    /// The framework cannot do what the model or the cell needs.
    #[error("{0}")]
    Unsupported(String),
    /// The framework lacks operators of the model.
    #[error("{adapter} lacks {}", listed(operators))]
    Lacks {
        /// The adapter.
        adapter: &'static str,
        /// Each of them once.
        operators: Vec<LackedOperator>,
    },
    /// The model could not be loaded.
    #[error("cannot load the model: {0}")]
    Load(String),
    /// A request failed.
    #[error("the request failed: {0}")]
    Run(String),
    /// The adapter does not have this ability.
    #[error("this adapter does not offer {0}")]
    NotOffered(&'static str),
}

/// An operator of a model that a framework cannot execute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LackedOperator {
    /// Such as `MatMul`.
    pub op_type: String,
    /// The operator set; empty for ONNX's own.
    pub domain: String,
    /// The version of the operator set that the model asks for; `None` where the file does not say.
    pub opset: Option<i64>,
}

impl fmt::Display for LackedOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domain = match self.domain.as_str() {
            "" => "ai.onnx",
            domain => domain,
        };
        write!(f, "operator {} (domain {domain}, ", self.op_type)?;
        match self.opset {
            Some(opset) => write!(f, "opset {opset})"),
            None => f.write_str("opset unknown)"),
        }
    }
}

fn listed(operators: &[LackedOperator]) -> String {
    let operators: Vec<String> = operators.iter().map(ToString::to_string).collect();
    operators.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lacked_operator_is_told_with_its_domain_and_opset() {
        let lacked = |domain: &str, opset| LackedOperator {
            op_type: "FFT".to_owned(),
            domain: domain.to_owned(),
            opset,
        };
        let error = AdapterError::Lacks {
            adapter: "rten",
            operators: vec![lacked("", Some(17)), lacked("com.example", None)],
        };
        assert_eq!(
            error.to_string(),
            "rten lacks operator FFT (domain ai.onnx, opset 17), operator FFT (domain com.example, opset unknown)"
        );
    }
}
