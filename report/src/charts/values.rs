//! Numbers as a person reads them, and exactly, in the unit of their column, as a program does.

use tare_units::{Bytes, Joules};

use crate::table::numbers;

/// What stands in a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A name.
    Text(String),
    /// A number.
    Number {
        /// With its unit.
        shown: String,
        /// Without.
        exact: String,
    },
    /// Unknown, with the reason where there is one.
    Missing(Option<String>),
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A time in nanoseconds.
    pub fn time(nanos: f64) -> Self {
        let shown = match nanos < 0.0 {
            true => format!("−{}", numbers::time(-nanos)),
            false => numbers::time(nanos),
        };
        Self::number(shown, nanos)
    }

    /// With a mark before what a person reads; what a program reads stays as it is.
    pub fn marked(self, mark: &str) -> Self {
        match self {
            Self::Number { shown, exact } => Self::Number {
                shown: format!("{mark}{shown}"),
                exact,
            },
            other => other,
        }
    }

    /// The same where it may be far less than a nanosecond.
    pub fn small_time(nanos: f64) -> Self {
        Self::number(crate::draw::ticks::si(nanos * 1e-9, "s"), nanos)
    }

    /// A number of things.
    pub fn count(count: u64) -> Self {
        Self::Number {
            shown: numbers::thousands(count),
            exact: count.to_string(),
        }
    }

    /// Memory.
    pub fn bytes(bytes: f64) -> Self {
        let shown = match bytes < 0.0 {
            true => format!("−{}", Bytes::from_bytes(-bytes as u64)),
            false => Bytes::from_bytes(bytes as u64).to_string(),
        };
        Self::number(shown, bytes)
    }

    /// A share from 0 to 1.
    pub fn share(share: f64) -> Self {
        Self::number(format!("{:.1}%", share * 100.0), share)
    }

    /// A share close to 1, by its nines.
    pub fn nines(share: f64) -> Self {
        Self::number(numbers::nines(share), share)
    }

    /// Energy.
    pub fn joules(joules: f64) -> Self {
        Self::number(Joules::from_joules(joules).to_string(), joules)
    }

    /// A number without a unit.
    pub fn plain(value: f64) -> Self {
        Self::number(numbers::significant(value), value)
    }

    /// A value with the prefix that suits before its unit.
    pub fn si(value: f64, unit: &str) -> Self {
        Self::number(crate::draw::ticks::si(value, unit), value)
    }

    fn number(shown: String, exact: f64) -> Self {
        match exact.is_finite() {
            true => Self::Number {
                shown,
                exact: digits(exact),
            },
            false => Self::Missing(Some("not a number".to_owned())),
        }
    }
}

/// Seven digits at the most; whole numbers as they are.
fn digits(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value}");
    }
    let rounded: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    match value.abs() {
        1e-4..1e15 => rounded.to_string(),
        _ => format!("{rounded:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(value: Value) -> (String, String) {
        match value {
            Value::Number { shown, exact } => (shown, exact),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_number_is_shown_with_its_unit_and_kept_exactly_without() {
        assert_eq!(
            both(Value::time(31_912_345.0)),
            ("31.9 ms".into(), "31912345".into())
        );
        assert_eq!(
            both(Value::time(-1_500.0)),
            ("−1.50 µs".into(), "-1500".into())
        );
        assert_eq!(
            both(Value::share(0.2581)),
            ("25.8%".into(), "0.2581".into())
        );
        assert_eq!(both(Value::count(22_713_216)).1, "22713216");
    }

    #[test]
    fn what_one_operation_takes_is_told_below_a_nanosecond() {
        assert_eq!(
            both(Value::small_time(0.0125)),
            ("12.5 ps".into(), "0.0125".into())
        );
        assert_eq!(both(Value::small_time(-2_000.0)).0, "-2 µs");
    }

    #[test]
    fn seven_digits_are_kept_of_whatever_size() {
        let kept = [1.0 / 3.0, 1e-7 / 3.0, 2e18 / 3.0].map(digits);
        assert_eq!(kept, ["0.3333333", "3.333333e-8", "6.666667e17"]);
    }

    #[test]
    fn what_is_no_number_is_missing() {
        assert!(matches!(Value::plain(f64::NAN), Value::Missing(Some(_))));
    }
}
