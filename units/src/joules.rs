//! An amount of energy in joules; differences of two amounts may be negative.

use std::fmt;
use std::ops::{Add, Div, Sub};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parse::significant;
use crate::{Nanoseconds, Watts};

/// Joules.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Joules(f64);

impl Joules {
    /// No energy at all.
    pub const ZERO: Self = Self(0.0);

    /// From joules.
    pub const fn from_joules(joules: f64) -> Self {
        Self(joules)
    }

    /// In joules.
    pub const fn as_joules(self) -> f64 {
        self.0
    }
}

impl Add for Joules {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Joules {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

/// The mean power over a time; not finite where the time is zero.
impl Div<Nanoseconds> for Joules {
    type Output = Watts;

    fn div(self, time: Nanoseconds) -> Watts {
        Watts::from_watts(self.0 / time.as_secs_f64())
    }
}

/// Three significant digits with the unit that suits: `12.3 mJ`.
impl fmt::Display for Joules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scaled, unit) = match self.0.abs() {
            size if size < 1e-3 => (self.0 * 1e6, "µJ"),
            size if size < 1.0 => (self.0 * 1e3, "mJ"),
            size if size < 1e3 => (self.0, "J"),
            _ => (self.0 / 1e3, "kJ"),
        };
        f.pad(&format!("{} {unit}", significant(scaled)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_over_time_is_power_and_back() {
        let power = Joules::from_joules(6.0) / Nanoseconds::from_millis(1_500);
        assert_eq!(power, Watts::from_watts(4.0));
        assert_eq!(power * Nanoseconds::from_secs(2), Joules::from_joules(8.0));
        let none = Joules::from_joules(1.0) / Nanoseconds::ZERO;
        assert!(!none.as_watts().is_finite());
    }

    #[test]
    fn the_unit_follows_the_size_and_a_difference_may_be_negative() {
        let shown = |joules| Joules::from_joules(joules).to_string();
        assert_eq!(shown(61e-6), "61.0 µJ");
        assert_eq!(shown(0.0123), "12.3 mJ");
        assert_eq!(shown(45.6), "45.6 J");
        assert_eq!(shown(3_600.0), "3.60 kJ");
        let less = Joules::from_joules(1.0) - Joules::from_joules(3.5);
        assert_eq!((less + Joules::ZERO).to_string(), "-2.50 J");
    }

    #[test]
    fn a_difference_that_rounds_to_nothing_has_no_sign() {
        for nothing in [-1e-16, 1e-16, -0.0, 0.0] {
            assert_eq!(Joules::from_joules(nothing).to_string(), "0.00 µJ");
        }
        assert_eq!(Joules::from_joules(-1e-8).to_string(), "-0.01 µJ");
        assert_eq!(Joules::from_joules(-1.5e6).to_string(), "-1,500 kJ");
    }
}
