//! Elements as numbers that hold any element type exactly, and back.

use half::{bf16, f16};

use crate::data_type::DataType;
use crate::tensor::{Element, Tensor};

/// Elements of a tensor: integers and booleans, or floating point.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Numbers {
    Integers(Vec<i128>),
    Floats(Vec<f64>),
}

impl Numbers {
    /// The elements; `None` for types narrower than a byte, eight-bit floats and complex numbers.
    pub fn of(tensor: &Tensor) -> Option<Self> {
        Some(match tensor.dtype() {
            DataType::F32 => Self::Floats(map::<f32, _>(tensor, f64::from)?),
            DataType::F64 => Self::Floats(map::<f64, _>(tensor, |value| value)?),
            DataType::F16 => Self::Floats(halves(tensor, |bits| f16::from_bits(bits).to_f64())),
            DataType::Bf16 => Self::Floats(halves(tensor, |bits| bf16::from_bits(bits).to_f64())),
            _ => Self::Integers(whole(tensor)?),
        })
    }

    /// A tensor of these elements; integers wrap around, floats round to nearest.
    pub fn into_tensor(self, dtype: DataType, shape: &[usize]) -> Option<Tensor> {
        let shape = shape.to_vec();
        match self {
            Self::Integers(values) => from_whole(dtype, shape, values),
            Self::Floats(values) => from_floats(dtype, shape, values),
        }
    }
}

fn map<T: Element, U>(tensor: &Tensor, convert: impl Fn(T) -> U) -> Option<Vec<U>> {
    let values = tensor.values::<T>()?;
    Some(values.iter().map(|value| convert(*value)).collect())
}

fn halves(tensor: &Tensor, convert: impl Fn(u16) -> f64) -> Vec<f64> {
    let pairs = tensor.bytes().chunks_exact(2);
    pairs
        .map(|pair| convert(u16::from_le_bytes([pair[0], pair[1]])))
        .collect()
}

fn whole(tensor: &Tensor) -> Option<Vec<i128>> {
    match tensor.dtype() {
        DataType::Bool => map::<u8, _>(tensor, |value| i128::from(value != 0)),
        DataType::U8 => map::<u8, _>(tensor, i128::from),
        DataType::I8 => map::<i8, _>(tensor, i128::from),
        DataType::U16 => map::<u16, _>(tensor, i128::from),
        DataType::I16 => map::<i16, _>(tensor, i128::from),
        DataType::U32 => map::<u32, _>(tensor, i128::from),
        DataType::I32 => map::<i32, _>(tensor, i128::from),
        DataType::U64 => map::<u64, _>(tensor, i128::from),
        DataType::I64 => map::<i64, _>(tensor, i128::from),
        _ => None,
    }
}

fn from_whole(dtype: DataType, shape: Vec<usize>, values: Vec<i128>) -> Option<Tensor> {
    macro_rules! wrapped {
        ($rust:ty) => {
            Tensor::from_values(shape, values.into_iter().map(|v| v as $rust).collect()).ok()
        };
    }
    match dtype {
        DataType::Bool => {
            let values: Vec<bool> = values.into_iter().map(|value| value != 0).collect();
            Tensor::from_bools(shape, &values).ok()
        }
        DataType::U8 => wrapped!(u8),
        DataType::I8 => wrapped!(i8),
        DataType::U16 => wrapped!(u16),
        DataType::I16 => wrapped!(i16),
        DataType::U32 => wrapped!(u32),
        DataType::I32 => wrapped!(i32),
        DataType::U64 => wrapped!(u64),
        DataType::I64 => wrapped!(i64),
        _ => None,
    }
}

fn from_floats(dtype: DataType, shape: Vec<usize>, values: Vec<f64>) -> Option<Tensor> {
    let raw = |convert: fn(f64) -> u16| {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|v| convert(*v).to_le_bytes())
            .collect();
        Tensor::from_bytes(dtype, shape.clone(), bytes.into()).ok()
    };
    match dtype {
        DataType::F32 => Tensor::from_values(
            shape,
            values.into_iter().map(|value| value as f32).collect(),
        )
        .ok(),
        DataType::F64 => Tensor::from_values(shape, values).ok(),
        DataType::F16 => raw(|value| f16::from_f64(value).to_bits()),
        DataType::Bf16 => raw(|value| bf16::from_f64(value).to_bits()),
        _ => None,
    }
}

/// The elements of an integer tensor; `None` where it holds anything else or a number beyond 64 bits.
pub(crate) fn integers(tensor: &Tensor) -> Option<Vec<i64>> {
    let values = whole(tensor)?;
    values
        .into_iter()
        .map(|value| i64::try_from(value).ok())
        .collect()
}

/// The elements of a floating-point tensor.
pub(crate) fn floats(tensor: &Tensor) -> Option<Vec<f64>> {
    match Numbers::of(tensor)? {
        Numbers::Floats(values) => Some(values),
        Numbers::Integers(_) => None,
    }
}

/// How many elements are not zero.
pub(crate) fn count_nonzero(tensor: &Tensor) -> Option<usize> {
    Some(match Numbers::of(tensor)? {
        Numbers::Integers(values) => values.iter().filter(|value| **value != 0).count(),
        Numbers::Floats(values) => values.iter().filter(|value| **value != 0.0).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_and_wrap_to_their_type() {
        let half = Numbers::Floats(vec![0.1, 65520.0]).into_tensor(DataType::F16, &[2]);
        let back = Numbers::of(&half.expect("f16"));
        assert_eq!(
            back,
            Some(Numbers::Floats(vec![
                f16::from_f64(0.1).to_f64(),
                f64::INFINITY
            ]))
        );
        let byte = Numbers::Integers(vec![257, -1])
            .into_tensor(DataType::U8, &[2])
            .expect("u8");
        assert_eq!(integers(&byte), Some(vec![1, 255]));
    }

    #[test]
    fn only_integers_are_sizes() {
        let large = Tensor::from_values(vec![1], vec![u64::MAX]).expect("fits");
        assert_eq!(integers(&large), None);
        let float = Tensor::from_values(vec![1], vec![1.0f32]).expect("fits");
        assert_eq!(integers(&float), None);
        assert_eq!(floats(&float), Some(vec![1.0]));
        assert_eq!(count_nonzero(&float), Some(1));
    }
}
