//! Reads the table that rten prints after a profiled request: the only form in which it hands out its profile.
//!
//! ```text
//! 3 ops evaluated in 0.031ms
//! Pool allocs 3 hits 1
//! Max activation bytes 48 B
//!
//! MatMul 0.03ms (83.87%)
//!
//!     Shape           Count  Mean (ms)  Total (ms)  ns/input elem  Example node
//!     --------------  -----  ---------  ----------  -------------  ------------
//!     [2, 4], [4, 4]  2      0.013      0.026       541.667        /layer.0/MatMul
//!
//!
//! ```
//!
//! and so on, an operator kind after another. Every line must be as expected, and counts and times must add up, so that
//! another version of rten, or text from elsewhere in between, is an error rather than a wrong number.

mod table;

use tare_adapter_api::OperatorTime;

use self::table::Table;

/// Why the text is not rten's profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProfileError {
    /// The text ends early.
    #[error("it ends where {0} should stand")]
    Ends(&'static str),
    /// A line is something else.
    #[error("line {number} '{line}' is not {expected}")]
    Line {
        number: usize,
        line: String,
        expected: &'static str,
    },
    /// The kinds are not all operators.
    #[error("its kinds have {counted} operators but {announced} are announced")]
    Count { counted: u64, announced: u64 },
    /// The kinds do not take all the time.
    #[error("its kinds take {summed} ns but {announced} ns are announced")]
    Time { summed: u64, announced: u64 },
}

/// Half a unit in the last place of a printed time, in nanoseconds.
const ROUNDING_NS: u64 = 500;

/// Time and count of the operators of each kind and shapes, in the order of the text.
pub(crate) fn parse(text: &str) -> Result<Vec<OperatorTime>, ProfileError> {
    let mut lines = Lines::of(text);
    let (operators, total_ns) = lines.next("the number of operators", announced)?;
    lines.next("the pool's allocations", |line| {
        line.strip_prefix("Pool allocs ")
    })?;
    lines.next("the largest activations", |line| {
        line.strip_prefix("Max activation bytes ")
    })?;
    lines.blank()?;
    let mut rows = Vec::new();
    while lines.remain() {
        let kind = lines.next("an operator kind", kind)?;
        lines.blank()?;
        let table = Table::read(&mut lines)?;
        rows.extend(table.rows.into_iter().map(|row| OperatorTime {
            name: (!row.name.is_empty()).then(|| row.name.to_owned()),
            kind: kind.to_owned(),
            count: row.count,
            time_ns: row.time_ns,
        }));
    }
    add_up(&rows, operators, total_ns)?;
    Ok(rows)
}

fn add_up(rows: &[OperatorTime], operators: u64, total_ns: u64) -> Result<(), ProfileError> {
    let counted = rows.iter().map(|row| row.count).sum();
    if counted != operators {
        return Err(ProfileError::Count {
            counted,
            announced: operators,
        });
    }
    let summed: u64 = rows.iter().map(|row| row.time_ns).sum();
    if summed.abs_diff(total_ns) > (rows.len() as u64 + 2) * ROUNDING_NS {
        return Err(ProfileError::Time {
            summed,
            announced: total_ns,
        });
    }
    Ok(())
}

/// `125 ops evaluated in 32.093ms`.
fn announced(line: &str) -> Option<(u64, u64)> {
    let (operators, time) = line.split_once(" ops evaluated in ")?;
    Some((
        operators.parse().ok()?,
        nanoseconds(time.strip_suffix("ms")?)?,
    ))
}

/// `MatMul 31.20ms (97.20%)`, padded.
fn kind(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let (kind, time, share) = (words.next()?, words.next()?, words.next()?);
    nanoseconds(time.strip_suffix("ms")?)?;
    share
        .strip_prefix('(')?
        .strip_suffix("%)")?
        .parse::<f64>()
        .ok()?;
    (words.next().is_none() && !line.starts_with(' ')).then_some(kind)
}

/// From milliseconds as printed.
fn nanoseconds(milliseconds: &str) -> Option<u64> {
    let value: f64 = milliseconds.parse().ok()?;
    (value.is_finite() && value >= 0.0).then(|| (value * 1e6).round() as u64)
}

/// The lines of a text with the number of the next one.
struct Lines<'t> {
    lines: std::iter::Peekable<std::str::Lines<'t>>,
    number: usize,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            lines: text.lines().peekable(),
            number: 0,
        }
    }

    fn remain(&mut self) -> bool {
        self.lines.peek().is_some()
    }

    fn next<R>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&'t str) -> Option<R>,
    ) -> Result<R, ProfileError> {
        let line = self.lines.next().ok_or(ProfileError::Ends(expected))?;
        self.number += 1;
        read(line).ok_or_else(|| ProfileError::Line {
            number: self.number,
            line: line.to_owned(),
            expected,
        })
    }

    fn blank(&mut self) -> Result<(), ProfileError> {
        self.next("an empty line", |line| line.is_empty().then_some(()))
    }
}

#[cfg(test)]
mod tests;
