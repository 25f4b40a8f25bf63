//! What else is worth knowing of a gate: outputs, doubts of its records, sides that are the same.

use std::collections::BTreeMap;

use tare_results::{Doubt, Fidelity, Kind, Record};

use super::prepared::Difference;

/// A line each.
pub fn notes(differences: &[Difference], compared: bool, records: [&[Record]; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    if differences.is_empty() {
        notes.push("both sides are the same: what differs is noise".to_owned());
    }
    notes.extend(outputs(compared, records[1]));
    let measured = records.iter().flat_map(|side| side.iter());
    notes.extend(doubts(
        measured.filter(|record| record.kind == Kind::Measurement),
    ));
    notes
}

/// What is doubted of `records`, a line each, with the number of processes; but not that requests were delayed, which the
/// evidence tells.
pub fn doubts<'r>(records: impl Iterator<Item = &'r Record>) -> Vec<String> {
    let mut known: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let doubted = records.flat_map(|record| &record.doubts);
    for doubt in doubted.filter(|doubt| !matches!(doubt, Doubt::DelayedRequests { .. })) {
        let first = || (doubt.to_string(), 0);
        known.entry(kind(doubt)).or_insert_with(first).1 += 1;
    }
    let told = known.into_values().map(|(doubt, times)| match times {
        1 => format!("in 1 process: {doubt}"),
        _ => format!("in {times} processes, such as: {doubt}"),
    });
    told.collect()
}

fn outputs(compared: bool, candidate: &[Record]) -> Option<String> {
    if !compared {
        return Some("the outputs of the sides were not compared, as they may differ".to_owned());
    }
    let fidelity = candidate
        .iter()
        .filter_map(|record| record.fidelity.as_ref());
    let fidelity: Vec<&Fidelity> = fidelity.collect();
    if fidelity.iter().any(|one| one.beyond() > 0) {
        return None;
    }
    let off = fidelity
        .iter()
        .map(|one| one.max_relative)
        .reduce(f64::max)?;
    Some(match off > 0.0 {
        true => {
            format!("the outputs of the sides differ by {off:.0e} of their magnitude at the most")
        }
        false => "the outputs of the sides are the same".to_owned(),
    })
}

/// What doubts have in common whose numbers differ.
fn kind(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Environment { check, .. } => check.clone(),
        other => {
            let text = format!("{other:?}");
            let name = text.split([' ', '(', '{']).next();
            name.unwrap_or_default().to_owned()
        }
    }
}
