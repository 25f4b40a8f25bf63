//! The columns of a split: shown only where there is one.

use tare_results::{Class, Tax};
use tare_units::SignedNanoseconds;

use super::columns::{Align, Column, Content, NOTHING, Text, p50};
use super::numbers::percent;
use super::stack::Stack;
use super::style::Tone;
use crate::known_tax::KnownTax;
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
        column("tax", Align::Right, 10, |tax| {
            let (text, tone) = time(Some(tax.tax_ns))?;
            Some((KnownTax::of(tax).marked(&text), tone))
        }),
        column("share", Align::Right, 9, |tax| {
            let share = percent(tax.tax_fraction);
            Some((KnownTax::of(tax).marked(&share), Tone::Plain))
        }),
        column("class", Align::Left, 8, |tax| class(tax.class?)),
    ]
}

/// What the median of each of `summaries` is made of; `None` where none is split.
pub fn stacks(summaries: &[Summary]) -> Option<Vec<Option<Stack>>> {
    summaries.iter().find(|summary| summary.tax.is_some())?;
    let stack = |summary: &Summary| {
        let median = p50(summary)?;
        let tax = summary.tax.as_ref();
        Some(tax.map_or(Stack::Whole, |tax| parts(tax, median.value_ns)))
    };
    Some(summaries.iter().map(stack).collect())
}

fn parts(tax: &Tax, latency: f64) -> Stack {
    let floor = tax.floor_ns.map(|floor| floor.as_nanos_f64() / latency);
    Stack::Parts {
        floor,
        tax: tax.tax_fraction,
    }
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
