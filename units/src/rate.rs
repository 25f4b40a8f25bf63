//! Rates: arithmetic, data and cycles a second.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parse::significant;

/// Multiplying and dividing rates of one kind.
pub trait Rate: Copy + PartialOrd {
    /// From a number a second, in the unit of the type.
    fn from_per_s(per_s: f64) -> Self;

    /// A second, in the unit of the type.
    fn per_s(self) -> f64;

    /// How many times `other` this is.
    fn over(self, other: Self) -> f64 {
        self.per_s() / other.per_s()
    }

    /// `factor` times this.
    fn scaled(self, factor: f64) -> Self {
        Self::from_per_s(self.per_s() * factor)
    }
}

macro_rules! rate {
    ($name:ident, $unit:literal, $what:literal) => {
        #[doc = $what]
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl Rate for $name {
            fn from_per_s(per_s: f64) -> Self {
                Self(per_s)
            }

            fn per_s(self) -> f64 {
                self.0
            }
        }

        /// Three significant digits with a decimal prefix.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&prefixed(self.0, $unit))
            }
        }
    };
}

rate!(
    FlopsPerSecond,
    "FLOP/s",
    "Floating-point operations a second, a fused multiply-add counting two; of whole-number precisions, their operations."
);
rate!(BytesPerSecond, "B/s", "Bytes moved a second.");
rate!(Hertz, "Hz", "Cycles a second.");

fn prefixed(value: f64, unit: &str) -> String {
    let prefixes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let fits = prefixes.iter().find(|(scale, _)| value.abs() >= *scale);
    let (scale, prefix) = fits.unwrap_or(&(1.0, ""));
    format!("{} {prefix}{unit}", significant(value / scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_print_with_a_decimal_prefix() {
        assert_eq!(
            FlopsPerSecond::from_per_s(1.64e11).to_string(),
            "164 GFLOP/s"
        );
        assert_eq!(
            FlopsPerSecond::from_per_s(2.5e12).to_string(),
            "2.50 TFLOP/s"
        );
        assert_eq!(BytesPerSecond::from_per_s(12.34e9).to_string(), "12.3 GB/s");
        assert_eq!(Hertz::from_per_s(2.6e9).to_string(), "2.60 GHz");
        assert_eq!(format!("{:>9}", Hertz::from_per_s(50e6)), " 50.0 MHz");
        assert_eq!(BytesPerSecond::from_per_s(7.0).to_string(), "7.00 B/s");
        assert_eq!(Hertz::from_per_s(-1e-9).to_string(), "0.00 Hz");
        assert_eq!(Hertz::from_per_s(-2.5e9).to_string(), "-2.50 GHz");
    }

    #[test]
    fn rates_of_one_kind_are_compared_by_their_ratio() {
        let (half, whole) = (Hertz::from_per_s(1.5e9), Hertz::from_per_s(3e9));
        assert_eq!(half.over(whole), 0.5);
        assert_eq!(whole.scaled(0.5), half);
    }
}
