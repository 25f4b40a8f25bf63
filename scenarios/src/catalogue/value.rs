//! What an option may hold, read from its text and written back in one form.

use std::fmt;

use tare_statistics::Percentile;
use tare_units::Nanoseconds;

use crate::{Objective, RequestRate, written};

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Value {
    Count(u64),
    Time(Nanoseconds),
    Rate(RequestRate),
    /// The highest rate that keeps the objective.
    Highest,
    Objective(Objective),
    Percentile(Percentile),
    Think(Think),
    Pattern(Pattern),
    File(String),
}

/// How long a client thinks between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Think {
    Constant(Nanoseconds),
    /// Drawn with this mean.
    Exponential(Nanoseconds),
}

/// How arrivals of one mean rate lie in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Pattern {
    Poisson,
    Constant,
    Bursty,
}

const PATTERNS: [(&str, Pattern); 3] = [
    ("poisson", Pattern::Poisson),
    ("constant", Pattern::Constant),
    ("bursty", Pattern::Bursty),
];

const EXPONENTIAL: &str = "exp:";

/// What kind of value an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Count {
        least: u64,
        most: u64,
    },
    /// A time that may be none at all.
    Pause,
    Time,
    Rate,
    Objective,
    Percentile,
    Think,
    Pattern,
    File,
}

impl Kind {
    pub(crate) fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Count { least, most } => {
                let count = text.parse().ok();
                let count = count.filter(|count| (least..=most).contains(count));
                count.map(Value::Count)
            }
            Self::Pause => pause(text).map(Value::Time),
            Self::Time => time(text).map(Value::Time),
            Self::Rate if text == "max" => Some(Value::Highest),
            Self::Rate => RequestRate::read(text).map(Value::Rate),
            Self::Objective => written::read_objective(text).map(Value::Objective),
            Self::Percentile => written::read_percentile(text).map(Value::Percentile),
            Self::Think => think(text).map(Value::Think),
            Self::Pattern => {
                let known = PATTERNS.iter().find(|(word, _)| *word == text);
                known.map(|(_, pattern)| Value::Pattern(*pattern))
            }
            Self::File => (!text.is_empty()).then(|| Value::File(text.to_owned())),
        }
    }

    /// What a value is expected to be, after "is not".
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Count { least, most } => format!("a whole number from {least} to {most}"),
            Self::Pause => "a time: write 0, or a number and a unit, such as 2ms".to_owned(),
            Self::Time => {
                "a time above zero: write a number and a unit, such as 500ms".to_owned()
            }
            Self::Rate => {
                "a rate: write requests a second from 0.000001 to 1000000000, with at most six decimals, or max"
                    .to_owned()
            }
            Self::Objective => {
                "an objective: write a percentile below a time with its unit, such as p99<20ms".to_owned()
            }
            Self::Percentile => "a percentile from p0.1 to p99.9, such as p99".to_owned(),
            Self::Think => {
                "a think time: write 0, a time such as 5ms, or exp: and the mean of drawn ones, such as exp:5ms"
                    .to_owned()
            }
            Self::Pattern => format!("one of {}", PATTERNS.map(|(word, _)| word).join(", ")),
            Self::File => "the name of a file".to_owned(),
        }
    }

    /// A value that may be written.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Count { .. } => "10",
            Self::Pause => "2ms",
            Self::Time => "500ms",
            Self::Rate => "1000",
            Self::Objective => "p99<20ms",
            Self::Percentile => "p99",
            Self::Think => "exp:5ms",
            Self::Pattern => "constant",
            Self::File => "arrivals.txt",
        }
    }
}

fn pause(text: &str) -> Option<Nanoseconds> {
    match text {
        "0" => Some(Nanoseconds::ZERO),
        _ => text.parse().ok(),
    }
}

fn time(text: &str) -> Option<Nanoseconds> {
    let time = text.parse().ok();
    time.filter(|time| *time > Nanoseconds::ZERO)
}

fn think(text: &str) -> Option<Think> {
    match text.strip_prefix(EXPONENTIAL) {
        Some(mean) => time(mean).map(Think::Exponential),
        None => pause(text).map(Think::Constant),
    }
}

/// The one form in which an option is recorded and compared.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Time(time) | Self::Think(Think::Constant(time)) => {
                f.write_str(&written::time(*time))
            }
            Self::Think(Think::Exponential(mean)) => {
                write!(f, "{EXPONENTIAL}{}", written::time(*mean))
            }
            Self::Rate(rate) => write!(f, "{rate}"),
            Self::Highest => f.write_str("max"),
            Self::Objective(objective) => f.write_str(&written::objective(objective)),
            Self::Percentile(percentile) => write!(f, "{percentile}"),
            Self::Pattern(pattern) => {
                let known = PATTERNS.iter().find(|(_, known)| known == pattern);
                f.write_str(known.map_or("", |(word, _)| word))
            }
            Self::File(file) => f.write_str(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_form_in_which_it_reads_back() {
        for (kind, text, canonical) in [
            (Kind::Count { least: 0, most: 9 }, "007", "7"),
            (Kind::Pause, "0", "0s"),
            (Kind::Pause, "1500us", "1500us"),
            (Kind::Time, "1.5 s", "1500ms"),
            (Kind::Time, "2min", "120s"),
            (Kind::Rate, "100.50", "100.5"),
            (Kind::Rate, "max", "max"),
            (Kind::Objective, "p99<0.02s", "p99<20ms"),
            (Kind::Percentile, "p99.0", "p99"),
            (Kind::Think, "5000us", "5ms"),
            (Kind::Think, "exp:0.005s", "exp:5ms"),
            (Kind::Pattern, "bursty", "bursty"),
            (Kind::File, "a=b.txt", "a=b.txt"),
        ] {
            let value = kind.read(text).unwrap();
            assert_eq!(value.to_string(), canonical);
            assert_eq!(kind.read(canonical), Some(value));
        }
    }

    #[test]
    fn what_is_expected_says_how_to_write_it() {
        for (kind, wrong) in [
            (Kind::Count { least: 1, most: 9 }, "10"),
            (Kind::Pause, "5"),
            (Kind::Time, "0s"),
            (Kind::Rate, "Max"),
            (Kind::Objective, "20ms"),
            (Kind::Percentile, "99"),
            (Kind::Think, "exp:0s"),
            (Kind::Pattern, "uniform"),
            (Kind::File, ""),
        ] {
            assert_eq!(kind.read(wrong), None, "{wrong}");
            assert!(!kind.expected().is_empty());
            assert!(kind.read(kind.example()).is_some() || wrong == "10");
        }
    }
}
