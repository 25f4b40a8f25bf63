//! Elements of every type as numbers, two tensors side by side, so that whatever looks at values reads them alike.

use std::fmt;

use half::{bf16, f16};

use crate::data_type::DataType;

/// One element; a complex one is two, its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Of a floating-point type.
    Float(f64),
    /// Of an integer type; of a boolean 0 or 1.
    Integer(i128),
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(value) if f64::from(*value as f32) == *value => short(*value as f32, f),
            Self::Float(value) => short(*value, f),
            Self::Integer(value) => value.fmt(f),
        }
    }
}

/// The fewest digits that tell the value from its neighbours of the same width.
fn short<T: fmt::Display + fmt::LowerExp + Copy + Into<f64>>(
    value: T,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let magnitude = value.into().abs();
    if magnitude == 0.0 || !magnitude.is_finite() || (1e-4..1e15).contains(&magnitude) {
        fmt::Display::fmt(&value, f)
    } else {
        fmt::LowerExp::fmt(&value, f)
    }
}

/// Calls `each` with the numbers at the same places of `left` and `right`, little-endian elements of `dtype`.
///
/// Stops at the end of the shorter; what is left of an element there is no element. A string has no numbers.
pub fn pairs(dtype: DataType, left: &[u8], right: &[u8], mut each: impl FnMut(Number, Number)) {
    macro_rules! decode {
        ($width:literal, $decode:expr) => {
            for (left, right) in chunks::<$width>(left).zip(chunks::<$width>(right)) {
                each($decode(left), $decode(right));
            }
        };
    }
    macro_rules! float {
        ($width:literal, $type:ty) => {
            decode!($width, |bytes| Number::Float(f64::from(
                <$type>::from_le_bytes(bytes)
            )))
        };
    }
    macro_rules! integer {
        ($width:literal, $type:ty) => {
            decode!($width, |bytes| Number::Integer(i128::from(
                <$type>::from_le_bytes(bytes)
            )))
        };
    }
    match dtype {
        DataType::F32 | DataType::Complex64 => float!(4, f32),
        DataType::F64 | DataType::Complex128 => float!(8, f64),
        DataType::F16 => float!(2, f16),
        DataType::Bf16 => float!(2, bf16),
        DataType::I8 => integer!(1, i8),
        DataType::U8 | DataType::Bool => integer!(1, u8),
        DataType::I16 => integer!(2, i16),
        DataType::U16 => integer!(2, u16),
        DataType::I32 => integer!(4, i32),
        DataType::U32 => integer!(4, u32),
        DataType::I64 => integer!(8, i64),
        DataType::U64 => integer!(8, u64),
        DataType::U4 | DataType::I4 | DataType::F4E2M1 => {
            for (left, right) in left.iter().zip(right) {
                each(four_bits(dtype, left & 15), four_bits(dtype, right & 15));
                each(four_bits(dtype, left >> 4), four_bits(dtype, right >> 4));
            }
        }
        DataType::String => {}
        _ => decode!(1, |[byte]: [u8; 1]| Number::Float(float8(dtype, byte))),
    }
}

fn chunks<const WIDTH: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; WIDTH]> {
    bytes.as_chunks::<WIDTH>().0.iter().copied()
}

/// ONNX's eight-bit floating-point types (its document "Float stored in 8 bits").
fn float8(dtype: DataType, byte: u8) -> f64 {
    let (fraction_bits, bias) = match dtype {
        DataType::F8E8M0 if byte == 0xff => return f64::NAN,
        DataType::F8E8M0 => return (f64::from(byte) - 127.0).exp2(),
        DataType::F8E4M3Fn => (3, 7),
        DataType::F8E4M3Fnuz => (3, 8),
        DataType::F8E5M2 => (2, 15),
        _ => (2, 16),
    };
    let magnitude = byte & 0x7f;
    let sign = if byte & 0x80 == 0 { 1.0 } else { -1.0 };
    match (dtype, byte, magnitude) {
        (DataType::F8E4M3Fnuz | DataType::F8E5M2Fnuz, 0x80, _)
        | (DataType::F8E4M3Fn, _, 0x7f)
        | (DataType::F8E5M2, _, 0x7d..) => f64::NAN,
        (DataType::F8E5M2, _, 0x7c) => sign * f64::INFINITY,
        _ => sign * small_float(magnitude, fraction_bits, bias),
    }
}

fn four_bits(dtype: DataType, bits: u8) -> Number {
    match dtype {
        DataType::U4 => Number::Integer(bits.into()),
        DataType::I4 => Number::Integer((i128::from(bits) ^ 8) - 8),
        _ => {
            let sign = if bits & 8 == 0 { 1.0 } else { -1.0 };
            Number::Float(sign * small_float(bits & 7, 1, 1))
        }
    }
}

