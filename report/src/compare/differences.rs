//! What differs between sides beside their figures: what was measured, with what, how, and where.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tare_results::Run;

use super::{Named, Side};
use crate::table::Dimension;

/// One thing in which sides differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What it is, such as `threads` or `machine.os.kernel`.
    pub what: String,
    /// As it is on each side; `null` where a side does not tell.
    pub values: Vec<Option<String>>,
}

/// Hashes are told by so many of their digits.
const DIGITS: usize = 12;
/// Differences of two machines that an error names.
const NAMED: usize = 3;

/// Everything in which `sides` differ, dimensions of their cells first.
pub fn between(sides: &[Side<'_>], dimensions: &[&'static Dimension]) -> Vec<Difference> {
    let of_cells = dimensions.iter().map(|one| Difference {
        what: one.name.to_owned(),
        values: sides
            .iter()
            .map(|side| side.summaries.first().map(one.value))
            .collect(),
    });
    let named =
        |part: fn(&Side<'_>) -> Named| differing(&sides.iter().map(part).collect::<Vec<_>>());
    let files = named(libraries).into_iter().chain(named(models));
    let files = files.filter(|one| {
        let told: BTreeSet<&String> = one.values.iter().flatten().collect();
        told.len() > 1
    });
    let others = named(settings).into_iter().chain(named(surroundings));
    of_cells.chain(files).chain(others).collect()
}

/// In what two machines differ, for a sentence.
pub fn of_machines(one: &Run, other: &Run) -> String {
    let each = [one, other].map(|run| flattened("", &run.machine));
    let mut all = differing(&each);
    all.retain(|one| one.what != "fingerprint" && !one.what.starts_with("missing"));
    let told = all.iter().take(NAMED).map(|one| {
        let values = one.values.iter();
        let values = values.map(|value| value.as_deref().unwrap_or("unknown"));
        format!("{}: {}", one.what, values.collect::<Vec<_>>().join(" and "))
    });
    let told = told.collect::<Vec<_>>().join("; ");
    match all.len().saturating_sub(NAMED) {
        0 => told,
        more => format!("{told}; and {more} more"),
    }
}

fn differing(sides: &[Named]) -> Vec<Difference> {
    let names: BTreeSet<&String> = sides.iter().flat_map(BTreeMap::keys).collect();
    let all = names.into_iter().map(|name| Difference {
        what: name.clone(),
        values: sides.iter().map(|side| side.get(name).cloned()).collect(),
    });
    let differs = |one: &Difference| one.values.iter().any(|value| *value != one.values[0]);
    all.filter(differs).collect()
}

/// The versions and files of the libraries that ran, by adapter.
fn libraries(side: &Side<'_>) -> Named {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (summary, runtime) in side
        .summaries
        .iter()
        .filter_map(|one| Some((one, one.runtime.as_ref()?)))
    {
        let adapter = summary.cell.adapter.split('@').next().unwrap_or_default();
        let hash = runtime.library_sha256.as_deref();
        let hash = hash.map_or(String::new(), |hash| format!(" ({})", short(hash)));
        let told = format!("{}{hash}", runtime.version);
        all.entry(format!("library of {adapter}"))
            .or_default()
            .insert(told);
    }
    joined(all)
}

fn models(side: &Side<'_>) -> Named {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for summary in &side.summaries {
        let name = format!("file of {}", summary.cell.model);
        let told = short(&summary.model.sha256).to_owned();
        all.entry(name).or_default().insert(told);
    }
    joined(all)
}

fn joined(all: BTreeMap<String, BTreeSet<String>>) -> Named {
    let told = |values: BTreeSet<String>| values.into_iter().collect::<Vec<_>>().join(", ");
    let all = all.into_iter();
    all.map(|(name, values)| (name, told(values))).collect()
}

/// The digits of `hash` that are told.
pub fn short(hash: &str) -> &str {
    hash.get(..DIGITS).unwrap_or(hash)
}

/// How the run was made.
fn settings(side: &Side<'_>) -> Named {
    let run = side.run;
    let mut all = Named::new();
    let mut put = |name: &str, value: String| all.insert(name.to_owned(), value);
    put("repeats", run.repeats.to_string());
    put("timed work of a repeat", run.duration_ns.to_string());
    put(
        "requests of a repeat at the most",
        run.max_requests.to_string(),
    );
    put("probes", run.probes.to_string());
    put("twins", run.twins.to_string());
    put("profile", run.profile.to_string());
    put("strict", run.strict.join(","));
    let tuned = run.tuned.as_ref().map(|tuned| tuned.changed.join(", "));
    put("tuned", tuned.unwrap_or_else(|| "no".to_owned()));
    all.append(&mut flattened("checks", &run.checks));
    if let Some(side) = &run.side {
        let of_gate = ["gate", "role"].map(|key| format!("side.{key}"));
        let mut side = flattened("side", side);
        side.retain(|name, _| !of_gate.contains(name));
        all.append(&mut side);
    }
    all
}

/// What measured, and on what.
fn surroundings(side: &Side<'_>) -> Named {
    let mut all = flattened("tare", &side.run.producer);
    all.append(&mut flattened("machine", &side.run.machine));
    let hash = all.get_mut("tare.binary_sha256");
    if let Some(hash) = hash {
        hash.truncate(DIGITS);
    }
    all.retain(|name, _| !name.starts_with("machine.missing"));
    all
}

/// Every value of something by its dotted path; lists as JSON.
fn flattened(name: &str, of: &impl Serialize) -> Named {
    let mut all = Named::new();
    if let Ok(value) = serde_json::to_value(of) {
        flatten(name, &value, &mut all);
    }
    all
}

fn flatten(path: &str, value: &Value, all: &mut Named) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                flatten(&path, field, all);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            all.insert(path.to_owned(), text.clone());
        }
        other => {
            all.insert(path.to_owned(), other.to_string());
        }
    }
}
