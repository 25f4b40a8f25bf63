//! What stands below a table: why rows are invalid, what to doubt, what an undecided percentile needs.

use std::collections::BTreeSet;

use tare_results::{Doubt, EnergySource};
use tare_units::{Joules, Watts};

use super::columns::p50;
use super::dimensions::Dimensions;
use super::serving;
use crate::alike::{Alike, Sentence, gathered};
use crate::split::NOT_ASKED;
use crate::summary::Summary;

/// Rows that differ in more than their batch and are named by a note; of others it says how many.
const NAMED: usize = 6;

/// A sentence about some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it hangs on: `!` invalid, `*` doubtful.
    pub mark: &'static str,
    /// Which rows, and what.
    pub text: String,
}

/// The notes of `summaries`; what says the same of other numbers is one note, the worst with the range of its numbers.
pub fn notes(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Note> {
    let reasons = summaries.iter().flat_map(|summary| {
        let reasons = summary.reasons.iter();
        reasons.map(move |reason| (Sentence::plain(reason), summary))
    });
    let reasons: Vec<(Sentence, &Summary)> = reasons.collect();
    let of = |doubts: fn(&Summary) -> Vec<Sentence>| {
        let all = summaries.iter();
        all.flat_map(move |one| doubts(one).into_iter().map(move |said| (said, one)))
    };
    let doubts: Vec<(Sentence, &Summary)> = of(doubts).chain(of(disturbances)).collect();
    let note = |mark, mut one: Alike<'_, &Summary>| {
        one.about
            .dedup_by(|row, before| std::ptr::eq(*row, *before));
        Note {
            mark,
            text: about(&one.about, summaries, dimensions, &one.text()),
        }
    };
    let reasons = said(&reasons).into_iter().map(|one| note("!", one));
    let doubts = said(&doubts).into_iter().map(|one| note("*", one));
    reasons
        .chain(doubts)
        .chain(agreement(summaries, dimensions))
        .chain(not_compared(summaries, dimensions))
        .chain(not_split(summaries, dimensions))
        .chain(joules(summaries, dimensions))
        .chain(serving::notes(summaries, dimensions))
        .chain(no_latency(summaries))
        .chain(tail(summaries))
        .collect()
}

fn said<'a>(all: &'a [(Sentence, &'a Summary)]) -> Vec<Alike<'a, &'a Summary>> {
    gathered(all.iter().map(|(sentence, summary)| (sentence, *summary)))
}

/// One sentence a doubt; that some percentiles agree by luck is one doubt, and missing repeats are reasons already.
fn doubts(summary: &Summary) -> Vec<Sentence> {
    let mut agreeing = Vec::new();
    let mut sentences = Vec::new();
    for doubt in summary.doubts.iter().filter(|doubt| !is_disturbance(doubt)) {
        match doubt {
            Doubt::MissingRepeats { .. } if !summary.reasons.is_empty() => {}
            Doubt::WithinRepeatSpread { percentile } => agreeing.push(percentile.replace('_', ".")),
            other => sentences.push(Sentence::of(other, &summary.cell)),
        }
    }
    match agreeing.as_slice() {
        [] => {}
        [percentile] => {
            let percentile = percentile.clone();
            let doubt = Doubt::WithinRepeatSpread { percentile };
            sentences.push(Sentence::of(&doubt, &summary.cell));
        }
        several => sentences.push(Sentence::plain(format!(
            "{} vary more within repeats than their intervals between repeats say",
            several.join(", ")
        ))),
    }
    sentences
}

/// What disturbed the machine or the split.
fn disturbances(summary: &Summary) -> Vec<Sentence> {
    let disturbances = summary.doubts.iter().filter(|doubt| is_disturbance(doubt));
    disturbances
        .map(|doubt| Sentence::of(doubt, &summary.cell))
        .collect()
}

fn is_disturbance(doubt: &Doubt) -> bool {
    matches!(
        doubt,
        Doubt::Environment { .. } | Doubt::Peaks { .. } | Doubt::Tax { .. }
    )
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
    let named = groups.iter().take(NAMED).map(|(name, batches)| {
        if dimensions.is_batch_varying {
            format!("{name} b={}", batches.join(",")).trim().to_owned()
        } else {
            name.clone()
        }
    });
    let named = named.collect::<Vec<_>>().join("; ");
    let more = groups.iter().skip(NAMED).map(|(_, batches)| batches.len());
    match more.sum::<usize>() {
        0 => named,
        more => format!("{named} and {more} more rows"),
    }
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

/// Requests a second that were done; of a closed loop by their samples.
fn done_per_s(summary: &Summary) -> Option<f64> {
    let rates = summary.throughput.as_ref()?;
    let by_samples = || Some(rates.samples_per_s? / summary.cell.batch as f64);
    rates.achieved_per_s.or_else(by_samples)
}

/// The option that makes a repeat of `row` so long.
fn lasting(row: &Summary, seconds: u64) -> String {
    let option = row.cell.lengthened_by();
    match option.split_once("= ") {
        Some((key, of)) => format!("{key}={seconds}s {of}"),
        None => format!("{option} {seconds}s"),
    }
}

/// What else bounds the requests of `row` to fewer than `samples`.
fn bounds(row: &Summary, samples: u64) -> Vec<String> {
    let given = |key: &str| row.cell.scenario_options.get(key);
    let most = given("max").and_then(|most| most.parse::<u64>().ok());
    let own = most.filter(|most| *most < samples);
    let own = own.map(|_| format!("max={samples} of the scenario"));
    let of_run = row.max_requests.filter(|_| most.is_none());
    let of_run = of_run.map(|_| format!("--max-requests {samples}"));
    let trace = given("trace").map(|_| format!("a trace with {samples} arrivals in that time"));
    own.into_iter().chain(of_run).chain(trace).collect()
}

/// What it takes for every row to have a 99th percentile.
fn tail(summaries: &[Summary]) -> Option<Note> {
    let needs = |summary| {
        let needed = Summary::samples_of_a_p99(summary)?;
        let seconds = match &summary.serving {
            Some(_) => {
                let done = done_per_s(summary)?;
                needed as f64 / Some(done).filter(|rate| *rate > 0.0)?
            }
            None => needed as f64 * p50(summary)?.value_ns / 1e9,
        };
        Some((needed, seconds.ceil() as u64, summary))
    };
    let needs: Vec<(u64, u64, &Summary)> = summaries.iter().filter_map(needs).collect();
    let samples = *needs.iter().map(|(samples, ..)| samples).max()?;
    let seconds = *needs.iter().map(|(_, seconds, _)| seconds).max()?;
    let rows = || needs.iter().map(|(.., summary)| *summary);
    let times: BTreeSet<String> = rows().map(|row| lasting(row, seconds)).collect();
    let bounds: BTreeSet<String> = rows().flat_map(|row| bounds(row, samples)).collect();
    let options: Vec<String> = times.into_iter().chain(bounds).collect();
    Some(Note {
        mark: "",
        text: format!(
            "a p99 needs {samples} samples of each repeat: {} is enough for every row",
            options.join(", and ")
        ),
    })
}
