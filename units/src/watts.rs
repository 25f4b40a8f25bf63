//! Power in watts.

use std::fmt;
use std::ops::{Add, Mul, Sub};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parse::significant;
use crate::{Joules, Nanoseconds};

/// Watts; a difference of two may be negative.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Watts(f64);

impl Watts {
    /// From watts.
    pub const fn from_watts(watts: f64) -> Self {
        Self(watts)
    }

    /// In watts.
    pub const fn as_watts(self) -> f64 {
        self.0
    }
}

impl Add for Watts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Watts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

/// The energy of this power held for a time.
impl Mul<Nanoseconds> for Watts {
    type Output = Joules;

    fn mul(self, time: Nanoseconds) -> Joules {
        Joules::from_joules(self.0 * time.as_secs_f64())
    }
}

/// Three significant digits with the unit that suits: `350 W`.
impl fmt::Display for Watts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scaled, unit) = match self.0.abs() {
            size if size < 1.0 => (self.0 * 1e3, "mW"),
            size if size < 1e3 => (self.0, "W"),
            _ => (self.0 / 1e3, "kW"),
        };
        f.pad(&format!("{} {unit}", significant(scaled)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_follows_the_size() {
        let shown = |watts| Watts::from_watts(watts).to_string();
        assert_eq!(shown(0.0153), "15.3 mW");
        assert_eq!(shown(350.0), "350 W");
        assert_eq!(shown(1_250.0), "1.25 kW");
    }

    #[test]
    fn what_idles_more_than_it_works_is_below_zero() {
        let above = Watts::from_watts(60.0) - Watts::from_watts(72.5);
        assert_eq!(above.as_watts(), -12.5);
        assert_eq!((above + Watts::from_watts(12.0)).to_string(), "-500 mW");
        assert_eq!(Watts::from_watts(-1e-9).to_string(), "0.00 mW");
    }
}
