//! An amount of arithmetic: floating-point operations, a fused multiply-add counting two.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parse::significant;

/// Whole floating-point operations.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Flops(u64);

impl Flops {
    /// From operations.
    pub const fn from_operations(operations: u64) -> Self {
        Self(operations)
    }

    /// From multiply-accumulates, two operations each; saturates.
    pub const fn from_macs(macs: u64) -> Self {
        Self(macs.saturating_mul(2))
    }

    /// In operations.
    pub const fn as_operations(self) -> u64 {
        self.0
    }

    /// The sum; saturates.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// Three significant digits with a decimal prefix: `2.87 GFLOP`.
impl fmt::Display for Flops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0 as f64;
        let text = match value {
            v if v < 1e3 => format!("{} FLOP", self.0),
            v if v < 1e6 => format!("{} kFLOP", significant(v / 1e3)),
            v if v < 1e9 => format!("{} MFLOP", significant(v / 1e6)),
            v if v < 1e12 => format!("{} GFLOP", significant(v / 1e9)),
            v => format!("{} TFLOP", significant(v / 1e12)),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiply_add_counts_two() {
        assert_eq!(Flops::from_macs(21).as_operations(), 42);
        assert_eq!(Flops::from_macs(1_434_451_968).to_string(), "2.87 GFLOP");
    }
}
