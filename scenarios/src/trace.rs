//! Recorded arrivals, to be replayed: a text file with a line for each.

use std::sync::Arc;

use tare_units::Nanoseconds;

/// What a column of one value is called where it is wrong.
const FIELD: &str = "arrival";
/// 30 days: beyond, a number of seconds no longer tells each nanosecond.
const MOST_SECONDS: f64 = 2_592_000.0;

/// When requests arrived, from the start; ascending, and at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace(Arc<[Nanoseconds]>);

/// Why a text is no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// There is nothing in it.
    #[error("{origin} has no arrival: write one a line, in seconds from the start, such as 0.25")]
    Empty {
        /// The file.
        origin: String,
    },
    /// A line is no time.
    #[error(
        "{origin}:{line}: {FIELD} '{value}' is {problem}: write seconds from the start, such as 0.25"
    )]
    Value {
        /// The file.
        origin: String,
        /// Counts from 1.
        line: usize,
        /// What stands there.
        value: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A time is earlier than the one before it.
    #[error(
        "{origin}:{line}: {FIELD} '{value}' goes back in time, behind '{before}': sort the lines"
    )]
    Back {
        /// The file.
        origin: String,
        /// Counts from 1.
        line: usize,
        /// What stands there.
        value: String,
        /// The arrival before it.
        before: String,
    },
}

impl Trace {
    /// The arrivals in `text`, which errors call `origin`: a line each, in seconds from the start, ascending; equal ones
    /// arrive together. Empty lines and those that begin with `#` are passed over. Rounded to the nanosecond.
    ///
    /// # Errors
    /// Names the line, the field and its value.
    pub fn parse(text: &str, origin: &str) -> Result<Self, TraceError> {
        let mut times = Vec::new();
        let mut before: Option<(Nanoseconds, &str)> = None;
        for (index, line) in text.lines().enumerate() {
            let value = line.trim();
            if value.is_empty() || value.starts_with('#') {
                continue;
            }
            let at = index + 1;
            let time = seconds(value).map_err(|problem| TraceError::Value {
                origin: origin.to_owned(),
                line: at,
                value: value.to_owned(),
                problem,
            })?;
            if let Some((_, earlier)) = before.filter(|(earlier, _)| *earlier > time) {
                return Err(TraceError::Back {
                    origin: origin.to_owned(),
                    line: at,
                    value: value.to_owned(),
                    before: earlier.to_owned(),
                });
            }
            before = Some((time, value));
            times.push(time);
        }
        match times.is_empty() {
            true => Err(TraceError::Empty {
                origin: origin.to_owned(),
            }),
            false => Ok(Self(times.into())),
        }
    }

    /// When requests arrive, in nanoseconds from the start.
    pub fn arrivals(&self) -> &[Nanoseconds] {
        &self.0
    }

    pub(crate) fn shared(&self) -> Arc<[Nanoseconds]> {
        self.0.clone()
    }
}

fn seconds(value: &str) -> Result<Nanoseconds, &'static str> {
    let seconds: f64 = value.parse().map_err(|_| "no number")?;
    match seconds {
        _ if seconds.is_nan() => Err("no number"),
        _ if seconds.is_infinite() => Err("infinite"),
        _ if seconds.is_sign_negative() => Err("negative"),
        _ if seconds > MOST_SECONDS => Err("more than 30 days"),
        _ => Ok(Nanoseconds::from_nanos_f64(seconds * 1e9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Trace::parse(text, "a.txt").unwrap_err().to_string()
    }

    #[test]
    fn a_line_is_an_arrival_in_seconds() {
        let text = "# recorded on a Monday\n0\n0.25\r\n\n 0.25 \n0.30000000000000004\n1e1\n";
        let trace = Trace::parse(text, "a.txt").unwrap();
        let nanos: Vec<u64> = trace
            .arrivals()
            .iter()
            .map(|time| time.as_nanos())
            .collect();
        assert_eq!(
            nanos,
            [0, 250_000_000, 250_000_000, 300_000_000, 10_000_000_000]
        );
        let late = Trace::parse("2591999.123456789", "a.txt").unwrap();
        assert_eq!(late.arrivals()[0].as_nanos(), 2_591_999_123_456_789);
    }

    #[test]
    fn what_is_wrong_is_named_with_file_line_field_and_value() {
        for (text, message) in [
            (
                "0.1\n0.3\n# later\n0.2\n",
                "a.txt:4: arrival '0.2' goes back in time, behind '0.3': sort the lines",
            ),
            (
                "0.1\n0.2,7\n",
                "a.txt:2: arrival '0.2,7' is no number: write seconds from the start, such as 0.25",
            ),
            (
                "-0.1",
                "a.txt:1: arrival '-0.1' is negative: write seconds from the start, such as 0.25",
            ),
            (
                "0\ninf",
                "a.txt:2: arrival 'inf' is infinite: write seconds from the start, such as 0.25",
            ),
            (
                "1e999",
                "a.txt:1: arrival '1e999' is infinite: write seconds from the start, such as 0.25",
            ),
            (
                "NaN",
                "a.txt:1: arrival 'NaN' is no number: write seconds from the start, such as 0.25",
            ),
            (
                "1e7",
                "a.txt:1: arrival '1e7' is more than 30 days: write seconds from the start, such as 0.25",
            ),
        ] {
            assert_eq!(refusal(text), message);
        }
        for nothing in ["", "\n\n", "# nothing\n"] {
            assert_eq!(
                refusal(nothing),
                "a.txt has no arrival: write one a line, in seconds from the start, such as 0.25"
            );
        }
    }
}
