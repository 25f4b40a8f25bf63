//! What laws are fitted over: twins with their latency over all repeats, and what their originals take.

use std::collections::BTreeMap;

use tare_results::{Kind, Record, TwinFacts};

use super::super::quantity::Quantity;
use super::super::residual::{BOUND, Longer, Residual};
use super::Framework;
use crate::summarise::is_valid;

/// One twin: its executed operators, and its latency over its repeats in nanoseconds.
pub(super) struct Twin {
    pub(super) model: String,
    pub(super) operators: u64,
    pub(super) kinds: Option<BTreeMap<String, u64>>,
    pub(super) latency: f64,
    /// The share of its latency that may be work of its own; `None` where nothing is known of it.
    pub(super) residual: Option<f64>,
}

impl Twin {
    /// Of all its repeats; `original` is the median of the model itself, where that was timed.
    pub(super) fn of(repeats: &[Timed<'_>], original: Option<&Quantity>) -> Option<Self> {
        let first = repeats.first()?;
        let p50s = repeats.iter().map(|one| (one.turn, one.p50)).collect();
        let twin = Quantity::over(p50s, None);
        let longer = original.map(|original| Longer::of(original, &twin));
        Some(Self {
            model: first.record.cell.model.clone(),
            operators: first.facts.operators_executed?,
            kinds: first.facts.kinds.clone(),
            latency: twin.mean,
            residual: Residual::of(first.record, longer, twin.mean).share(),
        })
    }

    /// Whether work of its own is small beside what it costs.
    pub(super) fn is_hollow(&self) -> bool {
        self.residual.is_some_and(|share| share <= BOUND)
    }

    /// What it executes, which is the same of models that are one but for their sizes; `None` where that is not known.
    pub(super) fn executes(&self) -> Option<&BTreeMap<String, u64>> {
        self.kinds.as_ref()
    }
}

/// The repeats of some runs, numbered.
pub(super) struct Turns<'a>(BTreeMap<(&'a str, u64), u64>);

impl<'a> Turns<'a> {
    /// All that `records` are of.
    pub(super) fn of(records: &[&'a Record]) -> Self {
        let mut turns: BTreeMap<(&str, u64), u64> = BTreeMap::new();
        for record in records {
            turns.entry(turn(record)).or_default();
        }
        for (number, place) in (0..).zip(turns.values_mut()) {
            *place = number;
        }
        Self(turns)
    }

    fn number(&self, record: &'a Record) -> Option<u64> {
        self.0.get(&turn(record)).copied()
    }
}

fn turn(record: &Record) -> (&str, u64) {
    (&record.run, record.repeat)
}

/// A repeat of a twin.
pub(super) struct Timed<'a> {
    pub(super) record: &'a Record,
    pub(super) framework: Framework,
    turn: u64,
    p50: f64,
    pub(super) facts: &'a TwinFacts,
}

/// The median of each cell that was timed, by framework and id, over its valid repeats.
pub(super) fn originals<'a>(
    records: &[&'a Record],
    turns: &Turns<'a>,
) -> BTreeMap<(Framework, &'a str), Quantity> {
    let mut medians: BTreeMap<(Framework, &str), Vec<(u64, f64)>> = BTreeMap::new();
    let measured = records.iter().filter(|one| one.kind == Kind::Measurement);
    for record in measured.filter(|one| is_valid(one)) {
        if let Some((framework, (turn, p50))) = Framework::of(record).zip(median(record, turns)) {
            let key = (framework, record.id.as_str());
            medians.entry(key).or_default().push((turn, p50));
        }
    }
    let each = medians.into_iter();
    each.map(|(key, repeats)| (key, Quantity::over(repeats, None)))
        .collect()
}

/// The median of a record in nanoseconds, and whose turn it was.
fn median<'a>(record: &'a Record, turns: &Turns<'a>) -> Option<(u64, f64)> {
    let p50 = record.latency.as_ref()?.p50.as_ref()?.value_ns;
    Some((turns.number(record)?, p50))
}

pub(super) fn told<'a>(record: &'a Record, turns: &Turns<'a>) -> Option<Timed<'a>> {
    let is_counted = record.kind == Kind::Twin && is_valid(record);
    let facts = record.twin.as_ref().filter(|_| is_counted)?;
    facts.operators_executed?;
    let (turn, p50) = median(record, turns)?;
    Some(Timed {
        record,
        framework: Framework::of(record)?,
        turn,
        p50,
        facts,
    })
}
