//! A difference of durations, in whole nanoseconds of either sign, so that parts of a duration can add up to it exactly.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nanoseconds::Nanoseconds;

/// Whole nanoseconds of either sign; arithmetic stops at the ends of its range, 292 years off.
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
pub struct SignedNanoseconds(i64);

impl SignedNanoseconds {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From fractional nanoseconds, rounded to the nearest, halves away from zero; not-a-number becomes zero.
    pub fn from_nanos_f64(nanos: f64) -> Self {
        Self(nanos.round() as i64)
    }

    /// In nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// In nanoseconds, for arithmetic that is not exact.
    pub fn as_nanos_f64(self) -> f64 {
        self.0 as f64
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl From<Nanoseconds> for SignedNanoseconds {
    fn from(value: Nanoseconds) -> Self {
        Self(i64::try_from(value.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl Add for SignedNanoseconds {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for SignedNanoseconds {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for SignedNanoseconds {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for SignedNanoseconds {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

/// As the duration, with its sign: `-316 µs`.
impl fmt::Display for SignedNanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = Nanoseconds::from_nanos(self.0.unsigned_abs());
        let sign = if self.is_negative() { "-" } else { "" };
        f.pad(&format!("{sign}{size}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ns(nanos: i64) -> SignedNanoseconds {
        SignedNanoseconds::from_nanos(nanos)
    }

    #[test]
    fn what_is_left_of_a_duration_may_be_less_than_nothing() {
        let left = SignedNanoseconds::from(Nanoseconds::from_nanos(3)) - ns(5);
        assert_eq!((left, left.is_negative()), (ns(-2), true));
        assert_eq!(left + ns(5), ns(3));
        assert_eq!(-left, ns(2));
        assert_eq!(
            [ns(1), ns(-4)].into_iter().sum::<SignedNanoseconds>(),
            ns(-3)
        );
    }

    #[test]
    fn it_is_rounded_to_the_nearest_and_stops_at_its_ends() {
        assert_eq!(SignedNanoseconds::from_nanos_f64(-1.5), ns(-2));
        assert_eq!(
            SignedNanoseconds::from_nanos_f64(f64::INFINITY),
            ns(i64::MAX)
        );
        assert_eq!(ns(i64::MAX) + ns(1), ns(i64::MAX));
        assert_eq!(SignedNanoseconds::from(Nanoseconds::MAX), ns(i64::MAX));
    }

    #[test]
    fn it_reads_as_a_duration_with_its_sign() {
        assert_eq!(ns(-316_400).to_string(), "-316 µs");
        assert_eq!(ns(42).to_string(), "42 ns");
    }
}
