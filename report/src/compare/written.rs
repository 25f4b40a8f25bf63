//! A comparison as a table for a terminal, as Markdown, as CSV and as JSON.

use super::{Compared, Comparison, Difference, Effect, Figure};
use crate::export::{ExportError, escaped};
use crate::table::{
    Align, Column, Content, KEPT, Style, Tone, counted, laid_out, numbers, wrapped_behind,
};

/// Of more sides, values are told once each and not side by side.
const IN_TURN: usize = 4;
/// Of CSV.
const COLUMNS: usize = 16;
const HEAD: [&str; COLUMNS] = [
    "figure",
    "baseline_side",
    "side",
    "cell",
    "baseline",
    "value",
    "ratio",
    "ratio_low",
    "ratio_high",
    "effect",
    "baseline_tax_ns",
    "tax_ns",
    "across_machines",
    "doubts",
    "left_out",
    "differences",
];

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

    /// A row a cell that was compared, then one a cell that was left out, without values and with why; what differs between the sides
    /// stands in each.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>, ExportError> {
        let failed = |reason: &dyn std::fmt::Display| ExportError::write("CSV", reason);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(HEAD).map_err(|e| failed(&e))?;
        let first = self.sides.first().map_or("", |side| &side.name);
        let differences: Vec<String> = self.differences.iter().map(difference).collect();
        let differences = differences.join("; ");
        let end = |end: Option<f64>| end.map_or(String::new(), |end| end.to_string());
        for row in &self.rows {
            let fields = [
                self.figure.to_string(),
                first.to_owned(),
                row.side.clone(),
                row.label.clone(),
                row.baseline.to_string(),
                row.value.to_string(),
                row.ratio.to_string(),
                end(row.low),
                end(row.high),
                format!("{:?}", row.effect).to_lowercase(),
                end(row.baseline_tax_ns),
                end(row.tax_ns),
                row.across_machines.to_string(),
                row.doubts.join("; "),
                String::new(),
                differences.clone(),
            ];
            writer.write_record(fields).map_err(|e| failed(&e))?;
        }
        for one in &self.left_out {
            let mut fields = [const { String::new() }; COLUMNS];
            fields[0] = self.figure.to_string();
            fields[1] = first.to_owned();
            fields[2] = one.side.clone();
            fields[3] = one.label.clone();
            fields[COLUMNS - 2] = one.reason.clone();
            fields[COLUMNS - 1] = differences.clone();
            writer.write_record(fields).map_err(|e| failed(&e))?;
        }
        writer.into_inner().map_err(|e| failed(&e))
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
        if count(Effect::Unknown) > 0 {
            let more = counted(count(Effect::Unknown) as u64, "more cell");
            lines.push(format!(
                "Of {more} it is not known: --repeats 2 or more tell."
            ));
        }
        let mut runs: Vec<&str> = self.sides.iter().map(|side| side.run.as_str()).collect();
        runs.dedup();
        if runs.len() > 1 {
            lines.push(
                "The runs were made at different times: what the machine did otherwise meanwhile is in no interval. tare gate measures \
                 both sides in turn."
                    .to_owned(),
            );
        }
        let mut doubts: Vec<&String> = self.rows.iter().flat_map(|row| &row.doubts).collect();
        doubts.sort();
        doubts.dedup();
        for doubt in doubts {
            let about = self.rows.iter().filter(|row| row.doubts.contains(doubt));
            let count = counted(about.count() as u64, "row");
            lines.push(format!("* {count}: {doubt}"));
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
        let written = |value: f64| plain(self.figure.written(value));
        let (right, left) = (Align::Right, Align::Left);
        let mut columns = vec![
            texts("model", left, KEPT, &|row| plain(parts(row).0.to_owned())),
            texts("cell", left, KEPT, &|row| plain(parts(row).1.to_owned())),
        ];
        if self.sides.len() > 2 {
            columns.push(texts("side", left, KEPT, &|row| plain(row.side.clone())));
        }
        columns.extend([
            texts("baseline", right, 1, &|row| written(row.baseline)),
            texts("side's", right, 2, &|row| written(row.value)),
            texts("ratio", right, KEPT, &|row| {
                (format!("{:.3}", row.ratio), tone(row))
            }),
            texts("95%", left, 3, &|row| (interval(row), Tone::Dim)),
        ]);
        if self.figure == Figure::P50 && self.rows.iter().any(|row| row.tax_ns.is_some()) {
            columns.extend([
                texts("tax", right, 5, &|row| plain(change(taxes(row)))),
                texts("work", right, 4, &|row| plain(change(works(row)))),
            ]);
        }
        columns.extend([texts("", left, KEPT, &|row| (self.told(row), tone(row)))]);
        columns
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

/// What the tax and the rest of the median were, and became.
type Change = (Option<f64>, Option<f64>);

fn taxes(row: &Compared) -> Change {
    (row.baseline_tax_ns, row.tax_ns)
}

fn works(row: &Compared) -> Change {
    let rest = |whole: f64, tax: Option<f64>| tax.map(|tax| whole - tax);
    (
        rest(row.baseline, row.baseline_tax_ns),
        rest(row.value, row.tax_ns),
    )
}

fn change((before, after): Change) -> String {
    let time = |part: Option<f64>| part.map_or("–".to_owned(), numbers::signed_time);
    match (before, after) {
        (None, None) => "–".to_owned(),
        _ => format!("{} → {}", time(before), time(after)),
    }
}

fn parts(row: &Compared) -> (&str, &str) {
    row.label.split_once(" · ").unwrap_or((&row.label, ""))
}

fn interval(row: &Compared) -> String {
    match row.low.zip(row.high) {
        Some((low, high)) => format!("[{low:.3}, {high:.3}]"),
        None => "–".to_owned(),
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
        Effect::Unknown => "not known to differ, as a side has one repeat:",
    }
}

fn difference(one: &Difference) -> String {
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
