//! How many requests are due a second, held exactly.

use std::fmt;

const MICRO: u64 = 1_000_000;
const DECIMALS: usize = 6;
/// A thousand million requests a second: one a nanosecond, the grain of the clock.
const MOST: u64 = 1_000_000_000 * MICRO;

/// Requests a second in whole millionths, so that what was written is what is compared and recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestRate(u64);

impl RequestRate {
    /// The nearest millionth of a request a second; `None` outside 0.000001 to 1,000,000,000, and of no number.
    pub fn from_per_s(per_s: f64) -> Option<Self> {
        let micro = (per_s * MICRO as f64).round();
        (micro >= 1.0 && micro <= MOST as f64).then_some(Self(micro as u64))
    }

    /// Requests a second.
    pub fn per_s(self) -> f64 {
        self.0 as f64 / MICRO as f64
    }

    /// Millionths of a request a second.
    pub const fn as_micro(self) -> u64 {
        self.0
    }

    /// Digits with at most six after a point, and nothing else.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || part.len() > DECIMALS {
            return None;
        }
        let whole: u64 = whole.parse().ok()?;
        let micro = whole.checked_mul(MICRO)?;
        let micro = micro.checked_add(format!("{part:0<DECIMALS$}").parse().ok()?)?;
        (1..=MOST).contains(&micro).then_some(Self(micro))
    }
}

/// As it is written: `1000`, `0.5`.
impl fmt::Display for RequestRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / MICRO, self.0 % MICRO);
        let decimals = format!(".{part:0DECIMALS$}");
        let decimals = decimals.trim_end_matches('0').trim_end_matches('.');
        f.pad(&format!("{whole}{decimals}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_reads_back_as_written_to_the_millionth() {
        for text in ["1", "0.5", "1000", "0.000001", "1000000000", "333.333333"] {
            let rate = RequestRate::read(text).unwrap();
            assert_eq!(rate.to_string(), text);
            assert_eq!(RequestRate::from_per_s(rate.per_s()), Some(rate));
        }
        assert_eq!(RequestRate::read("0.1").unwrap().as_micro(), 100_000);
        assert_eq!(RequestRate::read("007.50").unwrap().to_string(), "7.5");
    }

    #[test]
    fn what_is_no_positive_finite_rate_is_none() {
        for text in [
            "0",
            "0.0",
            "-1",
            "+1",
            "inf",
            "NaN",
            "",
            ".",
            "1.",
            ".5",
            "1e3",
            "0.0000001",
            "1 ",
            "1000000000.1",
            "99999999999999999999",
        ] {
            assert_eq!(RequestRate::read(text), None, "{text}");
        }
        for per_s in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-7, 1.1e9] {
            assert_eq!(RequestRate::from_per_s(per_s), None, "{per_s}");
        }
    }
}
