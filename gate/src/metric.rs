//! What a gate compares: its name, which way is worse, how repeatable it is, and what follows from that.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_statistics::Percentile;
use tare_units::Nanoseconds;

use crate::limits::{Errors, Limits};
use crate::statistic::{Basis, Statistic};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The median latency.
    P50,
    /// The latency that one request in four stays below.
    P25,
    /// The latency that one request in a hundred exceeds.
    P99,
    /// Samples a second, one request after another.
    Throughput,
    /// From starting to load a model until it could be asked.
    Load,
    /// The most memory that was resident.
    PeakMemory,
    /// Energy of one sample.
    Energy,
    /// Instructions of one request.
    Instructions,
    /// Bytes of the model's file.
    Size,
    /// Operators that are executed.
    Operators,
    /// Floating-point operations of one request.
    Flops,
}

/// How alike the figures of two processes of the same side are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeatability {
    /// The same each time: one figure of each side decides.
    Exact,
    /// Nearly the same, whatever the machine does beside: a few processes of each side decide.
    Nearly,
    /// The machine's noise is in it: interleaved blocks decide.
    Noisy,
}

/// Which way a metric gets worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More is worse: latency, memory, energy.
    LowerIsBetter,
    /// Less is worse: throughput.
    HigherIsBetter,
}

/// What is known of both sides before anything is measured, as far as it chooses the statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditions {
    /// Neither side computes with more than one thread.
    pub single_threaded: bool,
    /// The run delay of each request is read on both sides.
    pub run_delay: bool,
}

/// How many requests a process times; both bounds hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// At least so many.
    pub at_least: u64,
    /// Timed for at least so long together.
    pub for_at_least: Nanoseconds,
    /// Where so many would take longer than [`Requests::LONG`], fewer do, down to this; a process with less has no figure.
    pub fewest: u64,
}

impl Requests {
    /// Longer than this, no process need be timed.
    pub const LONG: Nanoseconds = Nanoseconds::from_secs(3);

    /// How many requests a process times, each of which takes about `latency`.
    pub fn of(&self, latency: Nanoseconds) -> u64 {
        let within = |time: Nanoseconds| time.as_nanos() / latency.as_nanos().max(1);
        let wanted = self.at_least.max(within(self.for_at_least) + 1);
        wanted.min(within(Self::LONG).max(self.fewest))
    }
}

/// Requests of a process, and the fewest that a median or a mean is taken of.
const REQUESTS: (u64, u64) = (50, 15);
/// Those of a process whose 99th percentile is wanted: of 200, two lie beyond it.
const REQUESTS_OF_P99: (u64, u64) = (400, 200);
/// Timed work of a process, at the least: slices of a scheduler take some 4 ms, so that fewer requests all fall into few of them.
const TIMED: Nanoseconds = Nanoseconds::from_millis(300);

