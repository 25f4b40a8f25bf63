//! What of a cell is compared.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_results::{Kind, Percentile, Record, TaxMethod, Verdict};
use tare_units::{Bytes, Nanoseconds};

use super::ratio::{Known, Slack};
use crate::known_tax::KnownTax;
use crate::summary::Summary;
use crate::table::numbers;

/// A figure of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// The median latency, in nanoseconds.
    P50,
    /// The tax of each repeat: the median of its hollow twin, in nanoseconds.
    Tax,
    /// The median latency of each repeat less that, in nanoseconds.
    Work,
    /// The 90th percentile.
    P90,
    /// The 99th percentile.
    P99,
    /// The median of latencies less what their thread waited for a processor, in nanoseconds.
    EffectiveP50,
    /// Samples a second.
    Throughput,
    /// Loading the model, in nanoseconds.
    Load,
    /// The peak of the worker's memory, in bytes.
    PeakMemory,
    /// Joules a sample.
    Energy,
}

const FIGURES: [(&str, Figure); 10] = [
    ("p50", Figure::P50),
    ("tax", Figure::Tax),
    ("work", Figure::Work),
    ("p90", Figure::P90),
    ("p99", Figure::P99),
    ("effective-p50", Figure::EffectiveP50),
    ("throughput", Figure::Throughput),
    ("load", Figure::Load),
    ("peak-memory", Figure::PeakMemory),
    ("energy", Figure::Energy),
];

impl Figure {
    /// Every figure's name.
    pub fn names() -> [&'static str; 10] {
        FIGURES.map(|(name, _)| name)
    }

    /// Whether more of it is worse.
    pub fn is_more_worse(self) -> bool {
        self != Self::Throughput
    }

    /// Whether it is read from hollow twins.
    pub(super) fn is_of_tax(self) -> bool {
        matches!(self, Self::Tax | Self::Work)
    }

