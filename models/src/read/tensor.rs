//! Tensors from their many encodings: raw bytes, six typed fields, or another file.

use bytemuck::NoUninit;
use bytes::Bytes;

use super::error::ModelError;
use crate::data_type::DataType;
use crate::external::External;
use crate::proto::TensorProto;
use crate::tensor::{Tensor, TensorError, byte_len};

const EXTERNAL: i32 = 1;

/// The element type of `tensor`.
///
/// # Errors
/// Where it is undefined or unknown.
pub(super) fn data_type(tensor: &TensorProto, value: &str) -> Result<DataType, ModelError> {
    let number = tensor.data_type.unwrap_or(0);
    DataType::from_onnx(number)
        .ok_or_else(|| wrong(value, format!("element type {number} is unknown")))
}

/// Converts a tensor; `value` names it in errors.
///
/// # Errors
/// Strings, negative dimensions, data that does not fit the shape, numbers that do not fit the type, missing files.
pub(super) fn tensor(
    tensor: &TensorProto,
    value: &str,
    external: &mut External,
) -> Result<Tensor, ModelError> {
    let dtype = data_type(tensor, value)?;
    let shape = shape(&tensor.dims, value)?;
    if dtype == DataType::String {
        return Err(ModelError::Unsupported {
            what: "a tensor of strings",
            place: format!("'{value}'"),
            remedy: "move text handling out of the model",
        });
    }
    let need = byte_len(dtype, &shape).ok_or_else(|| ModelError::Tensor {
        value: value.to_owned(),
        source: TensorError::TooLarge {
            dtype,
            shape: shape.clone(),
        },
    })?;
    let data = if tensor.data_location == Some(EXTERNAL) {
        external.data(value, &tensor.external_data, need)?
    } else {
        inline(tensor, dtype, value)?
    };
    Tensor::from_bytes(dtype, shape, data).map_err(|source| ModelError::Tensor {
        value: value.to_owned(),
        source,
    })
}

fn shape(dims: &[i64], value: &str) -> Result<Vec<usize>, ModelError> {
    let sizes = dims.iter().map(|size| {
        usize::try_from(*size).map_err(|_| ModelError::NegativeDimension {
            value: value.to_owned(),
            size: *size,
        })
    });
    sizes.collect()
}

fn inline(tensor: &TensorProto, dtype: DataType, value: &str) -> Result<Bytes, ModelError> {
    match &tensor.raw_data {
        Some(raw) if !raw.is_empty() => Ok(raw.clone()),
        _ => typed(tensor, dtype, value),
    }
}

fn typed(tensor: &TensorProto, dtype: DataType, value: &str) -> Result<Bytes, ModelError> {
    Ok(match dtype {
        DataType::F32 | DataType::Complex64 => owned(&tensor.float_data),
        DataType::F64 | DataType::Complex128 => owned(&tensor.double_data),
        DataType::I64 => owned(&tensor.int64_data),
        DataType::I32 => owned(&tensor.int32_data),
        DataType::U64 => owned(&tensor.uint64_data),
        DataType::U32 => narrow::<u32, u64>(&tensor.uint64_data, dtype, value)?,
        DataType::I16 => narrow::<i16, i32>(&tensor.int32_data, dtype, value)?,
        DataType::I8 => narrow::<i8, i32>(&tensor.int32_data, dtype, value)?,
        DataType::U16 | DataType::F16 | DataType::Bf16 => {
            narrow::<u16, i32>(&tensor.int32_data, dtype, value)?
        }
        _ => narrow::<u8, i32>(&tensor.int32_data, dtype, value)?,
    })
}

fn owned<T: NoUninit>(values: &[T]) -> Bytes {
    Bytes::copy_from_slice(bytemuck::cast_slice(values))
}

fn narrow<T: TryFrom<F> + NoUninit, F: Copy + std::fmt::Display>(
    values: &[F],
    dtype: DataType,
    value: &str,
) -> Result<Bytes, ModelError> {
    let narrowed = values.iter().map(|number| {
        T::try_from(*number)
            .map_err(|_| wrong(value, format!("{number} is beyond the range of {dtype}")))
    });
    Ok(owned(&narrowed.collect::<Result<Vec<T>, _>>()?))
}

fn wrong(value: &str, problem: String) -> ModelError {
    ModelError::TensorData {
        value: value.to_owned(),
        problem,
    }
}
