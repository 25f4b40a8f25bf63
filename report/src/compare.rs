//! Two sides or more, cell by cell: what differs between them, how large the ratios are, and which of them are noise.
//!
//! A ratio is that of geometric means over the repeats. Its 95% interval comes from those of both logarithms, Student's t over
//! the repeats, whose distances to the ends add in quadrature (MOVER: Zou and Donner, Statistics in Medicine 27, 2008). What
//! a machine does otherwise at another time is in no interval of one run: sides of one run share it, those of two do not.
//! That of taxes, and of work, reaches as far as what the hollow twins may still do could move it: what is within that is not
//! known.

mod csv;
mod differences;
mod figure;
mod matching;
mod ratio;
mod written;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_results::{Cell, Record, Run};

use crate::known_tax::KnownTax;
use crate::summary::Summary;
pub use differences::Difference;
pub use figure::Figure;
use matching::Matched;
use ratio::{Ratio, ratio};

/// Identifies a comparison.
pub const COMPARISON_SCHEMA: &str = "tare.comparison/1";

/// The cells of a run, or some of them.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    /// What it is called.
    pub name: String,
    /// The run.
    pub run: &'a Run,
    /// All of its records.
    pub records: &'a [Record],
    /// The cells.
    pub summaries: Vec<Summary>,
}

impl<'a> Side<'a> {
    /// The cells of `all` in a side for each value of `dimension`, such as `adapter`, in the order in which values come.
    ///
    /// # Errors
    /// Where there is no such dimension, or it has one value only.
    pub fn by(all: &Self, dimension: &str) -> Result<Vec<Side<'a>>, CompareError> {
        matching::by(all, dimension)
    }
}

/// What is compared, and how freely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparing {
    /// The figure.
    pub figure: Figure,
    /// Whether sides may be of different machines.
    pub across_machines: bool,
}

/// What two or more sides say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `tare.comparison/1`.
    pub schema: String,
    /// What is compared.
    pub figure: Figure,
    /// The sides; ratios are over the first.
    pub sides: Vec<SideFacts>,
    /// What differs between them.
    pub differences: Vec<Difference>,
    /// Cells that differ, the largest effect first, then those whose difference is within the noise, and those of which
    /// nothing is known, as they come.
    pub rows: Vec<Compared>,
    /// Cells that could not be compared.
    pub left_out: Vec<LeftOut>,
}

/// What a side is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SideFacts {
    /// What it is called.
    pub name: String,
    /// Its run.
    pub run: String,
    /// When that began, UTC, RFC 3339.
    pub created: String,
    /// The fingerprint of its machine.
    pub machine: String,
    /// Cells of it.
    pub cells: u64,
}

/// How a side's figure compares with the first side's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// The interval of the ratio is on the worse side of 1.
    Worse,
    /// It is on the better side.
    Better,
    /// It holds 1.
    Noise,
    /// There is none, or what a hollow twin may still do could be all of the difference.
    Unknown,
}

/// A cell of a side and of the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// The name of the side.
    pub side: String,
    /// What tells the cell from others, such as `bert-tiny · seq=16 · batch 1`.
    pub label: String,
    /// As it was on the side.
    pub cell: Cell,
    /// The first side's figure, in the figure's unit.
    pub baseline: f64,
    /// The side's.
    pub value: f64,
    /// The side's over the first's.
    pub ratio: f64,
    /// Lower end of its 95% interval; `null` where a side has one repeat, which does not tell how repeats differ.
    pub low: Option<f64>,
    /// Upper end; `null` also where the first side's tax may be nothing.
    pub high: Option<f64>,
    /// What that says.
    pub effect: Effect,
    /// Why that is not known, and what would tell; `null` where it is known.
    pub why_unknown: Option<String>,
    /// The tax in the first side's median, in nanoseconds; `null` where that is not split.
    pub baseline_tax_ns: Option<f64>,
    /// The same of the side's.
    pub tax_ns: Option<f64>,
    /// How the first side's tax is known.
    pub baseline_tax: Option<KnownTax>,
    /// How the side's is.
    pub tax: Option<KnownTax>,
    /// Whether both were measured on machines of different fingerprints.
    pub across_machines: bool,
    /// Reasons not to trust it fully.
    pub doubts: Vec<String>,
}

/// A cell that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// The side that lacks it.
    pub side: String,
    /// What tells the cell from others.
    pub label: String,
    /// Why.
    pub reason: String,
}

/// Why sides cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// There is one side only.
    #[error(
        "a comparison takes two runs or more; name another, or split one run with --by adapter"
    )]
    OneSide,
    /// They are of different machines.
    #[error(
        "{first} and {other} were measured on different machines ({differing}): their ratio is not that of the frameworks; \
         --across-machines compares them all the same and says so in every line"
    )]
    Machines {
        /// One side.
        first: String,
        /// Another.
        other: String,
        /// In what the machines differ.
        differing: String,
    },
    /// No cell has a counterpart.
    #[error("no cell of {first} has a counterpart in another side: {why}")]
    NothingInCommon {
        /// The first side.
        first: String,
        /// In what the nearest differ.
        why: String,
    },
    /// There is no such dimension.
    #[error("cells do not differ by '{asked}'; take one of {}", known.join(", "))]
    Dimension {
        /// As it was asked for.
        asked: String,
        /// Those by which cells of the run differ.
        known: Vec<String>,
    },
}

