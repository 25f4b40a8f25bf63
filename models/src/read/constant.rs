//! `Constant` operators, which are values rather than work.

use super::error::ModelError;
use crate::graph::{Attribute, Node, ValueId};
use crate::tensor::{Tensor, TensorError};

/// What a `Constant` operator defines; `None` for any other operator.
///
/// # Errors
/// Strings and sparse tensors, and a `Constant` without exactly one value and one output.
pub(super) fn value(node: &Node) -> Result<Option<(ValueId, Tensor)>, ModelError> {
    if node.op_type != "Constant" || !node.domain.is_empty() {
        return Ok(None);
    }
    let (Some(output), 1, 1) = (node.output(0), node.outputs.len(), node.attributes.len()) else {
        return Err(ModelError::Malformed(format!(
            "the Constant '{}' must have one value and one output",
            node.name
        )));
    };
    let attribute = node.attributes.values().next();
    let tensor = match attribute {
        Some(Attribute::Tensor(tensor)) => Ok(tensor.clone()),
        Some(Attribute::Float(value)) => Tensor::from_values(vec![], vec![*value]),
        Some(Attribute::Int(value)) => Tensor::from_values(vec![], vec![*value]),
        Some(Attribute::Floats(values)) => Tensor::from_values(vec![values.len()], values.clone()),
        Some(Attribute::Ints(values)) => Tensor::from_values(vec![values.len()], values.clone()),
        _ => return Err(unsupported(node)),
    };
    let tensor = tensor.map_err(|source: TensorError| ModelError::Tensor {
        value: node.name.clone(),
        source,
    })?;
    Ok(Some((output, tensor)))
}

fn unsupported(node: &Node) -> ModelError {
    ModelError::Unsupported {
        what: "a constant of strings or a sparse tensor",
        place: format!("'{}'", node.name),
        remedy: "move text handling out of the model, store numbers densely",
    }
}