    /// What a cell is called that is worse, and one that is better.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::PeakMemory | Self::Energy | Self::Tax | Self::Work => ("more", "less"),
            _ => ("slower", "faster"),
        }
    }

    /// A value as a person reads it.
    pub fn written(self, value: f64) -> String {
        match self {
            Self::Throughput => format!("{}/s", numbers::significant(value)),
            Self::PeakMemory => Bytes::from_bytes(value as u64).to_string(),
            Self::Energy => tare_units::Joules::from_joules(value).to_string(),
            _ => numbers::time(value),
        }
    }

    /// Where a summary says why it is not there.
    fn path(self) -> &'static str {
        match self {
            Self::P50 => "latency.p50",
            Self::Tax | Self::Work => "tax",
            Self::P90 => "latency.p90",
            Self::P99 => "latency.p99",
            Self::EffectiveP50 => "effective_latency",
            Self::Throughput => "throughput.samples_per_s",
            Self::Load => "load",
            Self::PeakMemory => "memory.peak_rss_bytes",
            Self::Energy => "energy.per_sample_j",
        }
    }

    /// That of each repeat of a cell that counts.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn of(self, records: &[Record], cell: &Summary) -> Result<Known, String> {
        if let Some(reason) = cell.reasons.first() {
            return Err(format!("it is not valid: {reason}"));
        }
        let own = counted(records, cell, Kind::Measurement);
        let values: Option<Vec<f64>> = match self {
            Self::Tax | Self::Work => self.of_twins(&own, records, cell)?,
            _ => own.iter().map(|record| self.value(record)).collect(),
        };
        let values = values.filter(|values| !values.is_empty());
        let values = values.ok_or_else(|| self.lacking(cell))?;
        let below = values
            .iter()
            .filter(|value| value.is_nan() || **value <= 0.0);
        let below = below.count();
        if below > 0 {
            return Err(self.not_above_zero(cell, (below, values.len())));
        }
        let slack = self.slack(cell, &values);
        Ok(Known::new(values).with(slack))
    }

    /// That of each repeat whose twin was timed; `None` where one of them has no median.
    fn of_twins(
        self,
        own: &[&Record],
        records: &[Record],
        cell: &Summary,
    ) -> Result<Option<Vec<f64>>, String> {
        let tax = cell.tax.as_ref().ok_or_else(|| self.lacking(cell))?;
        if tax.method != TaxMethod::HollowTwin {
            let method = tax.method.name();
            return Err(format!(
                "{self} is not known repeat by repeat: the tax is by {method}; compare p50, beside which it stands"
            ));
        }
        let twins = counted(records, cell, Kind::Twin);
        let repeats = own.iter().filter_map(|record| {
            let twin = twins.iter().find(|twin| twin.repeat == record.repeat)?;
            Some((Self::P50.value(record), Self::P50.value(twin)))
        });
        let each = repeats.map(|(latency, twin)| match self {
            Self::Work => Some(latency? - twin?),
            _ => twin,
        });
        Ok(each.collect())
    }

    /// What the twin may still do is none of the tax, and is work: all of the twin's latency where nobody knows how much.
    fn slack(self, cell: &Summary, values: &[f64]) -> Slack {
        let Some(tax) = cell.tax.as_ref() else {
            return Slack::default();
        };
        let twin = tax.tax_ns.as_nanos_f64();
        let left = tax.residual_ns.map_or(twin, |left| left.as_nanos_f64());
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let share = (left / mean).max(0.0);
        match self {
            Self::Tax => Slack {
                less: share.min(1.0),
                more: 0.0,
            },
            Self::Work => Slack {
                less: 0.0,
                more: share,
            },
            _ => Slack::default(),
        }
    }

    /// Why there is no ratio where so many of all repeats are not above zero.
    fn not_above_zero(self, cell: &Summary, (below, all): (usize, usize)) -> String {
        let known = cell.tax.as_ref().map(KnownTax::of);
        let so = match known.is_some_and(|tax| tax.is_upper_bound) {
            true => "as it may still do the cell's work: compare p50",
            false => "as the tax is about all there is: compare p50 or tax",
        };
        match self {
            Self::Work => format!(
                "work comes out at nothing in {below} of {all} repeats, where the hollow twin took as long as the cell, {so}"
            ),
            _ => format!("{self} is nothing in {below} of {all} repeats: nothing has no ratio"),
        }
    }

    fn lacking(self, cell: &Summary) -> String {
        let path = self.path();
        let parent = path.split('.').next().unwrap_or(path);
        let reason = cell.missing.get(path).or_else(|| cell.missing.get(parent));
        let reason = reason.map_or("a repeat has none", String::as_str);
        format!("{self} is not known: {reason}")
    }

    fn percentile(self, record: &Record) -> Option<&Percentile> {
        let latency = record.latency.as_ref();
        match self {
            Self::P50 => latency?.p50.as_ref(),
            Self::P90 => latency?.p90.as_ref(),
            Self::P99 => latency?.p99.as_ref(),
            Self::EffectiveP50 => record.effective_latency.as_ref()?.p50.as_ref(),
            _ => None,
        }
    }

    fn value(self, record: &Record) -> Option<f64> {
        let nanos = |time: Nanoseconds| time.as_nanos() as f64;
        match self {
            Self::P50 | Self::P90 | Self::P99 | Self::EffectiveP50 => {
                self.percentile(record).map(|one| one.value_ns)
            }
            Self::Tax | Self::Work => None,
            Self::Throughput => record.throughput.as_ref()?.samples_per_s,
            Self::Load => record.load.as_ref().map(|load| nanos(load.load_ns)),
            Self::PeakMemory => {
                let peak = record.memory.as_ref()?.peak_rss_bytes;
                peak.map(|bytes| bytes.as_bytes() as f64)
            }
            Self::Energy => record.energy.as_ref()?.per_sample_j,
        }
    }
}

/// The records of this kind that count for a cell.
fn counted<'a>(records: &'a [Record], cell: &Summary, kind: Kind) -> Vec<&'a Record> {
    let counts = |record: &&Record| {
        record.kind == kind && record.verdict != Verdict::Invalid && record.id == cell.id
    };
    records.iter().filter(counts).collect()
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = FIGURES.iter().find(|(_, figure)| figure == self);
        f.pad(known.map_or("", |(name, _)| name))
    }
}

impl FromStr for Figure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = FIGURES.iter().find(|(name, _)| *name == text);
        known.map(|(_, figure)| *figure).ok_or_else(|| {
            let names = Self::names().join(", ");
            format!("unknown figure '{text}': use one of {names}")
        })
    }
}
