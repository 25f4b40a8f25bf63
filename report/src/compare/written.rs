//! A comparison as a table for a terminal, as Markdown and as JSON.

use std::collections::BTreeMap;

use super::{Compared, Comparison, Difference, Effect, Figure};
use crate::export::{ExportError, escaped};
use crate::known_tax::KnownTax;
use crate::table::{
    Align, Column, Content, KEPT, Style, Tone, counted, laid_out, numbers, wrapped_behind,
};

/// Of more sides, values are told once each and not side by side.
const IN_TURN: usize = 4;

impl Comparison {
    /// For a terminal; ends in a line break. What differs stands first, then the cells, the largest effect first.
    pub fn table(&self, style: Style) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (mark, sentence) in self.opening() {
            lines.extend(wrapped_behind(&mark, &sentence, style));
        }
        lines.push(String::new());
        let mut rows = laid_out(self.columns(), style).into_iter();
        lines.extend(rows.by_ref().take(2));
        let mut before = None;
        for (row, line) in self.rows.iter().zip(rows) {
            let heading = heading(row.effect);
            if before != Some(heading) && !heading.is_empty() {
                lines.push(style.paint(Tone::Dim, &style.shown(heading)));
            }
            before = Some(heading);
            lines.push(line);
        }
        let closing = self.closing();
        if !closing.is_empty() {
            lines.push(String::new());
        }
        for sentence in closing {
            lines.extend(wrapped_behind("", &sentence, style));
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// For a document or a pull request.
    pub fn markdown(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (mark, sentence) in self.opening() {
            lines.push(format!(
                "- {}",
                escaped(format!("{mark} {sentence}").trim())
            ));
        }
        lines.push(String::new());
        lines.extend(crate::export::laid_out(self.columns(), self.rows.len()));
        let closing = self.closing();
        if !closing.is_empty() {
            lines.push(String::new());
        }
        lines.extend(closing.iter().map(|one| format!("- {}", escaped(one))));
        lines.join("\n") + "\n"
    }

    /// For programs; the schema is that of [`Comparison`].
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn json(&self) -> Result<String, ExportError> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|error| ExportError::write("JSON", error))
    }

    /// What is compared, and what differs, each behind its mark.
    fn opening(&self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        for (place, side) in self.sides.iter().enumerate() {
            let what = match place {
                0 => format!("{} of each cell, over that of", self.figure),
                _ => "against it".to_owned(),
            };
            let cells = counted(side.cells, "cell");
            let run = match side.name == side.run {
                true => String::new(),
                false => format!("run {}, ", side.run),
            };
            let told = format!("{} ({run}{}, {cells})", side.name, side.created);
            lines.push((what + ":", told));
        }
        let differs = self.differences.iter();
        let differs = differs.map(|one| ("differs:".to_owned(), difference(one)));
        lines.extend(differs);
        if self.differences.is_empty() {
            lines.push(("differs:".to_owned(), "nothing that is known".to_owned()));
        }
        lines
    }

    fn closing(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let count = |effect: Effect| self.rows.iter().filter(|row| row.effect == effect).count();
        let (worse, better) = self.figure.words();
        let known = self.rows.len() - count(Effect::Unknown);
        lines.push(format!(
            "{} {worse}, {} {better}, {} within the noise, of {}; by chance alone one in twenty would seem to differ.",
            count(Effect::Worse),
            count(Effect::Better),
            count(Effect::Noise),
            counted(known as u64, "cell"),
        ));
        for (why, count) in times(self.rows.iter().filter_map(|row| row.why_unknown.as_ref())) {
            let more = counted(count, "more cell");
            lines.push(format!("Of {more} it is not known: {why}."));
        }
        lines.extend(self.marks().map(str::to_owned));
        let mut runs: Vec<&str> = self.sides.iter().map(|side| side.run.as_str()).collect();
        runs.dedup();
        if runs.len() > 1 {
            lines.push(
                "The runs were made at different times: what the machine did otherwise meanwhile is in no interval. tare gate measures \
                 both sides in turn."
                    .to_owned(),
            );
        }
        for (doubt, count) in times(self.rows.iter().flat_map(|row| &row.doubts)) {
            lines.push(format!("* {}: {doubt}", counted(count, "row")));
        }
        for one in &self.left_out {
            lines.push(format!(
                "not compared: {} of {}: {}",
                one.label, one.side, one.reason
            ));
        }
        lines
    }

    fn columns(&self) -> Vec<Column> {
        let texts =
            |header, align, importance, text: &dyn Fn(&Compared) -> (String, Tone)| Column {
                header,
                align,
                importance,
                content: Content::Texts(self.rows.iter().map(text).collect()),
            };
        let plain = |text: String| (text, Tone::Plain);
        let written = |value: f64, tax: &Option<KnownTax>| {
            plain(self.mark(tax).to_owned() + &self.figure.written(value))
        };
        let (right, left) = (Align::Right, Align::Left);
        let mut columns = vec![
            texts("model", left, KEPT, &|row| plain(parts(row).0.to_owned())),
            texts("cell", left, KEPT, &|row| plain(parts(row).1.to_owned())),
        ];
        if self.sides.len() > 2 {
            columns.push(texts("side", left, KEPT, &|row| plain(row.side.clone())));
        }
        columns.extend([
            texts("baseline", right, 1, &|row| {
                written(row.baseline, &row.baseline_tax)
            }),
            texts("side's", right, 2, &|row| written(row.value, &row.tax)),
            texts("ratio", right, KEPT, &|row| {
                (format!("{:.3}", row.ratio), tone(row))
            }),
            texts("95%", left, 3, &|row| (interval(row), Tone::Dim)),
        ]);
        if self.has_parts() {
            columns.extend([
                texts("tax", right, 5, &|row| plain(change(taxes(row)))),
                texts("work", right, 4, &|row| plain(change(works(row)))),
            ]);
        }
        columns.extend([texts("", left, KEPT, &|row| (self.told(row), tone(row)))]);
        columns
    }

    /// Whether tax and work stand beside the figure.
    fn has_parts(&self) -> bool {
        self.figure == Figure::P50 && self.rows.iter().any(|row| row.tax_ns.is_some())
    }

    /// Before a figure that is read from this tax.
    fn mark(&self, tax: &Option<KnownTax>) -> &'static str {
        let mark = match self.figure {
            Figure::Tax => KnownTax::mark,
            Figure::Work => KnownTax::mark_of_work,
            _ => return "",
        };
        tax.as_ref().map_or("", mark)
    }

    /// What the marks mean that stand in the rows.
    fn marks(&self) -> impl Iterator<Item = &'static str> {
        let are_shown = self.figure.is_of_tax() || self.has_parts();
        let known = self.rows.iter().flat_map(|row| [row.baseline_tax, row.tax]);
        let known: Vec<&str> = known.flatten().map(|tax| tax.mark()).collect();
        let is_there = move |(mark, _): &(&str, &str)| are_shown && known.contains(mark);
        MARKS.into_iter().filter(is_there).map(|(_, told)| told)
    }

    /// What a row says in words.
    fn told(&self, row: &Compared) -> String {
        let (worse, better) = self.figure.words();
        let word = match row.effect {
            Effect::Worse => worse,
            Effect::Better => better,
            Effect::Noise => "noise",
            Effect::Unknown => "not known",
        };
        let elsewhere = if row.across_machines {
            ", another machine"
        } else {
            ""
        };
        let mark = if row.doubts.is_empty() { "" } else { " *" };
        format!("{word}{elsewhere}{mark}")
    }
}

