//! The columns of requests under load: shown only where a cell was.

use tare_results::{Decision, Met, RateSearch, SearchEnd, Serving};

use super::columns::{Align, Column, Content, NOTHING, Text};
use super::dimensions::Dimensions;
use super::notes::{Note, about};
use super::numbers::{nines, percent, significant, thousands, time};
use super::style::Tone;
use crate::summary::Summary;

/// Offered and done a second, the generator's lag, what failed, and whether the objective holds; nothing where no summary
/// is of requests under load.
pub fn columns(summaries: &[Summary]) -> Vec<Column> {
    if summaries.iter().all(|summary| summary.serving.is_none()) {
        return Vec::new();
    }
    let column = |header, importance, text: &dyn Fn(&Summary) -> Option<Text>| Column {
        header,
        align: Align::Right,
        importance,
        content: Content::Texts(summaries.iter().map(|one| shown(one, text)).collect()),
    };
    let mut columns = vec![
        column("offered/s", 7, &|one| {
            rate(one.throughput.as_ref()?.offered_per_s)
        }),
        column("achieved/s", 5, &|one| {
            rate(one.throughput.as_ref()?.achieved_per_s)
        }),
    ];
    let has_objective = |summary: &&Summary| objective(summary).is_some();
    let is_held = summaries.iter().any(|one| has_objective(&one));
    if is_held {
        columns.push(column("goodput/s", 8, &|one| {
            rate(one.serving.as_ref()?.goodput_per_s)
        }));
    }
    columns.push(column("skew p99", 4, &|one| {
        let skew = one.schedule.as_ref()?.skew_p99_ns;
        Some((time(skew.as_nanos() as f64), Tone::Plain))
    }));
    columns.push(column("failed", 9, &|one| failed(one.serving.as_ref()?)));
    if is_held {
        columns.push(column("met", 9, &|one| Some(met(objective(one)?))));
    }
    columns
}

fn shown(summary: &Summary, text: &dyn Fn(&Summary) -> Option<Text>) -> Text {
    let served = summary.serving.as_ref().and_then(|_| text(summary));
    served.unwrap_or_else(|| (NOTHING.to_owned(), Tone::Dim))
}

fn objective(summary: &Summary) -> Option<Met> {
    Some(summary.serving.as_ref()?.objective.as_ref()?.met)
}

fn rate(per_s: Option<f64>) -> Option<Text> {
    Some((significant(per_s?), Tone::Plain))
}

fn failed(serving: &Serving) -> Option<Text> {
    if serving.due == 0 {
        return None;
    }
    let share = serving.failed() as f64 / serving.due as f64;
    let tone = match serving.failed() {
        0 => Tone::Plain,
        _ => Tone::Doubtful,
    };
    Some((nines(share), tone))
}

fn met(met: Met) -> Text {
    let (text, tone) = match met {
        Met::Met => ("yes", Tone::Good),
        Met::NotMet => ("no", Tone::Bad),
        Met::NotDecided => ("undecided", Tone::Doubtful),
    };
    (text.to_owned(), tone)
}

/// A sentence a summary: whether the objective holds and by how many requests, what failed and how, and what waited; and
/// how well the percentile is known that repeats went on for.
pub fn notes(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Note> {
    let said = |summary: &Summary| {
        let serving = summary.serving.as_ref();
        let served = serving.map(|serving| sentence(serving, summary.repeats));
        let decided = summary.decision.as_ref().and_then(decision);
        served.into_iter().chain(decided).collect::<Vec<_>>()
    };
    let note = |summary, text: &str| Note {
        mark: "",
        text: about(&[summary], summaries, dimensions, text),
    };
    let all = summaries.iter().map(|summary| (summary, said(summary)));
    all.flat_map(|(summary, texts)| {
        let notes = texts.iter().map(|text| note(summary, text));
        notes.collect::<Vec<_>>()
    })
    .collect()
}

fn sentence(serving: &Serving, repeats: u64) -> String {
    let mut parts: Vec<String> = Vec::new();
    if let Some(objective) = &serving.objective {
        let holds = match objective.met {
            Met::Met => "holds",
            Met::NotMet => "does not hold",
            Met::NotDecided => "is not decided",
        };
        let over = thousands(objective.over);
        parts.push(format!("{objective} {holds}, {over} requests beyond it"));
    }
    let failures = [
        (serving.rejected, "rejected"),
        (serving.timed_out, "timed out"),
        (serving.errors, "errors"),
        (serving.never_sent, "never sent"),
    ];
    let failures = failures.iter().filter(|(count, _)| *count > 0);
    parts.extend(failures.map(|(count, name)| format!("{} {name}", thousands(*count))));
    if parts.is_empty() {
        parts.push("none failed".to_owned());
    }
    parts.push(format!("up to {} waited", thousands(serving.most_waiting)));
    let search = serving.search.as_ref();
    parts.extend(search.map(|search| searched(search, repeats)));
    if let Some(size) = serving.mean_batch.filter(|size| *size > 1.0) {
        parts.push(format!(
            "{} executed together on average",
            significant(size)
        ));
    }
    let due = thousands(serving.due);
    format!("of {due} requests: {}", parts.join(", "))
}

fn decision(decision: &Decision) -> Option<String> {
    let reach = decision.reach.filter(|_| decision.decided)?;
    Some(format!(
        "{} is known to ±{:.1}% after {} requests, at look {}",
        decision.percentile,
        100.0 * reach,
        thousands(decision.count),
        decision.looks
    ))
}

/// Between which rates the highest lies, of several `repeats` that of each one, and how sure that is.
fn searched(search: &RateSearch, repeats: u64) -> String {
    let Some(kept) = search.kept_per_s else {
        let rates = search.tried.iter().map(|one| one.per_s);
        let lowest = rates.fold(f64::INFINITY, f64::min);
        return format!(
            "none of {} rates was shown to keep it, down to {}/s",
            search.trials,
            significant(lowest)
        );
    };
    let each = repeats > 1;
    let missed = search.missed_per_s.map_or_else(
        || match each {
            true => "not each found a higher one that did not".to_owned(),
            false => "no higher one was found that did not".to_owned(),
        },
        |missed| match each {
            true => format!("one of {}/s at the most did not", significant(missed)),
            false => format!("{}/s did not", significant(missed)),
        },
    );
    let kept = match each {
        true => format!(
            "in each of {repeats} repeats a rate of {}/s or more",
            significant(kept)
        ),
        false => format!("{}/s", significant(kept)),
    };
    let ended = match search.ended {
        SearchEnd::Narrow => "",
        SearchEnd::Budget => ", the budget was used up",
        SearchEnd::NotDecided => ", a rate between them was not decided",
    };
    format!(
        "{kept} kept it and {missed} ({} trials, {} sure{ended})",
        search.trials,
        percent(search.confidence)
    )
}
