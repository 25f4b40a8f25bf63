//! What laws are fitted over: twins with their latency over all repeats, and what their originals take.

use std::collections::BTreeMap;

use tare_results::{Kind, Record, TwinFacts};

use super::super::residual::is_hollow_at;
use super::Framework;
use crate::summarise::{is_valid, mean};

/// One twin: its executed operators, and its latency over its repeats in nanoseconds.
pub(super) struct Twin {
    pub(super) model: String,
    pub(super) operators: u64,
    pub(super) kinds: Option<BTreeMap<String, u64>>,
    pub(super) latency: f64,
    pub(super) is_hollow: bool,
}

impl Twin {
    /// Of all its repeats, where the original takes `original` nanoseconds.
    pub(super) fn of(repeats: &[Timed<'_>], original: Option<f64>) -> Option<Self> {
        let first = repeats.first()?;
        let latency = mean(repeats.iter().map(|one| one.p50));
        Some(Self {
            model: first.record.cell.model.clone(),
            operators: first.facts.operators_executed?,
            kinds: first.facts.kinds.clone(),
            latency,
            is_hollow: is_hollow_at(first.record, original, latency),
        })
    }
}

/// A repeat of a twin.
pub(super) struct Timed<'a> {
    pub(super) record: &'a Record,
    pub(super) framework: Framework,
    pub(super) p50: f64,
    pub(super) facts: &'a TwinFacts,
}

/// The median of each cell that was timed, by framework and id: the mean of its valid repeats, in nanoseconds.
pub(super) fn originals<'a>(records: &[&'a Record]) -> BTreeMap<(Framework, &'a str), f64> {
    let mut medians: BTreeMap<(Framework, &str), Vec<f64>> = BTreeMap::new();
    let measured = records.iter().filter(|one| one.kind == Kind::Measurement);
    for record in measured.filter(|one| is_valid(one)) {
        let p50 = record.latency.as_ref().and_then(|all| all.p50.as_ref());
        if let Some((framework, p50)) = Framework::of(record).zip(p50) {
            let key = (framework, record.id.as_str());
            medians.entry(key).or_default().push(p50.value_ns);
        }
    }
    let means = medians.into_iter();
    means
        .map(|(key, values)| (key, mean(values.into_iter())))
        .collect()
}

pub(super) fn told(record: &Record) -> Option<Timed<'_>> {
    let is_counted = record.kind == Kind::Twin && is_valid(record);
    let facts = record.twin.as_ref().filter(|_| is_counted)?;
    facts.operators_executed?;
    Some(Timed {
        record,
        framework: Framework::of(record)?,
        p50: record.latency.as_ref()?.p50.as_ref()?.value_ns,
        facts,
    })
}
