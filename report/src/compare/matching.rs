//! Which cells of sides are the same but for what the sides differ in as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::{CompareError, LeftOut, Side};
use crate::summary::Summary;
use crate::table::{Dimension, Dimensions};

/// A dimension that no cell is matched by: sides are of runs.
const RUN: &str = "run";
const ADAPTER: &str = "adapter";

/// A cell of the first side and its counterpart.
#[derive(Debug)]
pub struct Pair<'a> {
    /// Where the counterpart is.
    pub side: usize,
    /// What tells the cell from others.
    pub label: String,
    /// In the first side.
    pub baseline: &'a Summary,
    /// In the other.
    pub other: &'a Summary,
}

/// The pairs of some sides.
pub struct Matched<'a> {
    /// In the order of the first side's cells, side by side.
    pub pairs: Vec<Pair<'a>>,
    /// Cells without a counterpart.
    pub left_out: Vec<LeftOut>,
    /// Dimensions of which each side has one value, not all the same.
    pub differing: Vec<&'static Dimension>,
}

impl<'a> Matched<'a> {
    /// Of at least two sides.
    ///
    /// # Errors
    /// Where no cell of the first side has a counterpart anywhere.
    pub fn of(sides: &'a [Side<'_>]) -> Result<Self, CompareError> {
        let keys = Keys::of(sides);
        let mut pairs = Vec::new();
        let mut left_out = Vec::new();
        let mut lack = |side: &Side<'_>, cell: &Summary, reason: String| {
            left_out.push(LeftOut {
                side: side.name.clone(),
                label: keys.label(cell),
                reason,
            });
        };
        let first = &sides[0];
        for (place, side) in sides.iter().enumerate().skip(1) {
            let mut others: BTreeMap<Vec<String>, &Summary> = BTreeMap::new();
            for other in &side.summaries {
                others.insert(keys.key(other), other);
            }
            for baseline in &first.summaries {
                match others.remove(&keys.key(baseline)) {
                    Some(other) => pairs.push(Pair {
                        side: place,
                        label: keys.label(baseline),
                        baseline,
                        other,
                    }),
                    None => lack(side, baseline, format!("only {} has it", first.name)),
                }
            }
            let only = side.summaries.iter();
            for other in only.filter(|one| others.contains_key(&keys.key(one))) {
                lack(first, other, format!("only {} has it", side.name));
            }
        }
        match pairs.is_empty() {
            true => Err(CompareError::NothingInCommon {
                first: first.name.clone(),
                why: keys.disjoint(sides),
            }),
            false => Ok(Self {
                pairs,
                left_out,
                differing: keys.differing,
            }),
        }
    }
}

/// How cells are told apart.
struct Keys {
    /// Those that must be alike.
    alike: Vec<&'static Dimension>,
    /// Those of them that are named.
    named: Vec<&'static Dimension>,
    differing: Vec<&'static Dimension>,
    is_batch_differing: bool,
    has_versions: bool,
}

