//! How far two tensors are from each other: the one comparison that conformance and fidelity rest on.

mod magnitude;

use crate::data_type::DataType;
use crate::number::{Number, pairs};
use crate::tensor::Tensor;

pub use magnitude::Magnitude;

/// How far a floating-point value a may be from the expected b: |a − b| ≤ atol + rtol·|b|.
///
/// NaN equals NaN, an infinity itself only; integers and booleans must be equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Absolute.
    pub atol: f64,
    /// Relative to the expected value.
    pub rtol: f64,
}

/// Why two tensors cannot be compared value by value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
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
}

impl Misfit {
    /// Refuses another type or shape than the expected.
    ///
    /// # Errors
    /// The first of the two that differs.
    pub fn check(actual: (DataType, &[usize]), expected: (DataType, &[usize])) -> Result<(), Self> {
        if actual.0 != expected.0 {
            return Err(Self::Type {
                actual: actual.0,
                expected: expected.0,
            });
        }
        if actual.1 != expected.1 {
            return Err(Self::Shape {
                actual: actual.1.to_vec(),
                expected: expected.1.to_vec(),
            });
        }
        Ok(())
    }
}

/// A value that is not what was expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mismatch {
    /// Its place, row-major.
    pub index: u64,
    /// What came out.
    pub actual: Number,
    /// What should have.
    pub expected: Number,
}

/// How far one tensor is from another of the same type and shape.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Deviation {
    /// Numbers compared: two an element of a complex type.
    pub count: u64,
    /// Of these, beyond the tolerance.
    pub beyond: u64,
    /// Largest |a − b| where that is a number.
    pub max_abs: f64,
    /// Largest |a − b| over the larger of |b| and the scale, where that is a number.
    pub max_relative: f64,
    /// The first beyond the tolerance.
    pub first: Option<Mismatch>,
    /// The farthest beyond the tolerance; one that is no finite distance away is the farthest.
    pub worst: Option<Mismatch>,
}

/// Compares an output with the one expected; errors are told in relation to the expected values' own scale.
///
/// # Errors
/// Where type or shape differ.
pub fn compare(
    actual: &Tensor,
    expected: &Tensor,
    tolerance: Tolerance,
) -> Result<Deviation, Misfit> {
    Misfit::check(
        (actual.dtype(), actual.shape()),
        (expected.dtype(), expected.shape()),
    )?;
    let mut magnitude = Magnitude::default();
    magnitude.feed(expected.dtype(), expected.bytes());
    let mut comparison = Comparison::new(expected.dtype(), tolerance, magnitude.scale());
    comparison.feed(actual.bytes(), expected.bytes());
    Ok(comparison.deviation)
}

/// A comparison under way: fed piece by piece, so that neither tensor need be in memory as a whole.
#[derive(Debug, Clone)]
pub struct Comparison {
    dtype: DataType,
    tolerance: Tolerance,
    scale: f64,
    steps: u64,
    farthest: f64,
    deviation: Deviation,
}

impl Comparison {
    /// Of elements of `dtype`; relative errors are told in relation to at least `scale`.
    pub fn new(dtype: DataType, tolerance: Tolerance, scale: f64) -> Self {
        Self {
            dtype,
            tolerance,
            scale,
            steps: 0,
            farthest: 0.0,
            deviation: Deviation::default(),
        }
    }

    /// Lets integers be off by so much, as numbers that were rounded to integers may be.
    pub fn allow_steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// The next elements of both, little-endian and whole, in pieces of the same length.
    pub fn feed(&mut self, actual: &[u8], expected: &[u8]) {
        pairs(self.dtype, actual, expected, |a, b| self.pair(a, b));
    }

    /// What was found.
    pub fn deviation(&self) -> &Deviation {
        &self.deviation
    }

