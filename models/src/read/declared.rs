//! What the file declares of graph inputs and outputs: tensors with fixed, named or unknown dimensions.

use super::error::ModelError;
use crate::data_type::DataType;
use crate::graph::{Declared, Dim, ValueId};
use crate::proto::{Dimension, TypeProto, ValueInfoProto, dimension, type_proto};

const FEED_TENSORS: &str = "export the model with tensors as its inputs and outputs";

/// Converts a declaration; `place` names the graph in errors, `known` is the element type where none is declared.
///
/// # Errors
/// Sequences, maps, optionals and sparse tensors; missing or unknown element types; dimensions below −1.
pub(super) fn declared(
    info: &ValueInfoProto,
    value: ValueId,
    place: &str,
    known: Option<DataType>,
) -> Result<Declared, ModelError> {
    let name = info.name.clone().unwrap_or_default();
    let tensor = tensor_type(info.r#type.as_ref(), &name, place)?;
    let dims = match tensor.and_then(|tensor| tensor.shape.as_ref()) {
        Some(shape) => {
            let dims = shape.dim.iter().map(|dim| self::dim(dim, &name));
            Some(dims.collect::<Result<Vec<_>, _>>()?)
        }
        None => None,
    };
    Ok(Declared {
        value,
        dtype: data_type(info)
            .or(known)
            .ok_or_else(|| untyped(&name, place))?,
        name,
        dims,
    })
}

/// The element type that is declared, where one is.
pub(super) fn data_type(info: &ValueInfoProto) -> Option<DataType> {
    match info.r#type.as_ref()?.value.as_ref()? {
        type_proto::Value::TensorType(tensor) => DataType::from_onnx(tensor.elem_type?),
        _ => None,
    }
}

fn tensor_type<'p>(
    r#type: Option<&'p TypeProto>,
    name: &str,
    place: &str,
) -> Result<Option<&'p type_proto::Tensor>, ModelError> {
    let what = match r#type.and_then(|r#type| r#type.value.as_ref()) {
        Some(type_proto::Value::TensorType(tensor)) => return Ok(Some(tensor)),
        Some(type_proto::Value::SequenceType(_)) => "a sequence as an input or output",
        Some(type_proto::Value::MapType(_)) => "a map as an input or output",
        Some(type_proto::Value::OptionalType(_)) => "an optional as an input or output",
        Some(type_proto::Value::SparseTensorType(_)) => "a sparse tensor as an input or output",
        None => return Ok(None),
    };
    Err(ModelError::Unsupported {
        what,
        place: format!("'{name}' of {place}"),
        remedy: FEED_TENSORS,
    })
}

fn untyped(name: &str, place: &str) -> ModelError {
    ModelError::Unsupported {
        what: "an input or output without an element type",
        place: format!("'{name}' of {place}"),
        remedy: "run onnx.shape_inference on the model first",
    }
}

fn dim(dim: &Dimension, name: &str) -> Result<Dim, ModelError> {
    Ok(match &dim.value {
        None | Some(dimension::Value::DimValue(-1)) => Dim::Unknown,
        Some(dimension::Value::DimParam(symbol)) if symbol.is_empty() => Dim::Unknown,
        Some(dimension::Value::DimParam(symbol)) => Dim::Symbol(symbol.clone()),
        Some(dimension::Value::DimValue(size)) => Dim::Fixed(usize::try_from(*size).map_err(
            |_| ModelError::NegativeDimension {
                value: name.to_owned(),
                size: *size,
            },
        )?),
    })
}
