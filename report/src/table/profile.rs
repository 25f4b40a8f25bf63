//! Where the time of a request goes, below the table: the kinds of operators that take most of it.

use tare_results::{CellPeaks, FamilyShare, Profile};
use tare_units::{Bytes, Flops, FlopsPerSecond, Rate};

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
            .filter(|(_, profile)| profile.tells_operators())
    };
    let Some(_) = profiled().next() else {
        return Vec::new();
    };
    let heading = Note {
        mark: "",
        text: "where the time of a request goes, by the framework's own profiler:".to_owned(),
    };
    let mut notes = vec![heading];
    notes
        .extend(profiled().map(|(summary, profile)| {
            note("", &[summary], &told(profile, summary.peaks.as_ref()))
        }));
    notes
}

fn told(profile: &Profile, peaks: Option<&CellPeaks>) -> String {
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
            .filter_map(|family| rate(family, peaks)),
    );
    let times = profile.perturbation;
    sentence.extend(times.map(|times| format!("{times:.2} times as long when profiled")));
    sentence.join("; ")
}

/// How fast a family computes, and what share of its roof that is; nothing where its arithmetic is not known.
fn rate(family: &FamilyShare, peaks: Option<&CellPeaks>) -> Option<String> {
    let flops = family.flops?.as_operations() as f64;
    let per_s = FlopsPerSecond::from_per_s(flops / family.time_ns * 1e9);
    let share = share_of_roof(peaks, (family.flops, family.bytes), family.time_ns);
    let share = share.map(|share| format!(", {} of the roof", percent(share)));
    Some(format!(
        "{} at {per_s}{}",
        family.family.name(),
        share.unwrap_or_default()
    ))
}

/// The time that work takes at the least, by its operations at the peak or by its bytes at the bandwidth, whichever is
/// more, over the time that it took (Williams, Waterman and Patterson, "Roofline", CACM 52, 2009).
pub fn share_of_roof(
    peaks: Option<&CellPeaks>,
    (flops, bytes): (Option<Flops>, Option<Bytes>),
    time_ns: f64,
) -> Option<f64> {
    let peaks = peaks?;
    let computing = flops?.as_operations() as f64 / peaks.flops_per_s.per_s();
    let moving = bytes?.as_bytes() as f64 / peaks.bytes_per_s.per_s();
    let share = computing.max(moving) * 1e9 / time_ns;
    share.is_finite().then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tare_units::BytesPerSecond;

    #[test]
    fn a_share_is_of_the_nearer_roof() {
        let peaks = CellPeaks {
            flops_per_s: FlopsPerSecond::from_per_s(100e9),
            bytes_per_s: BytesPerSecond::from_per_s(10e9),
            level: "DRAM".to_owned(),
            h2d_bytes_per_s: None,
            d2h_bytes_per_s: None,
            calibrated_at: "2026-11-21T09:00:00Z".to_owned(),
        };
        let share = |flops, bytes| {
            let work = (Some(Flops::from_operations(flops)), bytes);
            share_of_roof(Some(&peaks), work, 2_000.0)
        };
        let bytes = |count| Some(Bytes::from_bytes(count));
        assert_eq!(share(100_000, bytes(1_000)), Some(0.5));
        assert_eq!(share(10_000, bytes(16_000)), Some(0.8));
        assert_eq!(share(10_000, None), None);
    }
}
