//! A duration, or a point on the monotonic clock, in whole nanoseconds.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parse::{QuantityError, Scale, significant};

/// Whole nanoseconds; wraps after 584 years.
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
pub struct Nanoseconds(u64);

const SCALE: Scale = Scale {
    what: "duration",
    example: "500ms",
    units: &[
        ("ns", 1.0),
        ("us", 1e3),
        ("µs", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 60e9),
        ("min", 60e9),
        ("h", 3600e9),
    ],
    listed: "ns, us, ms, s, min, h",
};

impl Nanoseconds {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The largest value; in a sample it marks a request that failed.
    pub const MAX: Self = Self(u64::MAX);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros * 1_000)
    }

    /// From milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    /// From whole seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * 1_000_000_000)
    }

    /// From fractional nanoseconds, rounded; negative and non-finite values become zero.
    pub fn from_nanos_f64(nanos: f64) -> Self {
        Self(nanos.round() as u64)
    }

    /// In nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// In seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The difference, or zero where `other` is later.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Nanoseconds {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Nanoseconds {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl From<Nanoseconds> for std::time::Duration {
    fn from(value: Nanoseconds) -> Self {
        Self::from_nanos(value.0)
    }
}

impl FromStr for Nanoseconds {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        SCALE.parse(text).map(Self)
    }
}

/// Three significant digits with the unit that suits: `12.3 ms`.
impl fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0 as f64;
        let text = match self.0 {
            0..1_000 => format!("{} ns", self.0),
            1_000..1_000_000 => format!("{} µs", significant(value / 1e3)),
            1_000_000..1_000_000_000 => format!("{} ms", significant(value / 1e6)),
            _ => format!("{} s", significant(value / 1e9)),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_needs_a_unit() {
        assert_eq!("1.5ms".parse(), Ok(Nanoseconds::from_micros(1_500)));
        assert_eq!("2 min".parse(), Ok(Nanoseconds::from_secs(120)));
        for wrong in ["5", "", "ms", "-1s", "1e9s", "1 fortnight", "99999999999h"] {
            assert!(wrong.parse::<Nanoseconds>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_unit_follows_the_size() {
        let shown = |nanos| Nanoseconds::from_nanos(nanos).to_string();
        assert_eq!(shown(999), "999 ns");
        assert_eq!(shown(1_234), "1.23 µs");
        assert_eq!(shown(31_900_000), "31.9 ms");
        assert_eq!(shown(264_000_000), "264 ms");
        assert_eq!(shown(3_456_000_000_000), "3,456 s");
    }
}