    fn pair(&mut self, actual: Number, expected: Number) {
        let index = self.deviation.count;
        self.deviation.count += 1;
        let (distance, magnitude, allowed) = match (actual, expected) {
            (Number::Integer(a), Number::Integer(b)) => {
                let allowed = self.steps as f64;
                (
                    (a - b).unsigned_abs() as f64,
                    b.unsigned_abs() as f64,
                    allowed,
                )
            }
            (Number::Float(a), Number::Float(b)) if a == b || (a.is_nan() && b.is_nan()) => return,
            (Number::Float(a), Number::Float(b)) => {
                let allowed = self.tolerance.atol + self.tolerance.rtol * b.abs();
                ((a - b).abs(), b.abs(), allowed)
            }
            _ => (f64::INFINITY, 0.0, 0.0),
        };
        if distance.is_finite() {
            let relative = (distance / magnitude.max(self.scale)).min(f64::MAX);
            self.deviation.max_abs = self.deviation.max_abs.max(distance);
            self.deviation.max_relative = self.deviation.max_relative.max(relative);
            if distance <= allowed {
                return;
            }
        }
        self.beyond(
            Mismatch {
                index,
                actual,
                expected,
            },
            distance,
        );
    }

    fn beyond(&mut self, mismatch: Mismatch, distance: f64) {
        let distance = if distance.is_nan() {
            f64::INFINITY
        } else {
            distance
        };
        self.deviation.beyond += 1;
        self.deviation.first.get_or_insert(mismatch);
        if self.deviation.worst.is_none() || distance > self.farthest {
            self.farthest = distance;
            self.deviation.worst = Some(mismatch);
        }
    }
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::*;
    use crate::tensor::Element;

    const CLOSE: Tolerance = Tolerance {
        atol: 1e-7,
        rtol: 1e-3,
    };

