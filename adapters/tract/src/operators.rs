//! The ONNX operators that tract has, asked of its own register.
//!
//! The register knows names only and would take an operator of any domain for ONNX's own of that name; the lists here say
//! which of its names belong elsewhere.

use std::path::Path;
use std::sync::LazyLock;

use tare_adapter_api::{AdapterError, LackedOperator};
use tract_onnx::model::OnnxOpRegister;

use crate::NAME;

const CLASSICAL: [&str; 6] = [
    "ArrayFeatureExtractor",
    "CategoryMapper",
    "LinearClassifier",
    "LinearRegressor",
    "Normalizer",
    "TreeEnsembleClassifier",
];

const CONTRIBUTED: [&str; 12] = [
    "BiasGelu",
    "FastGelu",
    "GatherBlockQuantized",
    "Gelu",
    "GroupQueryAttention",
    "MatMulNBits",
    "MultiHeadAttention",
    "QuickGelu",
    "RotaryEmbedding",
    "SimplifiedLayerNormalization",
    "SkipLayerNormalization",
    "SkipSimplifiedLayerNormalization",
];

static REGISTER: LazyLock<OnnxOpRegister> = LazyLock::new(|| tract_onnx::onnx().op_register);

/// Refuses a file with operators that tract has not; one that cannot be read is left to loading.
///
/// # Errors
/// `Lacks`.
pub(crate) fn refuse_lacked(model: &Path) -> Result<(), AdapterError> {
    tare_adapter_api::refuse_lacked(NAME, model, has)
}

fn has(operator: &LackedOperator) -> bool {
    let name = operator.op_type.as_str();
    let belongs = match operator.domain.as_str() {
        "" => !CLASSICAL.contains(&name),
        "ai.onnx.ml" => CLASSICAL.contains(&name),
        "com.microsoft" => CONTRIBUTED.contains(&name),
        _ => false,
    };
    belongs && REGISTER.0.contains_key(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knows(domain: &str, op_type: &str) -> bool {
        has(&LackedOperator {
            op_type: op_type.to_owned(),
            domain: domain.to_owned(),
            opset: Some(17),
        })
    }

    #[test]
    fn operators_are_known_in_their_own_domain_only() {
        assert!(knows("", "MatMul"));
        assert!(knows("", "Scan"));
        assert!(!knows("", "Loop"));
        assert!(!knows("com.example", "MatMul"));
        assert!(!knows("com.microsoft", "Attention"));
        assert!(knows("ai.onnx.ml", "LinearClassifier"));
        assert!(!knows("", "LinearClassifier"));
    }

    #[test]
    fn every_name_of_another_domain_is_in_the_register() {
        for name in CLASSICAL.iter().chain(&CONTRIBUTED) {
            assert!(REGISTER.0.contains_key(*name), "{name}");
        }
    }
}
