//! What is told of a gate, whichever way it is written.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use tare_gate::{
    Block, Effect, ExitClass, Gate, Limits, Metric, Outcome, Requests, SideEvidence, Size,
};
use tare_units::{Bytes, Flops, Joules, Nanoseconds};

use super::super::run::dry::about;
use super::prepared::Difference;

/// The name and version of this format.
pub const SCHEMA: &str = "tare.gate/1";

/// All gates of one execution.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
pub struct All {
    /// `tare.gate/1`.
    pub schema: &'static str,
    /// When they ended, UTC, RFC 3339.
    pub created: String,
    /// The fingerprint of the machine.
    pub machine: String,
    /// The exit code that follows.
    pub exit: u8,
    /// In the order in which they were decided.
    pub gates: Vec<Told>,
    /// Those that were to follow, in their order.
    pub not_run: Vec<NotRun>,
}

/// A gate that was asked for and has no verdict.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct NotRun {
    /// What was to be gated.
    pub name: String,
    /// Why it was not.
    pub why: String,
    /// Whether it is the one that failed, rather than one of those that were left out for it.
    pub failed: bool,
}

/// One gate.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
pub struct Told {
    /// What is gated.
    pub name: String,
    /// The parts in which the sides differ.
    pub differences: Vec<Difference>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How many blocks it could take.
    pub size: Size,
    /// From its first worker to its last.
    pub took_ns: Nanoseconds,
    /// The runs in the store that hold every record, the baseline's first; none where nothing was measured.
    pub runs: Vec<String>,
    /// Whether what was measured is a stored baseline's now.
    #[serde(rename = "baseline_updated")]
    pub updated: bool,
    /// What else is worth knowing, a line each.
    pub notes: Vec<String>,
    /// Every block.
    pub evidence: Vec<Block>,
}

impl All {
    /// What the exit code says; a baseline that was stored is what was asked for, whether it decides yet or not.
    pub fn class(gates: &[Told]) -> ExitClass {
        let decided = |told: &&Told| {
            !told.updated || told.outcome.verdict.exit_class() == ExitClass::Regressed
        };
        let open = gates.iter().filter(decided);
        match gates.iter().all(|told| told.updated) {
            true => ExitClass::Passed,
            false => ExitClass::of_all(open.map(|told| &told.outcome.verdict)),
        }
    }
}

impl Told {
    /// The verdict in one line, with the effect and its interval.
    pub fn headline(&self) -> String {
        let verdict = self.outcome.verdict.name();
        match self.outcome.effect {
            Some(effect) => format!("{verdict}: {}", effect_of(self.outcome.metric, effect)),
            None => verdict.to_owned(),
        }
    }

    /// Why it was not decided, or is none; a line each.
    pub fn reasons(&self) -> Vec<String> {
        self.outcome.verdict.reasons()
    }

    /// What decides, and by which limits.
    pub fn rule(&self) -> String {
        let Limits {
            tolerance,
            must_detect,
            errors,
        } = self.outcome.limits;
        if self.outcome.metric.repeatability() == tare_gate::Repeatability::Exact {
            return format!("exact, at most {} worse", percent(tolerance));
        }
        format!(
            "{}, at most {} worse (false alarms {}); {} worse never passes (wrong passes {})",
            self.outcome.statistic,
            percent(tolerance),
            percent(errors.false_alarm),
            percent(must_detect),
            percent(errors.wrong_pass)
        )
    }

    /// The medians of both sides' figures.
    pub fn figures(&self) -> Option<(String, String)> {
        let [baseline, candidate] = self.outcome.sides;
        let told = |side: SideEvidence| side.median.map(|value| figure(self.outcome.metric, value));
        told(baseline).zip(told(candidate))
    }

    /// Blocks, requests and contention in one line.
    pub fn evidence(&self) -> String {
        let [baseline, candidate] = self.outcome.sides;
        let unit = match self.runs.len() {
            1 => "process",
            _ => "block",
        };
        let mut text = counted(self.outcome.blocks, unit);
        let requests = baseline.requests + candidate.requests;
        if requests > 0 {
            text.push_str(&format!(", {requests} requests"));
        }
        text.push_str(&format!(" in {}", self.took_ns));
        if let Some((baseline, candidate)) = baseline.waited.zip(candidate.waited) {
            text.push_str(&format!(
                "; waited for a core {} of the baseline's time and {} of the candidate's",
                tenth(baseline),
                tenth(candidate)
            ));
        }
        text
    }
}

