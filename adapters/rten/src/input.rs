//! Host tensors as rten takes them: borrowed where the type allows it, else converted into buffers that are kept.

use std::borrow::Cow;

use rten::{NodeId, ValueOrView, ValueView};
use tare_adapter_api::{AdapterError, DataType, Tensor};

/// The buffer of one input; it keeps its capacity from request to request.
#[derive(Debug)]
pub(crate) enum Buffer {
    /// rten reads the host tensor itself.
    Borrowed,
    /// 64-bit integers and booleans.
    Integers(Vec<i32>),
    /// Doubles.
    Floats(Vec<f32>),
}

impl Buffer {
    /// The buffer that an input of this type needs; `None` where rten has no type that holds it.
    pub(crate) fn for_type(dtype: DataType) -> Option<Self> {
        match dtype {
            DataType::F32 | DataType::I32 | DataType::I8 | DataType::U8 => Some(Self::Borrowed),
            DataType::I64 | DataType::Bool => Some(Self::Integers(Vec::new())),
            DataType::F64 => Some(Self::Floats(Vec::new())),
            _ => None,
        }
    }

    /// Converts `tensor` into the buffer; fails at the first value that does not fit.
    pub(crate) fn fill(&mut self, name: &str, tensor: &Tensor) -> Result<(), AdapterError> {
        match self {
            Self::Borrowed => {}
            Self::Integers(buffer) => {
                buffer.clear();
                if let Some(flags) = tensor.values::<u8>() {
                    buffer.extend(flags.iter().map(|flag| i32::from(*flag != 0)));
                }
                if let Some(values) = tensor.values::<i64>() {
                    narrow(name, &values, buffer)?;
                }
            }
            Self::Floats(buffer) => {
                buffer.clear();
                if let Some(values) = tensor.values::<f64>() {
                    buffer.extend(values.iter().map(|value| *value as f32));
                }
            }
        }
        Ok(())
    }

    /// What rten reads: the buffer where there is one, else `tensor`'s own bytes.
    pub(crate) fn view<'a>(&'a self, tensor: &'a Tensor) -> Result<ValueOrView<'a>, AdapterError> {
        let shape = tensor.shape();
        match (self, tensor.dtype()) {
            (Self::Integers(buffer), _) => view(shape, buffer),
            (Self::Floats(buffer), _) => view(shape, buffer),
            (Self::Borrowed, DataType::F32) => borrow::<f32>(tensor),
            (Self::Borrowed, DataType::I32) => borrow::<i32>(tensor),
            (Self::Borrowed, DataType::I8) => borrow::<i8>(tensor),
            (Self::Borrowed, _) => borrow::<u8>(tensor),
        }
    }
}

/// An input of the model with its place in rten's graph.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) node: NodeId,
    pub(crate) buffer: Buffer,
}

fn narrow(name: &str, values: &[i64], buffer: &mut Vec<i32>) -> Result<(), AdapterError> {
    buffer.reserve(values.len());
    for value in values {
        buffer.push(i32::try_from(*value).map_err(|_| {
            AdapterError::Run(format!(
                "input '{name}' holds {value}, but rten has 32-bit integers only: keep its values within ±2147483647"
            ))
        })?);
    }
    Ok(())
}

fn view<'a, T>(shape: &[usize], values: &'a [T]) -> Result<ValueOrView<'a>, AdapterError>
where
    ValueView<'a>: From<rten_tensor::TensorView<'a, T>>,
{
    ValueView::from_shape(shape, values)
        .map(ValueOrView::from)
        .map_err(|error| AdapterError::Run(error.to_string()))
}

/// Misaligned bytes cannot be borrowed: they are copied, and the copy is freed with the request.
fn borrow<'a, T>(tensor: &'a Tensor) -> Result<ValueOrView<'a>, AdapterError>
where
    T: tare_adapter_api::Element,
    ValueView<'a>: From<rten_tensor::TensorView<'a, T>>,
    rten::Value: From<rten_tensor::Tensor<T>>,
{
    match tensor.values::<T>() {
        Some(Cow::Borrowed(values)) => view(tensor.shape(), values),
        Some(Cow::Owned(values)) => rten::Value::from_shape(tensor.shape(), values)
            .map(ValueOrView::from)
            .map_err(|error| AdapterError::Run(error.to_string())),
        None => Err(AdapterError::Run(format!(
            "a tensor of {} cannot be given to rten",
            tensor.dtype()
        ))),
    }
}
