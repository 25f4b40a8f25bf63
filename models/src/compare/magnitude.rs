//! How large the values of a tensor are: what an error is measured against, without what fills a mask.

use crate::data_type::DataType;
use crate::number::{Number, pairs};
use crate::tensor::Tensor;

/// Magnitudes from here on may be what fills a mask (−1e4, −65504, −1e9, −3.4e38).
const FILL: f64 = 8192.0;

/// So many empty powers of two stand between the other values and what fills a mask.
const GAP: usize = 10;

/// Powers of two that a magnitude can lie in.
const POWERS: usize = 2048;

/// How large the values of a tensor are, and whether some are no finite numbers; fed piece by piece.
#[derive(Debug, Clone, PartialEq)]
pub struct Magnitude {
    /// By power of two: how many finite values, and their sum.
    powers: Vec<(u64, f64)>,
    /// Whether there is a NaN.
    pub has_nan: bool,
    /// Whether there is an infinity.
    pub has_infinity: bool,
}

impl Default for Magnitude {
    fn default() -> Self {
        Self {
            powers: vec![(0, 0.0); POWERS],
            has_nan: false,
            has_infinity: false,
        }
    }
}

impl Magnitude {
    /// Of a whole tensor.
    pub fn of(tensor: &Tensor) -> Self {
        let mut magnitude = Self::default();
        magnitude.feed(tensor.dtype(), tensor.bytes());
        magnitude
    }

    /// The next elements, little-endian and whole.
    pub fn feed(&mut self, dtype: DataType, bytes: &[u8]) {
        pairs(dtype, bytes, bytes, |value, _| match value {
            Number::Float(value) if value.is_nan() => self.has_nan = true,
            Number::Float(value) if value.is_infinite() => self.has_infinity = true,
            Number::Float(value) => self.add(value.abs()),
            Number::Integer(value) => self.add(value.unsigned_abs() as f64),
        });
    }

    /// The mean magnitude of the finite values; 1 where all of them are zero or there is none.
    ///
    /// Values of 8192 and more that stand over ten powers of two above all others are what fills a mask: they are left
    /// out, or no error of the others would be seen beside them.
    pub fn scale(&self) -> f64 {
        let kept = &self.powers[..self.fills_begin()];
        let count: u64 = kept.iter().map(|(count, _)| count).sum();
        let sum: f64 = kept.iter().map(|(_, sum)| sum).sum();
        let mean = sum / count.max(1) as f64;
        if mean > 0.0 { mean.min(f64::MAX) } else { 1.0 }
    }

    /// The lowest power that only fills of a mask have.
    fn fills_begin(&self) -> usize {
        let inhabited = self.powers.iter().enumerate().skip(1);
        let mut last = None;
        for (power, _) in inhabited.filter(|(_, (count, _))| *count > 0) {
            if last.is_some_and(|last| power - last > GAP) && power >= power_of(FILL) {
                return power;
            }
            last = Some(power);
        }
        POWERS
    }

    fn add(&mut self, magnitude: f64) {
        let (count, sum) = &mut self.powers[power_of(magnitude)];
        *count += 1;
        *sum += magnitude;
    }
}

/// The biased exponent of a double; 0 of zero and of what is too small to be normal.
fn power_of(magnitude: f64) -> usize {
    (magnitude.to_bits() >> 52) as usize & (POWERS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(values: &[f64]) -> f64 {
        let tensor = Tensor::from_values(vec![values.len()], values.to_vec()).expect("fits");
        Magnitude::of(&tensor).scale()
    }

    #[test]
    fn what_fills_a_mask_is_no_part_of_the_scale() {
        for fill in [-1e9, -65504.0, f64::from(f32::MIN), f64::MIN] {
            assert_eq!(scale(&[1.0, -3.0, fill, fill, fill]), 2.0, "{fill}");
            assert_eq!(scale(&[0.0, 1.0, -3.0, 4.0, fill]), 2.0, "{fill}");
        }
    }

    #[test]
    fn large_values_among_others_are_part_of_the_scale() {
        assert_eq!(scale(&[1000.0, 9000.0]), 5000.0);
        assert_eq!(scale(&[-1e9, 1e9]), 1e9);
        assert_eq!(scale(&[1e-12, 1.0]), (1e-12 + 1.0) / 2.0);
    }
}