impl Keys {
    fn of(sides: &[Side<'_>]) -> Self {
        let all: Vec<Summary> = sides
            .iter()
            .flat_map(|side| side.summaries.iter().cloned())
            .collect();
        let dimensions = Dimensions::of(&all);
        let is_named = |one: &&Dimension| one.name != RUN;
        let (varying, shared) = (dimensions.varying, dimensions.shared);
        let every = varying.iter().chain(&shared).copied();
        let every: Vec<&Dimension> = every.filter(|one| one.name != RUN).collect();
        let differs = |value: &dyn Fn(&Summary) -> String| {
            let each = sides.iter().map(|side| only(side, value));
            let each: Option<BTreeSet<String>> = each.collect();
            each.is_some_and(|values| values.len() > 1)
        };
        let (differing, alike): (Vec<_>, Vec<_>) =
            every.into_iter().partition(|one| differs(&one.value));
        let named = varying.into_iter().filter(is_named);
        let named = named.filter(|one| alike.iter().any(|same| same.name == one.name));
        let mut keys = Self {
            named: named.collect(),
            alike,
            differing,
            is_batch_differing: differs(&|one| one.cell.batch.to_string()),
            has_versions: false,
        };
        let is_unique = sides.iter().all(|side| {
            let found: BTreeSet<_> = side.summaries.iter().map(|one| keys.key(one)).collect();
            found.len() == side.summaries.len()
        });
        keys.has_versions = !is_unique;
        keys
    }

    fn value(&self, dimension: &Dimension, summary: &Summary) -> String {
        let value = (dimension.value)(summary);
        match dimension.name == ADAPTER && !self.has_versions {
            true => unversioned(&value),
            false => value,
        }
    }

    fn key(&self, summary: &Summary) -> Vec<String> {
        let values = self.alike.iter().map(|one| self.value(one, summary));
        let mut key: Vec<String> = values.collect();
        if !self.is_batch_differing {
            key.push(summary.cell.batch.to_string());
        }
        key
    }

    fn label(&self, summary: &Summary) -> String {
        let others = self.named.iter().filter(|one| one.name != "model");
        let mut parts = vec![summary.cell.model.clone()];
        parts.extend(others.map(|one| match one.name {
            "threads" | "seed" => format!("{} {}", one.name, (one.value)(summary)),
            _ => self.value(one, summary),
        }));
        if !self.is_batch_differing {
            parts.push(format!("batch {}", summary.cell.batch));
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" · ")
    }

    /// In what all cells of the first side differ from all others.
    fn disjoint(&self, sides: &[Side<'_>]) -> String {
        let values = |side: &Side<'_>, dimension: &Dimension| -> BTreeSet<String> {
            let all = side.summaries.iter();
            all.map(|one| self.value(dimension, one)).collect()
        };
        let told = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(", ");
        let apart = self.alike.iter().find_map(|dimension| {
            let (first, other) = (values(&sides[0], dimension), values(&sides[1], dimension));
            let name = dimension.name;
            first
                .is_disjoint(&other)
                .then(|| format!("{name} {} against {}", told(first), told(other)))
        });
        apart.unwrap_or_else(|| "no two are alike in model, adapter, shape and batch".to_owned())
    }
}

/// The value that all cells of a side have.
fn only(side: &Side<'_>, value: &dyn Fn(&Summary) -> String) -> Option<String> {
    let mut values = side.summaries.iter().map(value);
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// `onnxruntime@1.31.1:opt=none` without its version.
fn unversioned(spec: &str) -> String {
    let (name, options) = match spec.split_once(':') {
        Some((name, options)) => (name, Some(options)),
        None => (spec, None),
    };
    let name = name.split('@').next().unwrap_or(name);
    match options {
        Some(options) => format!("{name}:{options}"),
        None => name.to_owned(),
    }
}

/// The cells of `all`, a side for each value of a dimension.
pub fn by<'a>(all: &Side<'a>, dimension: &str) -> Result<Vec<Side<'a>>, CompareError> {
    type Value<'v> = &'v dyn Fn(&Summary) -> String;
    let dimensions = Dimensions::of(&all.summaries);
    let batch = |one: &Summary| one.cell.batch.to_string();
    let found = dimensions.varying.iter().find(|one| one.name == dimension);
    let value: Value<'_> = match found {
        Some(found) => &found.value,
        None if dimension == "batch" && dimensions.is_batch_varying => &batch,
        None => {
            let named = dimensions.varying.iter().map(|one| one.name.to_owned());
            let batch = dimensions.is_batch_varying.then(|| "batch".to_owned());
            return Err(CompareError::Dimension {
                asked: dimension.to_owned(),
                known: named.chain(batch).collect(),
            });
        }
    };
    let mut sides: Vec<Side<'a>> = Vec::new();
    for summary in &all.summaries {
        let name = match dimension {
            ADAPTER | "model" => value(summary),
            _ => format!("{dimension} {}", value(summary)),
        };
        match sides.iter_mut().find(|side| side.name == name) {
            Some(side) => side.summaries.push(summary.clone()),
            None => sides.push(Side {
                name,
                run: all.run,
                records: all.records,
                summaries: vec![summary.clone()],
            }),
        }
    }
    Ok(sides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_no_part_of_an_adapter() {
        assert_eq!(
            unversioned("onnxruntime@1.31.1:opt=none"),
            "onnxruntime:opt=none"
        );
        assert_eq!(unversioned("onnxruntime@1.31.1"), "onnxruntime");
        assert_eq!(unversioned("rten"), "rten");
        assert_eq!(unversioned("a:library=/x@y"), "a:library=/x@y");
    }
}
