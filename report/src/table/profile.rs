//! Where the time of a request goes, below the table: the kinds of operators that take most of it.

use tare_results::{FamilyShare, Profile};
use tare_units::{FlopsPerSecond, Rate};

use super::dimensions::Dimensions;
use super::notes::{Note, about};
use super::numbers::{percent, time};
use crate::summary::Summary;

/// Kinds of operators that are named.
const NAMED: usize = 5;
/// A share of a request that no operator had and that is worth a word.
const OUTSIDE: f64 = 0.05;

/// A heading and a sentence a profile; nothing without a profile.
pub fn profiles(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Note> {
    let note = |mark, rows: &[&Summary], text: &str| Note {
        mark,
        text: about(rows, summaries, dimensions, text),
    };
    let profiled = || {
        summaries
            .iter()
            .filter_map(|one| Some((one, one.profile.as_ref()?)))
    };
    let Some(_) = profiled().next() else {
        return Vec::new();
    };
    let heading = Note {
        mark: "",
        text: "where the time of a request goes, by the framework's own profiler:".to_owned(),
    };
    let mut notes = vec![heading];
    notes.extend(profiled().map(|(summary, profile)| {
        let peak = summary.peaks.as_ref().map(|peaks| peaks.flops_per_s);
        note("", &[summary], &told(profile, peak))
    }));
    notes
}

fn told(profile: &Profile, peak: Option<FlopsPerSecond>) -> String {
    let (first, rest) = profile
        .operators
        .split_at(profile.operators.len().min(NAMED));
    let mut parts: Vec<String> = first
        .iter()
        .map(|one| format!("{} {} {}", one.kind, percent(one.share), time(one.time_ns)))
        .collect();
    if !rest.is_empty() {
        let share = rest.iter().map(|one| one.share).sum();
        parts.push(format!("{} others {}", rest.len(), percent(share)));
    }
    let mut sentence = vec![parts.join(", ")];
    let within: f64 = profile.operators.iter().map(|one| one.time_ns).sum();
    let outside = profile.latency_p50_ns - within;
    if outside > OUTSIDE * profile.latency_p50_ns {
        sentence.push(format!("{} outside operators", time(outside)));
    }
    sentence.extend(
        profile
            .families
            .iter()
            .filter_map(|family| rate(family, peak)),
    );
    let times = profile.perturbation;
    sentence.extend(times.map(|times| format!("{times:.2} times as long when profiled")));
    sentence.join("; ")
}

/// How fast a family computes, and what share of the peak that is; nothing where its arithmetic is not known.
fn rate(family: &FamilyShare, peak: Option<FlopsPerSecond>) -> Option<String> {
    let flops = family.flops?.as_operations() as f64;
    let per_s = FlopsPerSecond::from_per_s(flops / family.time_ns * 1e9);
    let share = peak.map(|peak| per_s.per_s() / peak.per_s());
    let share = share.filter(|share| share.is_finite());
    let share = share.map(|share| format!(", {} of the peak", percent(share)));
    Some(format!(
        "{} at {per_s}{}",
        family.family.name(),
        share.unwrap_or_default()
    ))
}