/// `sides` against the first of them.
///
/// # Errors
/// Where they have nothing in common, or may not be compared.
pub fn compare(sides: &[Side<'_>], asked: Comparing) -> Result<Comparison, CompareError> {
    let [first, others @ ..] = sides else {
        return Err(CompareError::OneSide);
    };
    if others.is_empty() {
        return Err(CompareError::OneSide);
    }
    if !asked.across_machines {
        same_machine(first, others)?;
    }
    let matched = Matched::of(sides)?;
    let mut rows = Vec::new();
    let mut left_out = matched.left_out;
    for pair in &matched.pairs {
        match compared(sides, pair, asked.figure) {
            Ok(row) => rows.push(row),
            Err(reason) => left_out.push(LeftOut {
                side: sides[pair.side].name.clone(),
                label: pair.label.clone(),
                reason,
            }),
        }
    }
    rank(&mut rows);
    Ok(Comparison {
        schema: COMPARISON_SCHEMA.to_owned(),
        figure: asked.figure,
        sides: sides.iter().map(facts).collect(),
        differences: differences::between(sides, &matched.differing),
        rows,
        left_out,
    })
}

fn facts(side: &Side<'_>) -> SideFacts {
    SideFacts {
        name: side.name.clone(),
        run: side.run.id.clone(),
        created: side.run.created.clone(),
        machine: side.run.machine.fingerprint.clone(),
        cells: side.summaries.len() as u64,
    }
}

fn same_machine(first: &Side<'_>, others: &[Side<'_>]) -> Result<(), CompareError> {
    let fingerprint = |side: &Side<'_>| side.run.machine.fingerprint.clone();
    let other = others
        .iter()
        .find(|other| fingerprint(other) != fingerprint(first));
    other.map_or(Ok(()), |other| {
        Err(CompareError::Machines {
            first: first.name.clone(),
            other: other.name.clone(),
            differing: differences::of_machines(first.run, other.run),
        })
    })
}

fn compared(
    sides: &[Side<'_>],
    pair: &matching::Pair<'_>,
    figure: Figure,
) -> Result<Compared, String> {
    let (first, side) = (&sides[0], &sides[pair.side]);
    let known = |side: &Side<'_>, summary: &Summary| figure.of(side.records, summary);
    let (baseline, value) = (known(first, pair.baseline)?, known(side, pair.other)?);
    let found = ratio(&baseline, &value);
    let taxes = [pair.baseline, pair.other].map(|one| one.tax.as_ref().map(KnownTax::of));
    let is_bound = |tax: &Option<KnownTax>| tax.is_some_and(|tax| tax.is_upper_bound);
    let is_bound = figure.is_of_tax() && taxes.iter().any(is_bound);
    let (effect, why_unknown) = match effect(&found, is_bound) {
        Ok(is_more) if is_more == Some(figure.is_more_worse()) => (Effect::Worse, None),
        Ok(Some(_)) => (Effect::Better, None),
        Ok(None) => (Effect::Noise, None),
        Err(why) => (Effect::Unknown, Some(why.to_owned())),
    };
    Ok(Compared {
        side: side.name.clone(),
        label: pair.label.clone(),
        cell: pair.other.cell.clone(),
        baseline: baseline.mean(),
        value: value.mean(),
        ratio: found.ratio,
        low: found.low,
        high: found.high,
        effect,
        why_unknown,
        baseline_tax_ns: tax(pair.baseline),
        tax_ns: tax(pair.other),
        baseline_tax: taxes[0],
        tax: taxes[1],
        across_machines: first.run.machine.fingerprint != side.run.machine.fingerprint,
        doubts: doubts(pair, &[&baseline, &value]),
    })
}

const ONE_REPEAT: &str = "a side has one repeat, which does not say how repeats differ";
const TWO_TELL: &str = "a side has one repeat; --repeats 2 or more tell";
const LEFT_IN_TWINS: &str = "what the hollow twins may still do could make, or hide, all of the difference; --figure p50 compares what was measured";

/// Whether the ratio is above 1, or below it, or within the noise; or why that is not known. `is_bound` says that a side's
/// figure is a bound.
fn effect(found: &Ratio, is_bound: bool) -> Result<Option<bool>, &'static str> {
    let (low, high) = found.by_repeats.ok_or(TWO_TELL)?;
    match (found.low, found.high) {
        (Some(low), _) if low > 1.0 => Ok(Some(true)),
        (_, Some(high)) if high < 1.0 => Ok(Some(false)),
        _ if is_bound || low > 1.0 || high < 1.0 => Err(LEFT_IN_TWINS),
        _ => Ok(None),
    }
}

fn tax(cell: &Summary) -> Option<f64> {
    cell.tax.as_ref().map(|tax| tax.tax_ns.as_nanos_f64())
}

/// Reasons not to trust a ratio: what is doubtful on a side, and a single repeat, which does not say how repeats differ.
fn doubts(pair: &matching::Pair<'_>, figures: &[&ratio::Known]) -> Vec<String> {
    let mut doubts: Vec<String> = Vec::new();
    if figures.iter().any(|one| one.repeats() == 1) {
        doubts.push(ONE_REPEAT.to_owned());
    }
    if !pair.baseline.doubts.is_empty() || !pair.other.doubts.is_empty() {
        doubts.push("the cells have doubts of their own: tare show".to_owned());
    }
    doubts
}

/// The largest effect first; what is noise or not known comes after, in its own order.
fn rank(rows: &mut [Compared]) {
    let place = |row: &Compared| match row.effect {
        Effect::Worse | Effect::Better => (0, -row.ratio.ln().abs()),
        Effect::Noise => (1, 0.0),
        Effect::Unknown => (2, 0.0),
    };
    rows.sort_by(|one, other| {
        let (one, other) = (place(one), place(other));
        one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
    });
}

/// Values by name, in the order of the names.
type Named = BTreeMap<String, String>;
