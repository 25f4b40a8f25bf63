//! An amount of memory or data in whole bytes.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parse::{QuantityError, Scale, significant};

/// Whole bytes.
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
pub struct Bytes(u64);

const KIB: f64 = 1024.0;

const SCALE: Scale = Scale {
    what: "size",
    example: "64MiB",
    units: &[
        ("B", 1.0),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("KiB", KIB),
        ("MiB", KIB * KIB),
        ("GiB", KIB * KIB * KIB),
        ("TiB", KIB * KIB * KIB * KIB),
    ],
    listed: "B, kB, MB, GB, TB, KiB, MiB, GiB, TiB",
};

impl Bytes {
    /// From bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// From mebibytes (1,048,576 bytes each).
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib << 20)
    }

    /// In bytes.
    pub const fn as_bytes(self) -> u64 {
        self.0
    }

    /// The difference, or zero where `other` is larger.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl FromStr for Bytes {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        SCALE.parse(text).map(Self)
    }
}

/// Three significant digits with a binary unit: `86.6 MiB`.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0 as f64;
        let text = match value {
            v if v < KIB => format!("{} B", self.0),
            v if v < KIB.powi(2) => format!("{} KiB", significant(v / KIB)),
            v if v < KIB.powi(3) => format!("{} MiB", significant(v / KIB.powi(2))),
            v => format!("{} GiB", significant(v / KIB.powi(3))),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_and_binary_units_differ() {
        assert_eq!("1kB".parse(), Ok(Bytes::from_bytes(1_000)));
        assert_eq!("1.5 KiB".parse(), Ok(Bytes::from_bytes(1_536)));
        assert!("12".parse::<Bytes>().is_err());
        assert!("12 mb".parse::<Bytes>().is_err());
    }

    #[test]
    fn sizes_print_in_binary_units() {
        assert_eq!(Bytes::from_bytes(1_023).to_string(), "1023 B");
        assert_eq!(Bytes::from_mib(64).to_string(), "64.0 MiB");
        assert_eq!(Bytes::from_mib(2_048).to_string(), "2.00 GiB");
    }
}
