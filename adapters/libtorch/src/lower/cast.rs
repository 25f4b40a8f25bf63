//! Changes of element type, and the choice between two tensors.

use tare_adapter_api::DataType;
use tch::Tensor;

use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Cast", cast),
    ("CastLike", cast_like),
    ("Where", |_| {
        Ok(Kernel::new(1, |inputs: Inputs<'_>| {
            inputs.at(1)?.f_where_self(inputs.at(0)?, inputs.at(2)?)
        }))
    }),
];

fn cast(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let number = node.int("to", 0);
    let to = i32::try_from(number).ok().and_then(DataType::from_onnx);
    to_type(
        node,
        to.ok_or_else(|| Refusal::new(format!("to the unknown type {number}")))?,
    )
}

fn to_type(node: &Node<'_>, to: DataType) -> Result<Kernel, Refusal> {
    let kind = node.kind(to)?;
    let from = node.dtype(0).map(|from| node.kind(from)).transpose()?;
    if from == Some(kind) {
        return Ok(Kernel::same());
    }
    Ok(Kernel::unary(move |x| x.f_to_kind(kind)))
}

fn cast_like(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if let Some(to) = node.dtype(1) {
        return to_type(node, to);
    }
    Ok(Kernel::binary(|x: &Tensor, like: &Tensor| {
        x.f_to_kind(like.f_kind()?)
    }))
}
