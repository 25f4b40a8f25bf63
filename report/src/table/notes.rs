//! What stands below a table: why rows are invalid, what to doubt, what an undecided percentile needs.

use tare_results::{Doubt, EnergySource};
use tare_units::{Joules, Watts};

use super::columns::p50;
use super::dimensions::Dimensions;
use crate::split::NOT_ASKED;
use crate::summarise::{is_alike, severity};
use crate::summary::Summary;

/// A sentence about some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it hangs on: `!` invalid, `*` doubtful.
    pub mark: &'static str,
    /// Which rows, and what.
    pub text: String,
}

/// The notes of `summaries`, each said once.
pub fn notes(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Note> {
    let mut said: Vec<(&'static str, String, Vec<&Summary>)> = Vec::new();
    let mut say = |mark, text: String, summary| match said
        .iter_mut()
        .find(|(m, known, _)| *m == mark && *known == text)
    {
        Some((.., rows)) => rows.push(summary),
        None => said.push((mark, text, vec![summary])),
    };
    for summary in summaries {
        for reason in &summary.reasons {
            say("!", reason.clone(), summary);
        }
    }
    for summary in summaries {
        for doubt in doubts(summary) {
            say("*", doubt, summary);
        }
    }
    for (doubt, rows) in disturbances(summaries) {
        for summary in rows {
            say("*", doubt.to_string(), summary);
        }
    }
    let said = said.into_iter().map(|(mark, text, rows)| Note {
        mark,
        text: about(&rows, summaries, dimensions, &text),
    });
    said.chain(agreement(summaries, dimensions))
        .chain(not_compared(summaries, dimensions))
        .chain(not_split(summaries, dimensions))
        .chain(joules(summaries, dimensions))
        .chain(no_latency(summaries))
        .chain(tail(summaries))
        .collect()
}

/// One sentence a doubt; that some percentiles agree by luck is one doubt, and missing repeats are reasons already.
fn doubts(summary: &Summary) -> Vec<String> {
    let mut agreeing = Vec::new();
    let mut sentences = Vec::new();
    for doubt in &summary.doubts {
        match doubt {
            Doubt::MissingRepeats { .. } if !summary.reasons.is_empty() => {}
            Doubt::Environment { .. } | Doubt::Peaks { .. } | Doubt::Tax { .. } => {}
            Doubt::WithinRepeatSpread { percentile } => agreeing.push(percentile.replace('_', ".")),
            other => sentences.push(other.to_string()),
        }
    }
    match agreeing.as_slice() {
        [] => {}
        [percentile] => {
            let percentile = percentile.clone();
            sentences.push(Doubt::WithinRepeatSpread { percentile }.to_string());
        }
        several => sentences.push(format!(
            "{} vary more within repeats than their intervals between repeats say",
            several.join(", ")
        )),
    }
    sentences
}

/// What disturbed the machine or the split, and which rows: one doubt a thing, as bad as it gets.
fn disturbances(summaries: &[Summary]) -> Vec<(&Doubt, Vec<&Summary>)> {
    let is_disturbance = |doubt: &&Doubt| {
        matches!(
            doubt,
            Doubt::Environment { .. } | Doubt::Peaks { .. } | Doubt::Tax { .. }
        )
    };
    let mut found: Vec<(&Doubt, Vec<&Summary>)> = Vec::new();
    for summary in summaries {
        for doubt in summary.doubts.iter().filter(is_disturbance) {
            match found.iter_mut().find(|(known, _)| is_alike(known, doubt)) {
                Some((worst, rows)) => {
                    if severity(doubt) > severity(worst) {
                        *worst = doubt;
                    }
                    rows.push(summary);
                }
                None => found.push((doubt, vec![summary])),
            }
        }
    }
    found
}

/// `text` with what tells `rows` from the other `summaries`, where there are others.
pub fn about(
    rows: &[&Summary],
    summaries: &[Summary],
    dimensions: &Dimensions,
    text: &str,
) -> String {
    match rows.len() == summaries.len() {
        true => text.to_owned(),
        false => format!("{}: {text}", whose(rows, dimensions)),
    }
}

fn whose(rows: &[&Summary], dimensions: &Dimensions) -> String {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for row in rows {
        let values = dimensions.varying.iter().map(|one| match one.name {
            "threads" | "seed" => format!("{}={}", one.name, (one.value)(row)),
            _ => (one.value)(row),
        });
        let values = values.filter(|value| !value.is_empty());
        let name = values.collect::<Vec<_>>().join(" ");
        let batch = row.cell.batch.to_string();
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, batches)) => batches.push(batch),
            None => groups.push((name, vec![batch])),
        }
    }
    let groups = groups.into_iter().map(|(name, batches)| {
        if dimensions.is_batch_varying {
            format!("{name} b={}", batches.join(",")).trim().to_owned()
        } else {
            name
        }
    });
    groups.collect::<Vec<_>>().join("; ")
}

/// Whose latency is not split though that was asked for, and why.
fn not_split(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Note> {
    let mut reasons: Vec<(&str, Vec<&Summary>)> = Vec::new();
    let valid = summaries.iter().filter(|one| one.reasons.is_empty());
    for summary in valid {
        let reason = summary.missing.get("tax").map(String::as_str);
        let Some(reason) = reason.filter(|reason| *reason != NOT_ASKED) else {
            continue;
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, rows)) => rows.push(summary),
            None => reasons.push((reason, vec![summary])),
        }
    }
    let note = |(reason, rows): (&str, Vec<&Summary>)| Note {
        mark: "",
        text: about(
            &rows,
            summaries,
            dimensions,
            &format!("not split: {reason}"),
        ),
    };
    reasons.into_iter().map(note).collect()
}

