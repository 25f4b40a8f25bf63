//! Names as the graph writes them: ONNX's own domain is empty, and what has no name gets one.

use crate::proto::NodeProto;

/// The domain, empty for ONNX's own under either of its names.
pub(super) fn domain(domain: Option<&str>) -> &str {
    domain.filter(|domain| *domain != "ai.onnx").unwrap_or("")
}

/// The operator's name in the file, or one made from its type and position.
pub(super) fn node(node: &NodeProto, position: usize) -> String {
    match node.name.as_deref() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => format!("{}_{position}", op_type(node)),
    }
}

/// The operator's type, empty where the file has none.
pub(super) fn op_type(node: &NodeProto) -> &str {
    node.op_type.as_deref().unwrap_or("")
}
