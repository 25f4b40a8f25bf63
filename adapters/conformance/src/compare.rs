//! Whether an output is what was expected, and where it differs most.

use half::{bf16, f16};
use tare_adapter_api::{DataType, Tensor};

/// How far a value may be from the one expected: |a − b| ≤ atol + rtol·|b|.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Relative to the expected value.
    pub rtol: f64,
    /// Absolute.
    pub atol: f64,
}

/// Why two tensors are not the same.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Difference {
    /// Element types differ.
    #[error("{actual} instead of {expected}")]
    Type {
        /// What came out.
        actual: DataType,
        /// What should have.
        expected: DataType,
    },
    /// Shapes differ.
    #[error("shape {actual:?} instead of {expected:?}")]
    Shape {
        /// What came out.
        actual: Vec<usize>,
        /// What should have.
        expected: Vec<usize>,
    },
    /// Values differ.
    #[error(
        "{count} of {total} values differ, the first at {index}: {actual} instead of {expected}"
    )]
    Values {
        /// How many are beyond the tolerance.
        count: usize,
        /// Of so many.
        total: usize,
        /// The first of them, in row-major order.
        index: usize,
        /// What came out.
        actual: f64,
        /// What should have.
        expected: f64,
    },
    /// Values of a type that has no tolerance differ.
    #[error("{0} values differ")]
    Bytes(DataType),
}

impl Tolerance {
    /// Of values of this type; see the table at the head of the crate.
    pub fn of(dtype: DataType) -> Self {
        let (rtol, atol) = match dtype {
            DataType::F32 | DataType::F64 => (1e-3, 1e-7),
            DataType::F16 => (1e-2, 1e-3),
            DataType::Bf16 => (5e-2, 1e-2),
            _ => (0.0, 0.0),
        };
        Self { rtol, atol }
    }

    fn accepts(self, actual: f64, expected: f64) -> bool {
        if actual.is_finite() && expected.is_finite() {
            return (actual - expected).abs() <= self.atol + self.rtol * expected.abs();
        }
        actual == expected || (actual.is_nan() && expected.is_nan())
    }
}

/// Compares an output with the one expected, within the tolerance of its type.
///
/// # Errors
/// The first difference in type, shape or values.
pub fn compare(actual: &Tensor, expected: &Tensor) -> Result<(), Difference> {
    if actual.dtype() != expected.dtype() {
        return Err(Difference::Type {
            actual: actual.dtype(),
            expected: expected.dtype(),
        });
    }
    if actual.shape() != expected.shape() {
        return Err(Difference::Shape {
            actual: actual.shape().to_vec(),
            expected: expected.shape().to_vec(),
        });
    }
    let tolerance = Tolerance::of(expected.dtype());
    match (numbers(actual), numbers(expected)) {
        (Some(actual), Some(expected)) => within(&actual, &expected, tolerance),
        _ if actual.bytes() == expected.bytes() => Ok(()),
        _ => Err(Difference::Bytes(actual.dtype())),
    }
}

/// Whether every value of a floating-point tensor is finite; true for other types.
pub(crate) fn is_finite(tensor: &Tensor) -> bool {
    !tensor.dtype().is_float()
        || numbers(tensor).is_none_or(|values| values.iter().all(|value| value.is_finite()))
}

fn within(actual: &[f64], expected: &[f64], tolerance: Tolerance) -> Result<(), Difference> {
    let differ = |index: &usize| !tolerance.accepts(actual[*index], expected[*index]);
    let differing: Vec<usize> = (0..expected.len()).filter(differ).collect();
    match differing.first() {
        None => Ok(()),
        Some(index) => Err(Difference::Values {
            count: differing.len(),
            total: expected.len(),
            index: *index,
            actual: actual[*index],
            expected: expected[*index],
        }),
    }
}

