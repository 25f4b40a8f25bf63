//! Quantities as they are written in a scenario or a suite: short, and exact enough to be read back as the same.

use tare_statistics::Percentile;
use tare_units::Nanoseconds;

use crate::Objective;

/// In the largest unit that holds it as a whole number.
pub(crate) fn time(duration: Nanoseconds) -> String {
    let nanos = duration.as_nanos();
    let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)];
    let whole = units.iter().find(|(_, unit)| nanos.is_multiple_of(*unit));
    let (name, unit) = whole.unwrap_or(&("ns", 1));
    format!("{}{name}", nanos / unit)
}

/// Such as `p99<20ms`.
pub(crate) fn objective(objective: &Objective) -> String {
    format!("{}<{}", objective.percentile, time(objective.bound))
}

/// `p99`, `p99.9`; `None` of anything else.
pub(crate) fn read_percentile(text: &str) -> Option<Percentile> {
    let number = text.strip_prefix('p')?;
    let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
    let whole: u16 = digits(whole)?.parse().ok()?;
    let tenth: u16 = digits(tenth)
        .filter(|digits| digits.len() == 1)?
        .parse()
        .ok()?;
    Percentile::from_per_mille(whole.checked_mul(10)?.checked_add(tenth)?)
}

/// A percentile below a time above zero.
pub(crate) fn read_objective(text: &str) -> Option<Objective> {
    let (percentile, bound) = text.split_once('<')?;
    let bound: Nanoseconds = bound.parse().ok()?;
    let percentile = read_percentile(percentile)?;
    (bound > Nanoseconds::ZERO).then_some(Objective { percentile, bound })
}

fn digits(text: &str) -> Option<&str> {
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_in_the_largest_unit_that_is_whole() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1500ns"),
            (20_000_000, "20ms"),
            (60_000_000_000, "60s"),
            (123_456_789_012_345, "123456789012345ns"),
        ] {
            let duration = Nanoseconds::from_nanos(nanos);
            assert_eq!(time(duration), text);
            assert_eq!(text.parse(), Ok(duration));
        }
    }

    #[test]
    fn percentiles_are_read_to_the_tenth() {
        for text in ["p50", "p99", "p99.9", "p0.1"] {
            assert_eq!(read_percentile(text).unwrap().to_string(), text);
        }
        for text in [
            "p0", "p100", "99", "p", "p99.", "p99.99", "p-1", "p+9", "P99", "pNaN",
        ] {
            assert_eq!(read_percentile(text), None, "{text}");
        }
    }

    #[test]
    fn an_objective_is_a_percentile_below_a_time_with_its_unit() {
        for text in ["p99<20ms", "p99.9<1500us"] {
            assert_eq!(objective(&read_objective(text).unwrap()), text);
        }
        for text in [
            "p99<20",
            "p99",
            "p99<0ms",
            "p99<-1ms",
            "<20ms",
            "p99>20ms",
            "p99<=20ms",
            "p101<1s",
        ] {
            assert_eq!(read_objective(text), None, "{text}");
        }
    }
}