impl Metric {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::P50,
        Self::P25,
        Self::P99,
        Self::Throughput,
        Self::Load,
        Self::PeakMemory,
        Self::Energy,
        Self::Instructions,
        Self::Size,
        Self::Operators,
        Self::Flops,
    ];

    /// As it is written: `peak-memory`.
    pub fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P25 => "p25",
            Self::P99 => "p99",
            Self::Throughput => "throughput",
            Self::Load => "load",
            Self::PeakMemory => "peak-memory",
            Self::Energy => "energy",
            Self::Instructions => "instructions",
            Self::Size => "size",
            Self::Operators => "operators",
            Self::Flops => "flops",
        }
    }

    /// How alike two processes' figures are.
    pub fn repeatability(self) -> Repeatability {
        match self {
            Self::Size | Self::Operators | Self::Flops => Repeatability::Exact,
            Self::PeakMemory | Self::Instructions => Repeatability::Nearly,
            Self::P50 | Self::P25 | Self::P99 | Self::Throughput | Self::Load | Self::Energy => {
                Repeatability::Noisy
            }
        }
    }

    /// Which way it gets worse.
    pub fn direction(self) -> Direction {
        match self {
            Self::Throughput => Direction::HigherIsBetter,
            _ => Direction::LowerIsBetter,
        }
    }

    /// The limits where none are given. A figure that is exact may not grow at all; one that a process gives only once, and the
    /// tail, are allowed more, as they vary more.
    pub fn limits(self) -> Limits {
        let (tolerance, must_detect) = match self {
            Self::P50 | Self::P25 | Self::Throughput => (0.02, 0.05),
            Self::P99 => (0.10, 0.30),
            Self::Load | Self::Energy => (0.05, 0.15),
            Self::PeakMemory => (0.01, 0.03),
            Self::Instructions => (0.005, 0.015),
            Self::Size | Self::Operators | Self::Flops => (0.0, 0.0),
        };
        Limits {
            tolerance,
            must_detect,
            errors: Errors::default(),
        }
    }

    /// The statistic that decides. Effective latencies need a single thread whose run delay is read: those of a pool overlap, and
    /// correct too much. Else the 25th percentile stands for the median, as requests that were not disturbed are the faster ones.
    pub fn statistic(self, conditions: Conditions) -> Statistic {
        let basis = if conditions.single_threaded && conditions.run_delay {
            Basis::Effective
        } else {
            Basis::Wall
        };
        match (self, basis) {
            (Self::P50, Basis::Effective) => Statistic::percentile(Percentile::P50, basis),
            (Self::P50, Basis::Wall) | (Self::P25, _) => Statistic::percentile(P25, basis),
            (Self::P99, _) => Statistic::percentile(Percentile::P99, basis),
            (Self::Throughput, _) => Statistic::Throughput(basis),
            _ => Statistic::Once,
        }
    }

    /// What each process times; `None` where its figure is none of requests.
    pub fn requests(self) -> Option<Requests> {
        let (at_least, fewest) = match self {
            Self::P50 | Self::P25 | Self::Throughput => REQUESTS,
            Self::P99 => REQUESTS_OF_P99,
            _ => return None,
        };
        Some(Requests {
            at_least,
            for_at_least: TIMED,
            fewest,
        })
    }

    /// The logarithm of a figure, negated where higher is better: the larger, the worse.
    pub fn cost(self, figure: f64) -> f64 {
        match self.direction() {
            Direction::LowerIsBetter => figure.ln(),
            Direction::HigherIsBetter => -figure.ln(),
        }
    }
}

/// The 25th percentile.
pub(crate) const P25: Percentile = match Percentile::from_per_mille(250) {
    Some(percentile) => percentile,
    None => Percentile::P50,
};

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that is no metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no metric: choose one of {}", names())]
pub struct UnknownMetric {
    /// As it was written.
    pub word: String,
}

fn names() -> String {
    Metric::ALL.map(Metric::name).join(", ")
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(word: &str) -> Result<Self, UnknownMetric> {
        let found = Self::ALL.into_iter().find(|metric| metric.name() == word);
        found.ok_or_else(|| UnknownMetric { word: word.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_read_as_it_is_written_and_serialised() {
        for metric in Metric::ALL {
            assert_eq!(metric.to_string().parse(), Ok(metric));
        }
        let error = "p42".parse::<Metric>().expect_err("no metric");
        assert!(
            error
                .to_string()
                .contains("`p42` is no metric: choose one of p50, p25")
        );
    }

    #[test]
    fn only_one_thread_whose_delay_is_read_is_judged_by_effective_latencies() {
        let both = |single_threaded, run_delay| {
            Metric::P50
                .statistic(Conditions {
                    single_threaded,
                    run_delay,
                })
                .to_string()
        };
        assert_eq!(both(true, true), "effective p50");
        assert_eq!(both(false, true), "wall p25");
        assert_eq!(both(true, false), "wall p25");
    }

    #[test]
    fn less_throughput_is_worse_as_more_latency_is() {
        let less = Metric::Throughput.cost(50.0) - Metric::Throughput.cost(100.0);
        let more = Metric::P50.cost(100.0) - Metric::P50.cost(50.0);
        assert!(less > 0.0 && (less - more).abs() < 1e-12);
    }

    #[test]
    fn limits_leave_room_between_what_is_allowed_and_what_must_be_found() {
        for metric in Metric::ALL {
            let limits = metric.limits();
            let exact = metric.repeatability() == Repeatability::Exact;
            assert_eq!(limits.must_detect > limits.tolerance, !exact, "{metric}");
        }
    }
}
