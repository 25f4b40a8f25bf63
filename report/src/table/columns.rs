//! What the columns of a table say of a summary, and in which order they give way where there is no room.

use std::collections::BTreeMap;

use tare_results::{Percentile, Verdict};

use super::dimensions::Dimensions;
use super::numbers::{interval, significant, time};
use super::serving;
use super::split;
use super::stack::Stack;
use super::style::Tone;
use crate::summary::Summary;

/// A column with a cell for each summary.
pub struct Column {
    /// Above it.
    pub header: &'static str,
    /// To which side its cells go.
    pub align: Align,
    /// The columns with the smallest value give way first; never those with [`KEPT`].
    pub importance: u8,
    /// Its cells.
    pub content: Content,
}

/// To which side cells go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// The cells of a column.
pub enum Content {
    /// Text with its meaning.
    Texts(Vec<(String, Tone)>),
    /// Shares of the largest that they are compared with, from 0 to 1.
    Bars(Vec<Option<f64>>),
    /// What each is made of.
    Stacks(Vec<Option<Stack>>),
}

/// The importance of what never gives way.
pub const KEPT: u8 = u8::MAX;

/// What stands where there is nothing.
pub const NOTHING: &str = "–";

/// Text with its meaning.
pub type Text = (String, Tone);

/// The columns of `summaries`, from left to right.
pub fn columns(summaries: &[Summary], dimensions: &Dimensions, is_wide: bool) -> Vec<Column> {
    let texts = |header, align, importance, text: &dyn Fn(&Summary) -> Text| Column {
        header,
        align,
        importance,
        content: Content::Texts(summaries.iter().map(text).collect()),
    };
    let named = |dimension: &&super::dimensions::Dimension, importance| {
        let value = |summary: &Summary| plain((dimension.value)(summary));
        texts(dimension.name, Align::Left, importance, &value)
    };
    let shared = dimensions.shared.iter().filter(|one| one.is_always_shown);
    let mut columns: Vec<Column> = shared.map(|dimension| named(dimension, 0)).collect();
    columns.extend(dimensions.varying.iter().map(|one| named(one, KEPT)));
    let interval = |summary: &Summary| dim(p50(summary).and_then(|p50| interval(p50, is_wide)));
    let right = Align::Right;
    columns.extend([
        texts("batch", right, KEPT, &|summary| {
            plain(summary.cell.batch.to_string())
        }),
        texts("p50", right, KEPT, &|summary| latency(summary, "p50")),
        texts("95%", Align::Left, 5, &interval),
        Column {
            header: bars_header(summaries),
            align: Align::Left,
            importance: if is_split(summaries) { KEPT } else { 4 },
            content: bars(summaries),
        },
    ]);
    columns.extend(split::columns(summaries));
    // Under load the tail is what counts, and what is achieved stands beside what was offered.
    let (tail, rate) = match summaries.iter().all(|one| one.serving.is_some()) {
        true => (9, 2),
        false => (6, 7),
    };
    let p99 = |summary: &Summary| latency(summary, "p99");
    columns.push(texts("p99", right, tail, &p99));
    columns.extend(serving::columns(summaries));
    columns.extend([
        texts("samples/s", right, rate, &|summary| {
            number(samples_per_s(summary))
        }),
        texts("GFLOP", right, 1, &|summary| number(gflop(summary))),
        texts("GFLOP/s", right, 3, &|summary| number(gflop_per_s(summary))),
        texts("memory", right, 2, &memory),
        texts("verdict", Align::Left, KEPT, &verdict),
    ]);
    columns
}

/// The median, unless the scenario is about throughput only.
pub fn p50(summary: &Summary) -> Option<&Percentile> {
    let is_offline = summary.cell.scenario == "offline";
    let latency = summary.latency.as_ref().filter(|_| !is_offline)?;
    latency.p50.as_ref()
}

fn latency(summary: &Summary, name: &str) -> Text {
    if summary.cell.scenario == "offline" {
        return dim(None);
    }
    let percentiles = summary
        .latency
        .as_ref()
        .map(|latency| latency.percentiles());
    let named = percentiles.into_iter().flatten().find(|(n, ..)| *n == name);
    if let Some(percentile) = named.and_then(|(_, _, percentile)| percentile) {
        return plain(time(percentile.value_ns));
    }
    let reason = summary.missing.get(&format!("latency.{name}"));
    dim(reason.and_then(|reason| Some(reason.strip_suffix(" samples")?.to_owned())))
}

fn is_split(summaries: &[Summary]) -> bool {
    summaries.iter().any(|summary| summary.tax.is_some())
}

/// What bars of several models are scaled by.
fn bars_header(summaries: &[Summary]) -> &'static str {
    let mut scales = summaries.iter().map(scale);
    let first = scales.next();
    let is_one = scales.all(|scale| Some(scale) == first);
    match is_one || is_split(summaries) {
        true => "",
        false => "by model",
    }
}

/// Cells whose bars share a scale.
fn scale(summary: &Summary) -> (&str, &BTreeMap<String, u64>) {
    (&summary.cell.model, &summary.cell.shape)
}

fn bars(summaries: &[Summary]) -> Content {
    let stacks = split::stacks(summaries);
    stacks.map_or_else(|| Content::Bars(shares(summaries)), Content::Stacks)
}

/// Medians over the largest of the same model at the same shape.
fn shares(summaries: &[Summary]) -> Vec<Option<f64>> {
    let mut longest: BTreeMap<_, f64> = BTreeMap::new();
    for summary in summaries {
        let longest = longest.entry(scale(summary)).or_default();
        *longest = p50(summary).map_or(*longest, |p50| longest.max(p50.value_ns));
    }
    let share = |one: &Summary| Some(p50(one)?.value_ns / longest.get(&scale(one))?);
    summaries.iter().map(share).collect()
}

fn samples_per_s(summary: &Summary) -> Option<f64> {
    summary.throughput.as_ref()?.samples_per_s
}

fn gflop(summary: &Summary) -> Option<f64> {
    Some(summary.model.flops?.as_operations() as f64 / 1e9)
}

fn gflop_per_s(summary: &Summary) -> Option<f64> {
    let alone = p50(summary).filter(|_| summary.serving.is_none());
    let requests_per_s = match alone {
        Some(p50) => 1e9 / p50.value_ns,
        None => samples_per_s(summary)? / summary.cell.batch as f64,
    };
    Some(gflop(summary)? * requests_per_s)
}

fn memory(summary: &Summary) -> Text {
    let peak = summary
        .memory
        .as_ref()
        .and_then(|memory| memory.peak_rss_bytes);
    match peak {
        Some(peak) => plain(peak.to_string()),
        None => dim(None),
    }
}

fn verdict(summary: &Summary) -> Text {
    let (text, tone) = match (summary.verdict, summary.doubts.is_empty()) {
        (Verdict::Invalid, _) => ("invalid", Tone::Bad),
        (Verdict::Valid, true) => ("valid", Tone::Good),
        (Verdict::Valid, false) => ("valid *", Tone::Doubtful),
    };
    (text.to_owned(), tone)
}

fn plain(text: String) -> Text {
    (text, Tone::Plain)
}

fn dim(text: Option<String>) -> Text {
    (text.unwrap_or_else(|| NOTHING.to_owned()), Tone::Dim)
}

fn number(value: Option<f64>) -> Text {
    value.map_or_else(|| dim(None), |value| plain(significant(value)))
}
