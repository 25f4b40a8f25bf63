//! Splitting a written quantity into its number and its unit.

/// Why a written quantity was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// The text is not a number followed by a unit.
    #[error("'{text}' is not a {what}: write a number and a unit, such as {example}")]
    Malformed {
        /// What was written.
        text: String,
        /// What was expected.
        what: &'static str,
        /// A valid spelling.
        example: &'static str,
    },
    /// The unit is missing or unknown.
    #[error("'{text}' has no known unit: use one of {units}, such as {example}")]
    Unit {
        /// What was written.
        text: String,
        /// The units that exist.
        units: &'static str,
        /// A valid spelling.
        example: &'static str,
    },
    /// The quantity is negative, not finite, or does not fit.
    #[error("'{text}' is out of range for a {what}")]
    Range {
        /// What was written.
        text: String,
        /// What was expected.
        what: &'static str,
    },
}

/// A kind of quantity: its name, an example, and its units with their size in the base unit.
pub(crate) struct Scale {
    pub what: &'static str,
    pub example: &'static str,
    pub units: &'static [(&'static str, f64)],
    pub listed: &'static str,
}

impl Scale {
    /// The quantity in base units, rounded to the nearest whole one.
    pub(crate) fn parse(&self, text: &str) -> Result<u64, QuantityError> {
        let trimmed = text.trim();
        let split = trimmed
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(split);
        let number: f64 = number.parse().map_err(|_| QuantityError::Malformed {
            text: text.to_owned(),
            what: self.what,
            example: self.example,
        })?;
        let unit = unit.trim();
        let size = self
            .units
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, size)| *size)
            .ok_or_else(|| QuantityError::Unit {
                text: text.to_owned(),
                units: self.listed,
                example: self.example,
            })?;
        let value = (number * size).round();
        if value >= 0.0 && value < u64::MAX as f64 {
            Ok(value as u64)
        } else {
            Err(QuantityError::Range {
                text: text.to_owned(),
                what: self.what,
            })
        }
    }
}

/// `value` with three significant digits and, from 1,000 on, separated thousands; no minus before a zero.
pub(crate) fn significant(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{size:.decimals$}");
    let is_zero = !text.contains(|digit| digit != '0' && digit != '.');
    let sign = if value < 0.0 && !is_zero { "-" } else { "" };
    format!("{sign}{}", grouped(text))
}

fn grouped(text: String) -> String {
    let whole = text.split('.').next().unwrap_or(&text);
    if whole.len() <= 3 {
        return text;
    }
    let mut grouped = String::with_capacity(text.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
