//! Which cells of sides are the same but for what the sides differ in as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::differences::short;
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
        let alike = several(sides, &|one| keys.key(one));
        let mut left_out = keys.left_out(sides, &alike);
        let mut pairs = Vec::new();
        let keyed = |side: &'a Side<'_>| -> Vec<(Vec<String>, &'a Summary)> {
            let all = side.summaries.iter().map(|one| (keys.key(one), one));
            all.filter(|(key, _)| !alike.contains(key)).collect()
        };
        let first = &sides[0];
        let baselines = keyed(first);
        for (place, side) in sides.iter().enumerate().skip(1) {
            let own = keyed(side);
            let mut others: BTreeMap<&Vec<String>, &'a Summary> =
                own.iter().map(|(key, one)| (key, *one)).collect();
            for (key, baseline) in &baselines {
                match others.remove(key) {
                    Some(other) => pairs.push(Pair {
                        side: place,
                        label: keys.label(baseline),
                        baseline,
                        other,
                    }),
                    None => left_out.push(keys.lacking(side, baseline, &first.name)),
                }
            }
            let only = own.iter().filter(|(key, _)| others.contains_key(key));
            left_out.extend(only.map(|(_, other)| keys.lacking(first, other, &side.name)));
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

/// The keys that several cells of a side have.
fn several(sides: &[Side<'_>], key: &dyn Fn(&Summary) -> Vec<String>) -> BTreeSet<Vec<String>> {
    let of_side = |side: &Side<'_>| {
        let mut seen = BTreeSet::new();
        let keys = side.summaries.iter().map(key);
        keys.filter(|key| !seen.insert(key.clone()))
            .collect::<Vec<_>>()
    };
    sides.iter().flat_map(of_side).collect()
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
    /// Those of which a side has several cells, so that the model's file tells them apart as well: its name is that of the file
    /// without its folder.
    ambiguous: BTreeSet<Vec<String>>,
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
            ambiguous: BTreeSet::new(),
        };
        let by_file = |one: &Summary| [keys.by_name(one), vec![one.model.sha256.clone()]].concat();
        let has_versions = !several(sides, &by_file).is_empty();
        keys.has_versions = has_versions;
        keys.ambiguous = several(sides, &|one| keys.by_name(one));
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
        let mut key = self.by_name(summary);
        if self.ambiguous.contains(&key) {
            key.push(summary.model.sha256.clone());
        }
        key
    }

    /// The key without the model's file.
    fn by_name(&self, summary: &Summary) -> Vec<String> {
        let values = self.alike.iter().map(|one| self.value(one, summary));
        let mut key: Vec<String> = values.collect();
        if !self.is_batch_differing {
            key.push(summary.cell.batch.to_string());
        }
        key
    }

    fn label(&self, summary: &Summary) -> String {
        let others = self.named.iter().filter(|one| one.name != "model");
        let model = &summary.cell.model;
        let mut parts = vec![match self.ambiguous.contains(&self.by_name(summary)) {
            true => format!("{model} ({})", short(&summary.model.sha256)),
            false => model.clone(),
        }];
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

    /// The cells whose keys are `alike`, of which nobody knows which is whose counterpart.
    fn left_out(&self, sides: &[Side<'_>], alike: &BTreeSet<Vec<String>>) -> Vec<LeftOut> {
        let all = sides.iter().flat_map(|side| {
            let own = side.summaries.iter();
            own.map(move |cell| (side.name.clone(), cell))
        });
        let alike = all.filter(|(_, cell)| alike.contains(&self.key(cell)));
        let left_out = alike.map(|(side, cell)| LeftOut {
            side,
            label: self.label(cell),
            reason: "several cells look alike".to_owned(),
        });
        left_out.collect()
    }

    /// A cell that `side` lacks and `other` has.
    fn lacking(&self, side: &Side<'_>, cell: &Summary, other: &str) -> LeftOut {
        LeftOut {
            side: side.name.clone(),
            label: self.label(cell),
            reason: format!("only {other} has it"),
        }
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
        let alike = match self.ambiguous.is_empty() {
            true => "no two are alike in model, adapter, shape and batch",
            false => {
                "models of one name are told apart by their files, and no file is on both sides"
            }
        };
        apart.unwrap_or_else(|| alike.to_owned())
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
