//! What is told of a gate, whichever way it is written.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use tare_gate::{
    Block, Effect, ExitClass, Gate, Limits, Metric, Outcome, Requests, SideEvidence, SideFigure,
    Size,
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
    /// Every block; none of a candidate that stands alone.
    pub evidence: Vec<Block>,
    /// Every process of a candidate that stands alone.
    pub processes: Vec<SideFigure>,
    /// Why a figure is `null`, by its dotted path.
    pub missing: BTreeMap<String, String>,
}

impl All {
    /// What the exit code says; of no gate, nothing was shown.
    pub fn class(gates: &[Told]) -> ExitClass {
        let classes = gates.iter().map(Told::class).max();
        classes.unwrap_or(ExitClass::NotDecided)
    }
}

impl Told {
    /// What it says for an exit code and every report; a baseline that was stored is what was asked for, whether it decides yet or not.
    pub fn class(&self) -> ExitClass {
        match self.updated {
            true => ExitClass::Passed,
            false => self.outcome.verdict.exit_class(),
        }
    }

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
        let requests = match unit {
            "block" => baseline.requests.zip(candidate.requests),
            _ => candidate.requests.map(|requests| (0, requests)),
        };
        let requests = requests.map(|(baseline, candidate)| baseline + candidate);
        if let Some(requests) = requests.filter(|requests| *requests > 0) {
            text.push_str(&format!(", {requests} requests"));
        }
        text.push_str(&format!(" in {}", self.took_ns));
        let waited = match (baseline.waited, candidate.waited) {
            (Some(baseline), Some(candidate)) => format!(
                "{} of the baseline's time and {} of the candidate's",
                tenth(baseline),
                tenth(candidate)
            ),
            (Some(share), None) => format!("{} of the baseline's time", tenth(share)),
            (None, Some(share)) => format!("{} of the candidate's time", tenth(share)),
            (None, None) => return text,
        };
        text.push_str(&format!("; waited for a core {waited}"));
        let unread = baseline.unread + candidate.unread;
        if unread > 0 {
            let unread = counted(unread, "process");
            text.push_str(&format!(", which could not be read in {unread}"));
        }
        text
    }
}

/// Why what is not known of `outcome` is not.
pub fn missing(outcome: &Outcome) -> BTreeMap<String, String> {
    let mut missing = BTreeMap::new();
    let mut put = |path: String, is_known: bool, why: &str| {
        if !is_known {
            missing.insert(path, why.to_owned());
        }
    };
    let effect = outcome.effect;
    put(
        "effect".to_owned(),
        effect.is_some(),
        "there is no figure of both sides",
    );
    for (end, bound) in effect
        .iter()
        .flat_map(|one| [("low", one.low), ("high", one.high)])
    {
        let path = format!("effect.{end}");
        put(path, bound.is_some(), "too little was measured for a bound");
    }
    for (place, side) in outcome.sides.iter().enumerate() {
        let untold = "the stored baseline does not say";
        let unread = match side {
            SideEvidence { median: None, .. } => "there is no figure of it",
            SideEvidence { requests: None, .. } => untold,
            SideEvidence { unread: 0, .. } => "its figures are none of requests",
            _ => "how long its requests waited for a core was not read",
        };
        let known = [
            ("median", side.median.is_some(), "there is no figure of it"),
            ("requests", side.requests.is_some(), untold),
            ("delayed", side.delayed.is_some(), unread),
            ("waited", side.waited.is_some(), unread),
        ];
        for (field, is_known, why) in known {
            put(format!("sides.{place}.{field}"), is_known, why);
        }
    }
    missing
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