    fn tensor<T: Element + 'static>(values: &[T]) -> Tensor {
        Tensor::from_values(vec![values.len()], values.to_vec()).expect("fits")
    }

    fn deviation<T: Element + 'static>(actual: &[T], expected: &[T]) -> Deviation {
        compare(&tensor(actual), &tensor(expected), CLOSE).expect("same type and shape")
    }

    fn close(value: f64, expected: f64) {
        assert!(
            (value - expected).abs() <= 1e-6 * expected,
            "{value} against {expected}"
        );
    }

    #[test]
    fn errors_are_told_in_full_and_in_relation_to_the_scale() {
        let found = deviation(&[2.002f64, -1.0, 0.001], &[2.0, -1.0, 0.0]);
        assert_eq!((found.count, found.beyond), (3, 1));
        close(found.max_abs, 0.002);
        close(found.max_relative, 0.001);
        let worst = found.worst.expect("one is beyond");
        assert_eq!((worst.index, worst.actual), (2, Number::Float(0.001)));
        assert_eq!(found.first, found.worst);
    }

    #[test]
    fn the_first_and_the_farthest_are_told_apart() {
        let found = deviation(&[1.1f32, 5.0, 3.0], &[1.0, 2.0, 3.0]);
        assert_eq!((found.count, found.beyond), (3, 2));
        assert_eq!(found.first.map(|first| first.index), Some(0));
        assert_eq!(found.worst.map(|worst| worst.index), Some(1));
    }

    #[test]
    fn the_tolerance_is_absolute_near_zero_and_relative_elsewhere() {
        assert_eq!(deviation(&[1e-7f64, 1000.9], &[0.0, 1000.0]).beyond, 0);
        assert_eq!(deviation(&[2e-7f64, 1001.1], &[0.0, 1000.0]).beyond, 2);
    }

    #[test]
    fn nan_equals_nan_and_an_infinity_itself_only() {
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0];
        let same = deviation(&odd, &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0]);
        assert_eq!((same.count, same.beyond, same.max_abs), (4, 0, 0.0));
        for (actual, expected) in [
            (f32::NAN, 1.0),
            (1.0, f32::NAN),
            (f32::INFINITY, f32::NEG_INFINITY),
            (1.0, f32::INFINITY),
            (f32::INFINITY, f32::MAX),
        ] {
            let found = deviation(&[actual, 9.0], &[expected, 1.0]);
            assert_eq!(found.beyond, 2, "{actual} for {expected}");
            assert_eq!(found.worst.map(|worst| worst.index), Some(0));
            assert_eq!(found.max_abs, 8.0, "a distance that is no number is none");
        }
    }

    #[test]
    fn integers_may_be_off_by_the_steps_that_are_allowed() {
        let beyond = |steps| {
            let mut comparison = Comparison::new(DataType::U8, CLOSE, 1.0).allow_steps(steps);
            comparison.feed(&[10, 20, 30], &[10, 22, 27]);
            comparison.deviation().beyond
        };
        assert_eq!([beyond(0), beyond(2), beyond(3)], [2, 1, 0]);
    }

    #[test]
    fn integers_and_booleans_are_exact_and_their_errors_told() {
        let loose = Tolerance {
            atol: 10.0,
            rtol: 10.0,
        };
        let found = compare(&tensor(&[i64::MAX - 3, 7]), &tensor(&[i64::MAX, 7]), loose);
        let found = found.expect("same type and shape");
        assert_eq!((found.beyond, found.max_abs), (1, 3.0));
        let bools = |value| Tensor::from_bools(vec![1], &[value]).expect("fits");
        let found = compare(&bools(true), &bools(false), loose).expect("same type and shape");
        assert_eq!(found.beyond, 1);
    }

    #[test]
    fn half_precision_is_compared_as_numbers() {
        let rough = Tolerance {
            atol: 0.0,
            rtol: 0.01,
        };
        let of = |dtype, bits: u16| {
            Tensor::from_bytes(dtype, vec![1], bits.to_le_bytes().to_vec().into()).expect("fits")
        };
        let half = |value| of(DataType::F16, f16::from_f32(value).to_bits());
        let brain = |value| of(DataType::Bf16, bf16::from_f32(value).to_bits());
        for (one, near, far) in [
            (half(1.0), half(1.005), half(1.1)),
            (brain(1.0), brain(1.005), brain(1.1)),
        ] {
            assert_eq!(compare(&near, &one, rough).map(|found| found.beyond), Ok(0));
            assert_eq!(compare(&far, &one, rough).map(|found| found.beyond), Ok(1));
        }
    }

    #[test]
    fn type_and_shape_come_before_values() {
        let told = |actual: &Tensor, expected: &Tensor| {
            compare(actual, expected, CLOSE)
                .expect_err("differs")
                .to_string()
        };
        assert_eq!(
            told(&tensor(&[1i32]), &tensor(&[1.0f32])),
            "i32 instead of f32"
        );
        assert_eq!(
            told(&tensor(&[1.0f32, 1.0]), &tensor(&[1.0f32])),
            "shape [2] instead of [1]"
        );
    }

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let actual: Vec<f32> = (0..100u8).map(|place| f32::from(place) * 1.01).collect();
        let expected: Vec<f32> = (0..100u8).map(f32::from).collect();
        let whole = deviation(&actual, &expected);
        let (actual, expected) = (tensor(&actual), tensor(&expected));
        let mut pieces = Comparison::new(DataType::F32, CLOSE, Magnitude::of(&expected).scale());
        for piece in [0..40, 40..44, 44..400] {
            pieces.feed(&actual.bytes()[piece.clone()], &expected.bytes()[piece]);
        }
        assert_eq!(*pieces.deviation(), whole);
        assert_eq!(whole.beyond, 99);
    }

    #[test]
    fn the_scale_is_the_mean_magnitude_of_what_is_finite() {
        let of = |values: &[f64]| Magnitude::of(&tensor(values));
        assert_eq!(of(&[-3.0, 1.0, f64::NAN, f64::INFINITY]).scale(), 2.0);
        assert!(of(&[f64::NAN]).has_nan && !of(&[f64::NAN]).has_infinity);
        assert!(of(&[1.0, f64::NEG_INFINITY]).has_infinity);
        assert_eq!(of(&[0.0, 0.0]).scale(), 1.0);
        assert_eq!(of(&[]).scale(), 1.0);
        assert_eq!(of(&[f64::MAX, f64::MAX]).scale(), f64::MAX);
        assert_eq!(Magnitude::of(&tensor(&[-4i8, 0])).scale(), 2.0);
    }
}
