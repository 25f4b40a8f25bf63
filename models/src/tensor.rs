//! A dense tensor on the host: element type, shape and its bytes, shared by reference count.

use std::borrow::Cow;

use bytemuck::{AnyBitPattern, NoUninit};
use bytes::Bytes;

use crate::data_type::DataType;

/// Why bytes do not make a tensor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TensorError {
    /// The number of bytes differs from what the shape and the type need.
    #[error("a tensor of {dtype} with shape {shape:?} needs {need} bytes but has {have}")]
    Length {
        /// Element type.
        dtype: DataType,
        /// Shape.
        shape: Vec<usize>,
        /// Bytes needed.
        need: u64,
        /// Bytes given.
        have: u64,
    },
    /// The shape holds more bytes than can be addressed.
    #[error("a tensor of {dtype} with shape {shape:?} is larger than the address space")]
    TooLarge {
        /// Element type.
        dtype: DataType,
        /// Shape.
        shape: Vec<usize>,
    },
}

/// A Rust type that is the element type of a tensor.
pub trait Element: NoUninit + AnyBitPattern + Send + Sync {
    /// The ONNX type of the same layout.
    const DATA_TYPE: DataType;
}

macro_rules! elements {
    ($($rust:ty => $dtype:ident),* $(,)?) => {
        $(impl Element for $rust { const DATA_TYPE: DataType = DataType::$dtype; })*
    };
}

elements!(f32 => F32, f64 => F64, half::f16 => F16, half::bf16 => Bf16, i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64);

/// A dense, row-major, little-endian tensor; cloning shares the data. Strings are not represented.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    dtype: DataType,
    shape: Vec<usize>,
    data: Bytes,
}

struct Owned<T>(Vec<T>);

impl<T: NoUninit> AsRef<[u8]> for Owned<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl Tensor {
    /// From raw little-endian bytes (booleans one byte each, four-bit types two an octet, low half first).
    ///
    /// # Errors
    /// Where the bytes are not exactly what shape and type need.
    pub fn from_bytes(
        dtype: DataType,
        shape: Vec<usize>,
        data: Bytes,
    ) -> Result<Self, TensorError> {
        let need = byte_len(dtype, &shape).ok_or_else(|| TensorError::TooLarge {
            dtype,
            shape: shape.clone(),
        })?;
        if need != data.len() as u64 {
            return Err(TensorError::Length {
                dtype,
                have: data.len() as u64,
                shape,
                need,
            });
        }
        Ok(Self { dtype, shape, data })
    }

    /// From typed values in row-major order; keeps their alignment.
    ///
    /// # Errors
    /// Where the number of values is not the product of the shape.
    pub fn from_values<T: Element + 'static>(
        shape: Vec<usize>,
        values: Vec<T>,
    ) -> Result<Self, TensorError> {
        Self::from_bytes(T::DATA_TYPE, shape, Bytes::from_owner(Owned(values)))
    }

    /// A tensor of booleans, one byte each.
    ///
    /// # Errors
    /// Where the number of values is not the product of the shape.
    pub fn from_bools(shape: Vec<usize>, values: &[bool]) -> Result<Self, TensorError> {
        let bytes: Vec<u8> = values.iter().map(|value| u8::from(*value)).collect();
        Self::from_bytes(DataType::Bool, shape, bytes.into())
    }

    /// The element type.
    pub fn dtype(&self) -> DataType {
        self.dtype
    }

    /// The size of each axis; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, row-major and little-endian.
    pub fn bytes(&self) -> &Bytes {
        &self.data
    }

    /// The first `rows` of the first axis, over the same bytes; `None` where it has fewer, or where there is no axis.
    pub fn first_rows(&self, rows: usize) -> Option<Self> {
        let (first, rest) = self.shape.split_first()?;
        if rows > *first {
            return None;
        }
        let shape: Vec<usize> = std::iter::once(rows).chain(rest.iter().copied()).collect();
        let length =
            byte_len(self.dtype, &shape).and_then(|length| usize::try_from(length).ok())?;
        Some(Self {
            dtype: self.dtype,
            shape,
            data: self.data.slice(..length),
        })
    }

    /// The values where `T` is the element type (bool reads as `u8`); borrowed where the alignment allows, else copied.
    pub fn values<T: Element>(&self) -> Option<Cow<'_, [T]>> {
        let bool_as_byte = self.dtype == DataType::Bool && T::DATA_TYPE == DataType::U8;
        if T::DATA_TYPE != self.dtype && !bool_as_byte {
            return None;
        }
        Some(match bytemuck::try_cast_slice(&self.data) {
            Ok(slice) => Cow::Borrowed(slice),
            Err(_) => Cow::Owned(bytemuck::allocation::pod_collect_to_vec(&self.data)),
        })
    }
}

/// Bytes that a tensor of this type and shape takes; `None` where that overflows or the type has no fixed size.
pub fn byte_len(dtype: DataType, shape: &[usize]) -> Option<u64> {
    let elements = shape
        .iter()
        .try_fold(1u64, |product, size| product.checked_mul(*size as u64))?;
    dtype.byte_len(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_went_in() {
        let tensor = Tensor::from_values(vec![2, 2], vec![1i64, -2, 3, 4]).expect("fits");
        assert_eq!(tensor.values::<i64>().expect("i64").as_ref(), [1, -2, 3, 4]);
        assert!(tensor.values::<f32>().is_none());
    }

    #[test]
    fn the_first_rows_are_the_same_bytes() {
        let tensor = Tensor::from_values(vec![3, 2], vec![1i64, 2, 3, 4, 5, 6]).expect("fits");
        let rows = tensor.first_rows(2).expect("there are three");
        assert_eq!(rows.shape(), [2, 2]);
        assert_eq!(rows.values::<i64>().expect("i64").as_ref(), [1, 2, 3, 4]);
        assert_eq!(rows.bytes().as_ptr(), tensor.bytes().as_ptr());
        assert_eq!(tensor.first_rows(3), Some(tensor.clone()));
        assert_eq!(tensor.first_rows(4), None);
        let scalar = Tensor::from_values(Vec::new(), vec![1i64]).expect("fits");
        assert_eq!(scalar.first_rows(1), None);
    }

    #[test]
    fn misaligned_bytes_are_copied() {
        let backing = Bytes::from_owner(Owned(vec![0u64; 3]));
        let tensor = Tensor::from_bytes(DataType::F32, vec![2], backing.slice(1..9)).expect("fits");
        assert!(matches!(tensor.values::<f32>(), Some(Cow::Owned(_))));
    }

    #[test]
    fn a_shape_that_does_not_fit_is_refused() {
        let wrong = Tensor::from_values(vec![3], vec![1.0f32]);
        assert_eq!(
            wrong.expect_err("too short").to_string(),
            "a tensor of f32 with shape [3] needs 12 bytes but has 4"
        );
        let huge = Tensor::from_bytes(DataType::F64, vec![usize::MAX, 8], Bytes::new());
        assert!(matches!(huge, Err(TensorError::TooLarge { .. })));
    }
}