/// The value of exponent and fraction without a sign, all patterns finite.
fn small_float(magnitude: u8, fraction_bits: u32, bias: i32) -> f64 {
    let steps = f64::from(1u32 << fraction_bits);
    let fraction = f64::from(magnitude & ((1 << fraction_bits) - 1)) / steps;
    match i32::from(magnitude >> fraction_bits) {
        0 => fraction * f64::from(1 - bias).exp2(),
        exponent => (1.0 + fraction) * f64::from(exponent - bias).exp2(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(dtype: DataType, bytes: &[u8]) -> Vec<Number> {
        let mut numbers = Vec::new();
        pairs(dtype, bytes, bytes, |left, _| numbers.push(left));
        numbers
    }

    fn floats(dtype: DataType, bytes: &[u8]) -> Vec<f64> {
        let value = |number| match number {
            Number::Float(value) => value,
            Number::Integer(_) => panic!("{dtype} is no integer type"),
        };
        numbers(dtype, bytes).into_iter().map(value).collect()
    }

    #[test]
    fn floating_point_of_every_width_is_widened_exactly() {
        assert_eq!(
            floats(DataType::F32, &0.1f32.to_le_bytes()),
            [f64::from(0.1f32)]
        );
        assert_eq!(floats(DataType::F64, &0.1f64.to_le_bytes()), [0.1]);
        assert_eq!(
            floats(DataType::F16, &0x3c01u16.to_le_bytes()),
            [1.0 + 1.0 / 1024.0]
        );
        assert_eq!(
            floats(DataType::Bf16, &0x3f81u16.to_le_bytes()),
            [1.0 + 1.0 / 128.0]
        );
        let parts = [1.0f32.to_le_bytes(), (-2.0f32).to_le_bytes()].concat();
        assert_eq!(floats(DataType::Complex64, &parts), [1.0, -2.0]);
    }

    /// The values are those of ONNX's table of these formats.
    #[test]
    fn eight_bit_floats_have_the_extremes_of_their_format() {
        let of = |dtype, byte: u8| floats(dtype, &[byte])[0];
        assert_eq!(of(DataType::F8E4M3Fn, 0x7e), 448.0);
        assert_eq!(of(DataType::F8E4M3Fn, 0x01), 2f64.powi(-9));
        assert_eq!(of(DataType::F8E4M3Fnuz, 0x7f), 240.0);
        assert_eq!(of(DataType::F8E5M2, 0x7b), 57_344.0);
        assert_eq!(of(DataType::F8E5M2, 0xfc), f64::NEG_INFINITY);
        assert_eq!(of(DataType::F8E5M2Fnuz, 0x7f), 57_344.0);
        assert_eq!(of(DataType::F8E8M0, 128), 2.0);
        for (dtype, byte) in [
            (DataType::F8E4M3Fn, 0xff),
            (DataType::F8E4M3Fnuz, 0x80),
            (DataType::F8E5M2, 0x7d),
            (DataType::F8E5M2Fnuz, 0x80),
            (DataType::F8E8M0, 0xff),
        ] {
            assert!(of(dtype, byte).is_nan(), "{dtype} {byte:#x}");
        }
    }

    #[test]
    fn integers_keep_every_digit() {
        let of = |dtype, bytes: &[u8]| numbers(dtype, bytes)[0];
        assert_eq!(
            of(DataType::I64, &i64::MIN.to_le_bytes()),
            Number::Integer(i64::MIN.into())
        );
        assert_eq!(
            of(DataType::U64, &u64::MAX.to_le_bytes()),
            Number::Integer(u64::MAX.into())
        );
        assert_eq!(
            of(DataType::I16, &(-2i16).to_le_bytes()),
            Number::Integer(-2)
        );
        assert_eq!(of(DataType::Bool, &[1]), Number::Integer(1));
    }

    #[test]
    fn two_elements_share_a_byte_of_four_bit_types_low_half_first() {
        let integers = |values: [i128; 2]| values.map(Number::Integer);
        assert_eq!(numbers(DataType::U4, &[0xf1]), integers([1, 15]));
        assert_eq!(numbers(DataType::I4, &[0xf1]), integers([1, -1]));
        assert_eq!(floats(DataType::F4E2M1, &[0xf1]), [0.5, -6.0]);
    }

    #[test]
    fn a_number_reads_as_a_person_writes_it() {
        let shown = [
            Number::Float(0.51),
            Number::Float(f64::from(0.7010843f32)),
            Number::Float(-1.5e-9),
            Number::Float(f64::NAN),
            Number::Float(1000.0),
            Number::Integer(-7),
        ];
        assert_eq!(
            shown.map(|number| number.to_string()),
            ["0.51", "0.7010843", "-1.5e-9", "NaN", "1000", "-7"]
        );
    }
}
