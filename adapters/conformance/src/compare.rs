//! Whether an output is what was expected, and where it differs first.

use tare_adapter_api::{DataType, Tensor};
use tare_models::compare::{self, Magnitude, Misfit, Mismatch, Tolerance};
use tare_models::number::Number;

/// Why two tensors are not the same.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Difference {
    /// Element types or shapes differ.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// Values differ.
    #[error(
        "{count} of {total} values differ, the first at {index}: {actual} instead of {expected}"
    )]
    Values {
        /// How many are beyond the tolerance.
        count: u64,
        /// Of so many.
        total: u64,
        /// The first of them, in row-major order.
        index: u64,
        /// What came out.
        actual: Number,
        /// What should have.
        expected: Number,
    },
}

/// How far values of this type may be from those expected; see the table at the head of the crate.
pub fn tolerance(dtype: DataType) -> Tolerance {
    let (rtol, atol) = match dtype {
        DataType::F32 | DataType::F64 => (1e-3, 1e-7),
        DataType::F16 => (1e-2, 1e-3),
        DataType::Bf16 => (5e-2, 1e-2),
        _ => (0.0, 0.0),
    };
    Tolerance { atol, rtol }
}

/// Compares an output with the one expected, within the tolerance of its type.
///
/// # Errors
/// The first difference in type, shape or values.
pub fn compare(actual: &Tensor, expected: &Tensor) -> Result<(), Difference> {
    let deviation = compare::compare(actual, expected, tolerance(expected.dtype()))?;
    match deviation.first {
        None => Ok(()),
        Some(Mismatch {
            index,
            actual,
            expected,
        }) => Err(Difference::Values {
            count: deviation.beyond,
            total: deviation.count,
            index,
            actual,
            expected,
        }),
    }
}

/// Whether every value of a tensor is finite; true for types that know nothing else.
pub(crate) fn is_finite(tensor: &Tensor) -> bool {
    let magnitude = Magnitude::of(tensor);
    !magnitude.has_nan && !magnitude.has_infinity
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(values: &[f32]) -> Tensor {
        Tensor::from_values(vec![values.len()], values.to_vec()).expect("fits")
    }

    fn told(actual: &Tensor, expected: &Tensor) -> String {
        compare(actual, expected).expect_err("differs").to_string()
    }

    #[test]
    fn floats_may_differ_within_the_tolerance() {
        assert_eq!(
            compare(&floats(&[1000.9, 1e-8]), &floats(&[1000.0, 0.0])),
            Ok(())
        );
        assert_eq!(
            told(&floats(&[1.0, 1002.0, 2e-7]), &floats(&[1.0, 1000.0, 0.0])),
            "2 of 3 values differ, the first at 1: 1002 instead of 1000"
        );
    }

    #[test]
    fn integers_must_be_equal() {
        let of = |value: i64| Tensor::from_values(vec![1], vec![value]).expect("fits");
        assert_eq!(compare(&of(i64::MAX), &of(i64::MAX)), Ok(()));
        assert_eq!(
            told(&of(i64::MAX - 1), &of(i64::MAX)),
            "1 of 1 values differ, the first at 0: 9223372036854775806 instead of 9223372036854775807"
        );
        let byte = |value: u8| Tensor::from_values(vec![1], vec![value]).expect("fits");
        assert!(compare(&byte(200), &byte(201)).is_err());
    }

    #[test]
    fn each_floating_point_type_has_the_tolerance_of_its_fraction() {
        let half = |value: u16| {
            let bytes = value.to_le_bytes().to_vec();
            Tensor::from_bytes(DataType::F16, vec![1], bytes.into()).expect("fits")
        };
        let (one, near, far) = (half(0x3c00), half(0x3c05), half(0x3c66));
        assert_eq!(compare(&near, &one), Ok(()));
        assert!(compare(&far, &one).is_err());
        assert!(tolerance(DataType::Bf16).rtol > tolerance(DataType::F16).rtol);
        assert_eq!(tolerance(DataType::I8).atol, 0.0);
    }

    #[test]
    fn type_and_shape_come_first() {
        let integer = Tensor::from_values(vec![1], vec![1i32]).expect("fits");
        assert_eq!(told(&integer, &floats(&[1.0])), "i32 instead of f32");
        assert_eq!(
            told(&floats(&[1.0, 1.0]), &floats(&[1.0])),
            "shape [2] instead of [1]"
        );
    }

    #[test]
    fn only_floating_point_can_be_infinite() {
        assert!(is_finite(&floats(&[1.0])));
        assert!(!is_finite(&floats(&[1.0, f32::NAN])));
        assert!(!is_finite(&floats(&[1.0, f32::INFINITY])));
        assert!(is_finite(
            &Tensor::from_values(vec![1], vec![i32::MIN]).expect("fits")
        ));
    }
}