/// What a gate takes, as far as that is known before its first block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Takes {
    /// Requests that each process times; `None` where its figure is none of requests.
    pub requests: Option<Sample>,
    /// How long a block takes; `None` where nothing was measured yet.
    pub block: Option<Nanoseconds>,
}

/// Requests of a process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sample {
    /// So many.
    Exactly(u64),
    /// As many as these bounds say, once it is known how long one takes.
    Bounded(Requests),
    /// As many as the scenario says.
    OfScenario,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(1) => f.write_str("1 request"),
            Self::Exactly(count) => write!(f, "{count} requests"),
            Self::Bounded(requests) => write!(
                f,
                "at least {} requests and {}; where that takes over {}, down to {} requests",
                requests.at_least,
                requests.for_at_least,
                Requests::LONG,
                requests.fewest
            ),
            Self::OfScenario => f.write_str("as many requests as the scenario says"),
        }
    }
}

/// The plan of a gate, told before its first block.
pub fn foretold(name: &str, gate: &Gate, takes: Takes, budget: Nanoseconds) -> String {
    let size = gate.size();
    let blocks = match size.at_least == size.at_most {
        true => format!("{} blocks", size.at_most),
        false => format!("{} to {} blocks", size.at_least, size.at_most),
    };
    let usual = format!(
        "{:.0} where the sides are equal and {:.0} where the candidate is {} worse, on a typical shared machine",
        size.equal,
        size.worse,
        percent(gate.limits().must_detect)
    );
    let times = |blocks: usize, block: Nanoseconds| {
        Nanoseconds::from_nanos(block.as_nanos().saturating_mul(blocks as u64))
    };
    let sample = takes.requests;
    let sample = sample.map(|sample| format!(", in each a process of each side with {sample}"));
    let time = takes.block.map(|block| {
        let (least, most) = (times(size.at_least, block), times(size.at_most, block));
        format!(
            "; a block takes about {block}: {} to {}",
            about(least),
            about(most.min(budget))
        )
    });
    let unknown = || "; how long one takes is known once it is measured".to_owned();
    format!(
        "{name}: {} in {blocks} ({usual}){}{}, {} at the most",
        gate.statistic(),
        sample.unwrap_or_default(),
        time.unwrap_or_else(unknown),
        about(budget)
    )
}

/// `+10.20% [+9.10%, +11.00%] at 95%`: how much worse, above zero.
fn effect_of(metric: Metric, effect: Effect) -> String {
    let worse = match metric.direction() {
        tare_gate::Direction::LowerIsBetter => "",
        tare_gate::Direction::HigherIsBetter => " worse",
    };
    let confidence = percent(effect.confidence);
    let bounds = match (effect.low, effect.high) {
        (Some(low), Some(high)) if low == high => String::new(),
        (Some(low), Some(high)) => {
            format!(" [{}, {}] at {confidence}", signed(low), signed(high))
        }
        (Some(low), None) => format!(" (at least {} at {confidence})", signed(low)),
        (None, Some(high)) => format!(" (at most {} at {confidence})", signed(high)),
        (None, None) => " (too little is known for an interval)".to_owned(),
    };
    format!("{}{worse}{bounds}", signed(effect.value))
}

fn signed(share: f64) -> String {
    format!("{:+.2}%", 100.0 * share)
}

/// `1 block`, `2 blocks`, `2 processes`.
fn counted(count: usize, unit: &str) -> String {
    let plural = match (count, unit.ends_with('s')) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{count} {unit}{plural}")
}

fn tenth(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// With as many digits as tell it from zero, three at the most.
pub fn percent(share: f64) -> String {
    let text = format!("{:.3}", 100.0 * share);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}%")
}

/// A figure of `metric` with its unit.
pub fn figure(metric: Metric, value: f64) -> String {
    match metric {
        Metric::P50 | Metric::P25 | Metric::P99 | Metric::Load => {
            Nanoseconds::from_nanos_f64(value).to_string()
        }
        Metric::Throughput => format!("{value:.1}/s"),
        Metric::PeakMemory | Metric::Size => Bytes::from_bytes(value as u64).to_string(),
        Metric::Energy => Joules::from_joules(value).to_string(),
        Metric::Flops => Flops::from_operations(value as u64).to_string(),
        Metric::Instructions | Metric::Operators => format!("{value:.0}"),
    }
}
