//! Element types of tensors, with ONNX's numbers and names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The element type of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum DataType {
    F32,
    U8,
    I8,
    U16,
    I16,
    I32,
    I64,
    String,
    Bool,
    F16,
    F64,
    U32,
    U64,
    Complex64,
    Complex128,
    Bf16,
    F8E4M3Fn,
    F8E4M3Fnuz,
    F8E5M2,
    F8E5M2Fnuz,
    U4,
    I4,
    F4E2M1,
    F8E8M0,
}

const ONNX_NUMBERS: [(i32, DataType); 24] = [
    (1, DataType::F32),
    (2, DataType::U8),
    (3, DataType::I8),
    (4, DataType::U16),
    (5, DataType::I16),
    (6, DataType::I32),
    (7, DataType::I64),
    (8, DataType::String),
    (9, DataType::Bool),
    (10, DataType::F16),
    (11, DataType::F64),
    (12, DataType::U32),
    (13, DataType::U64),
    (14, DataType::Complex64),
    (15, DataType::Complex128),
    (16, DataType::Bf16),
    (17, DataType::F8E4M3Fn),
    (18, DataType::F8E4M3Fnuz),
    (19, DataType::F8E5M2),
    (20, DataType::F8E5M2Fnuz),
    (21, DataType::U4),
    (22, DataType::I4),
    (23, DataType::F4E2M1),
    (24, DataType::F8E8M0),
];

impl DataType {
    /// From `TensorProto.DataType`; `None` for 0 (undefined) and numbers that ONNX has not assigned.
    pub fn from_onnx(number: i32) -> Option<Self> {
        ONNX_NUMBERS
            .iter()
            .find(|(known, _)| *known == number)
            .map(|(_, dtype)| *dtype)
    }

    /// The number in `TensorProto.DataType`.
    pub fn to_onnx(self) -> i32 {
        ONNX_NUMBERS
            .iter()
            .find(|(_, dtype)| *dtype == self)
            .map_or(0, |(number, _)| *number)
    }

    /// Bits an element takes; `None` for strings.
    pub fn bits(self) -> Option<u64> {
        Some(match self {
            Self::String => return None,
            Self::U4 | Self::I4 | Self::F4E2M1 => 4,
            Self::U8
            | Self::I8
            | Self::Bool
            | Self::F8E4M3Fn
            | Self::F8E4M3Fnuz
            | Self::F8E5M2
            | Self::F8E5M2Fnuz
            | Self::F8E8M0 => 8,
            Self::U16 | Self::I16 | Self::F16 | Self::Bf16 => 16,
            Self::F32 | Self::I32 | Self::U32 => 32,
            Self::F64 | Self::I64 | Self::U64 | Self::Complex64 => 64,
            Self::Complex128 => 128,
        })
    }

    /// Bytes that `elements` of this type take, packed; `None` for strings and beyond 2⁶⁴.
    pub fn byte_len(self, elements: u64) -> Option<u64> {
        Some(self.bits()?.checked_mul(elements)?.div_ceil(8))
    }

    /// Whether the type is a real floating-point type.
    pub fn is_float(self) -> bool {
        matches!(
            self,
            Self::F32
                | Self::F64
                | Self::F16
                | Self::Bf16
                | Self::F8E4M3Fn
                | Self::F8E4M3Fnuz
                | Self::F8E5M2
                | Self::F8E5M2Fnuz
                | Self::F4E2M1
                | Self::F8E8M0
        )
    }

    /// Whether the type is an integer type (booleans are not).
    pub fn is_integer(self) -> bool {
        matches!(
            self,
            Self::U8
                | Self::I8
                | Self::U16
                | Self::I16
                | Self::I32
                | Self::I64
                | Self::U32
                | Self::U64
                | Self::U4
                | Self::I4
        )
    }
}

/// The lower-case name, such as `f32`.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}").to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_onnx_number_survives_a_round_trip() {
        for number in 1..=24 {
            let dtype = DataType::from_onnx(number).expect("assigned");
            assert_eq!(dtype.to_onnx(), number);
        }
        assert_eq!(DataType::from_onnx(0), None);
        assert_eq!(DataType::from_onnx(25), None);
    }

    #[test]
    fn packed_types_round_up_to_whole_bytes() {
        assert_eq!(DataType::I4.byte_len(3), Some(2));
        assert_eq!(DataType::F32.byte_len(3), Some(12));
        assert_eq!(DataType::F32.byte_len(u64::MAX), None);
        assert_eq!(DataType::String.byte_len(1), None);
    }
}
