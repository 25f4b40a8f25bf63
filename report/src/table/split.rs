//! The columns of a split: shown only where there is one.

use tare_results::{Class, Tax, TaxMethod};
use tare_units::SignedNanoseconds;

use super::columns::{Align, Column, Content, NOTHING, Text};
use super::numbers::percent;
use super::stack::Stack;
use super::style::Tone;
use crate::summary::Summary;

/// Floor, inefficiency, tax, the tax's share, and the class; nothing where no summary has a split.
pub fn columns(summaries: &[Summary]) -> Vec<Column> {
    if summaries.iter().all(|summary| summary.tax.is_none()) {
        return Vec::new();
    }
    let column = |header, align, importance, text: fn(&Tax) -> Option<Text>| Column {
        header,
        align,
        importance,
        content: Content::Texts(summaries.iter().map(|one| shown(one, text)).collect()),
    };
    vec![
        column("floor", Align::Right, 4, |tax| time(tax.floor_ns)),
        column("ineff.", Align::Right, 4, |tax| time(tax.inefficiency_ns)),
        column("tax", Align::Right, 9, |tax| {
            let (text, tone) = time(Some(tax.tax_ns))?;
            let mark = if tax.method == TaxMethod::Law {
                "~"
            } else {
                ""
            };
            Some((format!("{mark}{text}"), tone))
        }),
        column("share", Align::Right, 9, |tax| {
            Some((percent(tax.tax_fraction), Tone::Plain))
        }),
        column("class", Align::Left, 9, |tax| class(tax.class?)),
    ]
}

/// The bars of `summaries`, whose medians over the largest are `shares`; `None` where none is split.
pub fn stacks(summaries: &[Summary], shares: &[Option<f64>]) -> Option<Vec<Option<Stack>>> {
    summaries.iter().find(|summary| summary.tax.is_some())?;
    let stack = |(summary, share): (&Summary, &Option<f64>)| {
        let parts = summary.tax.as_ref().map(parts);
        share.map(|whole| Stack { whole, parts })
    };
    Some(summaries.iter().zip(shares).map(stack).collect())
}

fn parts(tax: &Tax) -> (f64, f64) {
    let latency = tax.latency_ns.as_nanos_f64();
    let floor = tax
        .floor_ns
        .map_or(0.0, |floor| floor.as_nanos_f64() / latency);
    (floor, tax.tax_fraction)
}

fn shown(summary: &Summary, text: fn(&Tax) -> Option<Text>) -> Text {
    let text = summary.tax.as_ref().and_then(text);
    text.unwrap_or_else(|| (NOTHING.to_owned(), Tone::Dim))
}

fn time(part: Option<SignedNanoseconds>) -> Option<Text> {
    let part = part?;
    let tone = if part.is_negative() {
        Tone::Doubtful
    } else {
        Tone::Plain
    };
    Some((part.to_string(), tone))
}

fn class(class: Class) -> Option<Text> {
    let text = match class {
        Class::FrameworkBound => "framework",
        Class::ComputeBound => "compute",
        Class::MemoryBound => "memory",
        Class::Undecided => "undecided",
    };
    Some((text.to_owned(), Tone::Plain))
}
