//! The math modes of a device, by the names that cells use for precisions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a device multiplies and adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MathMode {
    /// IEEE 754 single precision throughout.
    Fp32,
    /// Single precision in memory, factors shortened to 10 bits of fraction, sums in single precision.
    Tf32,
    /// IEEE 754 half precision, sums of the library's multiplication in single precision.
    Fp16,
    /// 8 bits of exponent and 7 of fraction, sums in single precision.
    Bf16,
    /// 4 bits of exponent and 3 of fraction, sums in single precision.
    Fp8,
    /// 8 bits, sums of 32.
    Int8,
}

impl MathMode {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Fp32,
        Self::Tf32,
        Self::Fp16,
        Self::Bf16,
        Self::Fp8,
        Self::Int8,
    ];

    /// The oldest compute capability whose tensor cores, or units, have it (CUDA C++ Programming Guide, compute capabilities).
    pub(crate) fn since(self) -> (u32, u32) {
        match self {
            Self::Fp32 => (0, 0),
            Self::Fp16 => (5, 3),
            Self::Int8 => (7, 2),
            Self::Tf32 | Self::Bf16 => (8, 0),
            Self::Fp8 => (8, 9),
        }
    }
}

/// As a cell writes it: `tf32`.
impl fmt::Display for MathMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Fp16 => "fp16",
            Self::Bf16 => "bf16",
            Self::Fp8 => "fp8",
            Self::Int8 => "int8",
        })
    }
}

/// A precision that no device's arithmetic is measured in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no peak of a device is measured for precision '{0}'; those measured are fp32, tf32, fp16, bf16, fp8 and int8"
)]
pub struct UnknownMathMode(String);

impl FromStr for MathMode {
    type Err = UnknownMathMode;

    fn from_str(text: &str) -> Result<Self, UnknownMathMode> {
        let named = Self::ALL.into_iter().find(|one| one.to_string() == text);
        named.ok_or_else(|| UnknownMathMode(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_reads_as_it_is_written_and_is_named_where_it_is_unknown() {
        for mode in MathMode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
            let json = serde_json::to_string(&mode).unwrap();
            assert_eq!(json, format!("\"{mode}\""));
        }
        let error = "fp64".parse::<MathMode>().unwrap_err();
        let known = MathMode::ALL.map(|mode| mode.to_string());
        assert!(error.to_string().contains("'fp64'"), "{error}");
        assert!(known.iter().all(|mode| error.to_string().contains(mode)));
    }
}
