//! One line of a meter's output.

use crate::energy::source::Quantity;

/// A reading as the program printed it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Seconds by the program's clock.
    pub(super) stamp: f64,
    pub(super) value: f64,
    pub(super) quantity: Quantity,
    /// The step between neighbouring values with as many digits.
    pub(super) quantum: f64,
}

/// `None` for a line to be skipped, `Some(None)` for one that is no reading.
pub(super) fn parse(text: &str) -> Option<Option<Line>> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    Some(reading(text))
}

fn reading(text: &str) -> Option<Line> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [stamp, value, unit] = fields[..] else {
        return None;
    };
    let quantity = match unit {
        "J" => Quantity::Energy,
        "W" => Quantity::Power,
        _ => return None,
    };
    let finite = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
    Some(Line {
        stamp: finite(stamp)?,
        value: finite(value)?,
        quantity,
        quantum: quantum(value),
    })
}

/// The share that a line such as `# accuracy 0.5%` gives.
pub(super) fn accuracy(text: &str) -> Option<f64> {
    let mut fields = text.trim().strip_prefix('#')?.split_whitespace();
    if fields.next()? != "accuracy" {
        return None;
    }
    let percent: f64 = fields.next()?.strip_suffix('%')?.parse().ok()?;
    let is_alone = fields.next().is_none();
    (is_alone && percent > 0.0 && percent < 100.0).then_some(percent / 100.0)
}

/// One of the last digit that is printed.
fn quantum(value: &str) -> f64 {
    let (digits, exponent) = value.split_once(['e', 'E']).unwrap_or((value, "0"));
    let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
    let exponent: i32 = exponent.parse().unwrap_or(0);
    10f64.powi(exponent.saturating_sub(i32::try_from(decimals).unwrap_or(i32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_time_value_and_unit() {
        assert_eq!(
            parse(" 12.500\t3051.2  J \r"),
            Some(Some(Line {
                stamp: 12.5,
                value: 3051.2,
                quantity: Quantity::Energy,
                quantum: 0.1,
            }))
        );
        let watts = parse("1763740000.25 187 W").unwrap().unwrap();
        assert_eq!((watts.quantity, watts.quantum), (Quantity::Power, 1.0));
        assert_eq!(parse("1 1.5e+06 J").unwrap().unwrap().quantum, 1e5);
    }

    #[test]
    fn an_accuracy_is_a_percentage_in_a_comment_of_its_own_and_nothing_is_guessed() {
        assert_eq!(accuracy("# accuracy 0.5%\n"), Some(0.005));
        assert_eq!(accuracy(" #accuracy 2%"), Some(0.02));
        for none in [
            "# accuracy",
            "# accuracy good",
            "# accuracy 0.5",
            "# accuracy 0%",
            "# accuracy -1%",
            "# accuracy 100%",
            "# accuracy NaN%",
            "# accuracy 1% or so",
            "# the accuracy 1%",
            "accuracy 1%",
        ] {
            assert_eq!(accuracy(none), None, "{none}");
        }
    }

    #[test]
    fn comments_are_skipped_and_anything_else_is_no_reading() {
        assert_eq!(
            (parse(""), parse("  "), parse("# begins 1 2 J")),
            (None, None, None)
        );
        for wrong in [
            "1 2", "1 2 kJ", "1 2 J J", "x 2 J", "1 y W", "nan 2 J", "1 inf W", "1 NaN W",
            "1,5 2 W",
        ] {
            assert_eq!(parse(wrong), Some(None), "{wrong}");
        }
    }
}
