//! The number formats whose arithmetic is measured, by the names that cells use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A number format of operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// IEEE 754 single precision.
    Fp32,
    /// Operands of 8 bits of exponent and 7 of fraction, sums in single precision.
    Bf16,
    /// Operands of 8 bits, sums of 32.
    Int8,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fp32, Self::Bf16, Self::Int8];
}

/// As a cell writes it: `fp32`.
impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fp32 => "fp32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        })
    }
}

/// A precision whose arithmetic is not measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no peak is measured for precision '{0}'; those measured are fp32, bf16 and int8")]
pub struct UnknownPrecision(String);

impl FromStr for Precision {
    type Err = UnknownPrecision;

    fn from_str(text: &str) -> Result<Self, UnknownPrecision> {
        let named = Self::ALL.into_iter().find(|one| one.to_string() == text);
        named.ok_or_else(|| UnknownPrecision(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_reads_as_it_is_written() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse(), Ok(precision));
            let json = serde_json::to_string(&precision).unwrap();
            assert_eq!(json, format!("\"{precision}\""));
        }
    }

    #[test]
    fn another_precision_is_refused_by_name() {
        let error = "fp64".parse::<Precision>().unwrap_err();
        assert!(error.to_string().contains("'fp64'"), "{error}");
    }
}