/// What a sample costs in joules, where something tells.
fn joules(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Note> {
    let note = |summary: &Summary| {
        let energy = summary.energy.as_ref()?;
        let Some(per_sample) = energy.per_sample_j else {
            let reason = summary.missing.get("energy.per_sample_j")?;
            return Some(Note {
                mark: "",
                text: about(
                    &[summary],
                    summaries,
                    dimensions,
                    &format!("no joules: {reason}"),
                ),
            });
        };
        let source = energy.primary.as_ref();
        let source = source.and_then(|name| energy.sources.iter().find(|one| one.source == *name));
        let random = |of: fn(&EnergySource) -> Option<f64>| {
            let share = per_sample / source?.gross_j?;
            Some(of(source?)? * share)
        };
        let gross = with_random(per_sample, random(|source| source.random_j));
        let mut text = format!("{gross} a sample");
        if let Some(above) = energy.above_idle_per_sample_j {
            let above = with_random(above, random(|source| source.above_idle_random_j));
            text.push_str(&format!(", {above} above idle"));
        }
        if let Some(power) = energy.average_power_w {
            text.push_str(&format!(", {}", Watts::from_watts(power)));
        }
        if let Some(primary) = &energy.primary {
            text.push_str(&format!(", by {primary}"));
        }
        if energy.stretched {
            text.push_str(" over further requests after the timed ones");
        }
        Some(Note {
            mark: "",
            text: about(&[summary], summaries, dimensions, &text),
        })
    };
    summaries.iter().filter_map(note).collect()
}

/// Joules with the half width of the interval of their random part, where that is known.
fn with_random(joules: f64, random: Option<f64>) -> String {
    let joules = Joules::from_joules(joules);
    match random {
        Some(random) => format!("{joules} ± {}", Joules::from_joules(random)),
        None => joules.to_string(),
    }
}

/// Whose outputs nobody looked at, and why.
fn not_compared(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Note> {
    let mut reasons: Vec<(&str, Vec<&Summary>)> = Vec::new();
    let valid = summaries.iter().filter(|one| one.reasons.is_empty());
    for summary in valid.filter(|one| one.fidelity.is_none() && one.repeats > 0) {
        let Some(reason) = summary.missing.get("fidelity") else {
            continue;
        };
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, rows)) => rows.push(summary),
            None => reasons.push((reason, vec![summary])),
        }
    }
    let note = |(reason, rows): (&str, Vec<&Summary>)| Note {
        mark: "",
        text: about(
            &rows,
            summaries,
            dimensions,
            &format!("outputs were not compared: {reason}"),
        ),
    };
    reasons.into_iter().map(note).collect()
}

/// Whose outputs agree with which reference, and how closely.
fn agreement(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Note> {
    let mut references: Vec<(&str, f64, Vec<&Summary>)> = Vec::new();
    for summary in summaries {
        let Some(fidelity) = summary.fidelity.as_ref().filter(|one| one.beyond() == 0) else {
            continue;
        };
        let known = references.iter_mut();
        match known
            .into_iter()
            .find(|(name, ..)| *name == fidelity.reference)
        {
            Some((_, largest, rows)) => {
                *largest = largest.max(fidelity.max_relative);
                rows.push(summary);
            }
            None => references.push((&fidelity.reference, fidelity.max_relative, vec![summary])),
        }
    }
    let note = |(reference, largest, rows): (&str, f64, Vec<&Summary>)| {
        let text = match largest {
            0.0 => format!("outputs are those of {reference} to the last bit"),
            _ => format!("outputs agree with {reference}, relative error at most {largest:.1e}"),
        };
        Note {
            mark: "",
            text: about(&rows, summaries, dimensions, &text),
        }
    };
    references.into_iter().map(note).collect()
}

/// Why rows have no latency, where their scenario gives none.
fn no_latency(summaries: &[Summary]) -> Option<Note> {
    let mut valid = summaries
        .iter()
        .filter(|summary| summary.reasons.is_empty());
    let reason = valid.find_map(|summary| summary.missing.get("latency"))?;
    Some(Note {
        mark: "",
        text: reason.clone(),
    })
}

/// What it takes for every row to have a 99th percentile.
fn tail(summaries: &[Summary]) -> Option<Note> {
    let needs = |summary: &Summary| {
        let reason = summary.missing.get("latency.p99")?;
        let needed = reason.strip_suffix(" samples")?.split(" of ").nth(1)?;
        let needed: u64 = needed.parse().ok()?;
        let seconds = needed as f64 * p50(summary)?.value_ns / 1e9;
        Some((needed, seconds.ceil() as u64))
    };
    let needs: Vec<(u64, u64)> = summaries.iter().filter_map(needs).collect();
    let samples = needs.iter().map(|(samples, _)| samples).max()?;
    let seconds = needs.iter().map(|(_, seconds)| seconds).max()?;
    Some(Note {
        mark: "",
        text: format!(
            "a p99 needs {samples} samples of each repeat: --duration {seconds}s is enough for every row"
        ),
    })
}