/// The values as 64-bit floats, exact for every type below 64-bit integers; `None` for types compared by their bytes.
fn numbers(tensor: &Tensor) -> Option<Vec<f64>> {
    macro_rules! widen {
        ($type:ty) => {
            tensor
                .values::<$type>()?
                .iter()
                .map(|value| f64::from(*value))
                .collect()
        };
    }
    Some(match tensor.dtype() {
        DataType::F32 => widen!(f32),
        DataType::F64 => widen!(f64),
        DataType::I8 => widen!(i8),
        DataType::I16 => widen!(i16),
        DataType::I32 => widen!(i32),
        DataType::U8 | DataType::Bool => widen!(u8),
        DataType::U16 => widen!(u16),
        DataType::U32 => widen!(u32),
        DataType::F16 => pairs(tensor)
            .map(|bits| f16::from_bits(bits).to_f64())
            .collect(),
        DataType::Bf16 => pairs(tensor)
            .map(|bits| bf16::from_bits(bits).to_f64())
            .collect(),
        _ => return None,
    })
}

fn pairs(tensor: &Tensor) -> impl Iterator<Item = u16> + '_ {
    tensor
        .bytes()
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(values: &[f32]) -> Tensor {
        Tensor::from_values(vec![values.len()], values.to_vec()).expect("fits")
    }

    #[test]
    fn floats_may_differ_within_the_tolerance() {
        assert_eq!(
            compare(&floats(&[1000.9, 1e-8]), &floats(&[1000.0, 0.0])),
            Ok(())
        );
        let difference = compare(&floats(&[1.0, 1002.0, 2e-7]), &floats(&[1.0, 1000.0, 0.0]));
        assert_eq!(
            difference.expect_err("beyond").to_string(),
            "2 of 3 values differ, the first at 1: 1002 instead of 1000"
        );
    }

    #[test]
    fn nan_equals_nan_and_infinity_itself() {
        let odd = floats(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
        assert_eq!(compare(&odd, &odd), Ok(()));
        assert!(compare(&floats(&[f32::NAN]), &floats(&[1.0])).is_err());
        assert!(compare(&floats(&[f32::INFINITY]), &floats(&[f32::NEG_INFINITY])).is_err());
        assert!(compare(&floats(&[1.0]), &floats(&[f32::INFINITY])).is_err());
    }

    #[test]
    fn integers_must_be_equal() {
        let of = |value: i64| Tensor::from_values(vec![1], vec![value]).expect("fits");
        assert_eq!(compare(&of(i64::MAX), &of(i64::MAX)), Ok(()));
        assert_eq!(
            compare(&of(i64::MAX - 1), &of(i64::MAX)),
            Err(Difference::Bytes(DataType::I64))
        );
        let byte = |value: u8| Tensor::from_values(vec![1], vec![value]).expect("fits");
        assert!(compare(&byte(200), &byte(201)).is_err());
    }

    #[test]
    fn half_precision_is_compared_as_numbers() {
        let half = |value: f32| {
            let bits = f16::from_f32(value).to_bits().to_le_bytes();
            Tensor::from_bytes(DataType::F16, vec![1], bits.to_vec().into()).expect("fits")
        };
        assert_eq!(compare(&half(1.0), &half(1.005)), Ok(()));
        assert!(compare(&half(1.0), &half(1.1)).is_err());
    }

    #[test]
    fn type_and_shape_come_first() {
        let integer = Tensor::from_values(vec![1], vec![1i32]).expect("fits");
        let message =
            |difference: Result<(), Difference>| difference.expect_err("differs").to_string();
        assert_eq!(
            message(compare(&integer, &floats(&[1.0]))),
            "i32 instead of f32"
        );
        assert_eq!(
            message(compare(&floats(&[1.0, 1.0]), &floats(&[1.0]))),
            "shape [2] instead of [1]"
        );
    }

    #[test]
    fn only_floating_point_can_be_infinite() {
        assert!(is_finite(&floats(&[1.0])));
        assert!(!is_finite(&floats(&[1.0, f32::NAN])));
        assert!(is_finite(
            &Tensor::from_values(vec![1], vec![i32::MIN]).expect("fits")
        ));
    }
}