/// What stands before a tax, and what is to be said of it.
const MARKS: [(&str, &str); 2] = [
    (
        "≤",
        "A tax behind ≤ is an upper bound, as its hollow twin may still do work, and the work beside it, behind ≥, a lower one.",
    ),
    ("~", "Behind ~ stands what a dispatch law foretells."),
];

/// Texts, each once with how often it comes, in the order of the alphabet.
fn times<'a>(texts: impl Iterator<Item = &'a String>) -> BTreeMap<&'a str, u64> {
    let mut times = BTreeMap::new();
    for text in texts {
        *times.entry(text.as_str()).or_default() += 1;
    }
    times
}

/// A part of the median on a side, behind its mark.
type Part = Option<(&'static str, f64)>;

/// What the tax was, and became.
fn taxes(row: &Compared) -> [Part; 2] {
    let of = |known: Option<KnownTax>, tax: Option<f64>| Some((known?.mark(), tax?));
    [
        of(row.baseline_tax, row.baseline_tax_ns),
        of(row.tax, row.tax_ns),
    ]
}

/// The same of the rest of the median.
fn works(row: &Compared) -> [Part; 2] {
    let of = |known: Option<KnownTax>, whole: f64, tax: Option<f64>| {
        Some((known?.mark_of_work(), whole - tax?))
    };
    [
        of(row.baseline_tax, row.baseline, row.baseline_tax_ns),
        of(row.tax, row.value, row.tax_ns),
    ]
}

fn change(parts: [Part; 2]) -> String {
    let told = |part: Part| match part {
        Some((mark, nanos)) => mark.to_owned() + &numbers::signed_time(nanos),
        None => "–".to_owned(),
    };
    match parts {
        [None, None] => "–".to_owned(),
        both => both.map(told).join(" → "),
    }
}

fn parts(row: &Compared) -> (&str, &str) {
    row.label.split_once(" · ").unwrap_or((&row.label, ""))
}

fn interval(row: &Compared) -> String {
    let end = |end: Option<f64>| end.map_or("–".to_owned(), |end| format!("{end:.3}"));
    match (row.low, row.high) {
        (None, None) => "–".to_owned(),
        (low, high) => format!("[{}, {}]", end(low), end(high)),
    }
}

fn tone(row: &Compared) -> Tone {
    match row.effect {
        Effect::Worse => Tone::Bad,
        Effect::Better => Tone::Good,
        Effect::Noise | Effect::Unknown => Tone::Dim,
    }
}

fn heading(effect: Effect) -> &'static str {
    match effect {
        Effect::Worse | Effect::Better => "",
        Effect::Noise => "within the noise, in no order:",
        Effect::Unknown => "not known to differ:",
    }
}

/// In what sides differ, and how.
pub(super) fn difference(one: &Difference) -> String {
    let values = one.values.iter();
    let mut values: Vec<&str> = values
        .map(|value| value.as_deref().unwrap_or("not told"))
        .collect();
    let separator = match values.len() > IN_TURN {
        true => ", ",
        false => " → ",
    };
    if values.len() > IN_TURN {
        values.sort_unstable();
        values.dedup();
    }
    format!("{}: {}", one.what, values.join(separator))
}
