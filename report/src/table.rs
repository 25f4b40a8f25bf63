//! Summaries as a table for a person: figures with their interval, a bar for each latency, and what to doubt about them.

mod bar;
mod caption;
mod columns;
mod device;
mod dimensions;
mod layout;
mod notes;
pub(crate) mod numbers;
mod profile;
mod serving;
mod split;
mod stack;
mod style;

use crate::summary::Summary;

pub(crate) use caption::caption;
pub(crate) use columns::{Align, Column, Content, KEPT, columns, p50};
use device::devices;
pub(crate) use dimensions::{Dimension, Dimensions, counted};
use notes::{Note, notes};
use profile::profiles;
pub use style::Style;
pub(crate) use style::Tone;

pub(crate) use device::sentence as device_sentence;
pub(crate) use numbers::{signed_time, significant as number, time};
pub(crate) use profile::share_of_roof;

/// `text` in lines of the style's width.
pub(crate) fn wrapped(text: &str, style: Style) -> Vec<String> {
    layout::wrap("", text.split_whitespace(), " ", style)
}

/// `text` behind `mark` in lines of the style's width.
pub(crate) fn wrapped_behind(mark: &str, text: &str, style: Style) -> Vec<String> {
    layout::wrap(mark, text.split_whitespace(), " ", style)
}

/// The header, a rule, and a line a row.
pub(crate) fn laid_out(columns: Vec<Column>, style: Style) -> Vec<String> {
    layout::rows(columns, style)
}

/// What stands below the rows, in groups that are not empty: the notes, where the time goes, and what devices did.
pub(crate) fn below(summaries: &[Summary], dimensions: &Dimensions) -> Vec<Vec<Note>> {
    let mut groups = vec![
        notes(summaries, dimensions),
        profiles(summaries, dimensions),
        devices(summaries, dimensions),
    ];
    groups.retain(|group| !group.is_empty());
    groups
}

/// The table of `summaries`, a row each, for a terminal of `style.width` columns; ends in a line break.
///
/// Columns that do not fit are left out, least important first; what is the same in all rows stands above them.
pub fn table(summaries: &[Summary], style: Style) -> String {
    if summaries.is_empty() {
        return "no cell was measured\n".to_owned();
    }
    let dimensions = Dimensions::of(summaries);
    let mut lines: Vec<String> = Vec::new();
    for line in caption(summaries, &dimensions) {
        let parts = line.iter().map(String::as_str);
        lines.extend(layout::wrap("", parts, " · ", style));
    }
    lines.push(String::new());
    lines.extend(layout::rows(
        columns(summaries, &dimensions, style.is_wide()),
        style,
    ));
    if let Some(legend) = stack::legend(summaries, style) {
        lines.push(String::new());
        lines.extend(layout::wrap("", legend.split_whitespace(), " ", style));
    }
    for group in below(summaries, &dimensions) {
        lines.push(String::new());
        for note in group {
            let words = note.text.split_whitespace();
            lines.extend(layout::wrap(note.mark, words, " ", style));
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}
