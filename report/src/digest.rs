//! A report in Markdown, as it stands in a pull request: the table, then the numbers of each chart on demand, within what a
//! pull request takes.

use std::cmp::Ordering;

use crate::analysis::Analysis;
use crate::charts::{CHARTS, Cells, Chart, TOGETHER_TITLE, Table, Value, together};
use crate::export::{escaped, rows};
use crate::summary::Summary;
use crate::table::{Dimensions, below, caption};

/// Characters of the whole; GitHub takes 65,536 in one comment.
const MOST: usize = 60_000;
/// What the headings around the parts may take.
const FRAME: usize = 4_000;
/// Shares of the whole that the table of all cells and the notes below it may take.
const TABLE: f64 = 0.3;
const NOTES: f64 = 0.15;
/// Characters of a sentence.
const SENTENCE: usize = 600;

/// The report of `summaries`: a heading, the table with its notes, and a folded table for each chart; at most 60,000
/// characters, whatever the number of cells.
///
/// Tables that are too long for that are cut: the rows that tell most, invalid ones and then those of the largest tax, come
/// first, and it is said how many there are more.
pub fn digest(summaries: &[Summary], analysis: &Analysis) -> String {
    if summaries.is_empty() {
        return "## tare report\n\nNo cell was measured.\n".to_owned();
    }
    let mut text = Text::default();
    text.push("## tare report\n\n");
    let dimensions = Dimensions::of(summaries);
    for line in caption(summaries, &dimensions) {
        text.sentences([line.join(" · ")].iter(), SENTENCE, "", "\n");
    }
    main_table(&mut text, summaries, &dimensions);
    let groups = below(summaries, &dimensions);
    let share = MOST as f64 * NOTES / groups.len().max(1) as f64;
    for group in groups {
        text.push("\n");
        let notes: Vec<String> = group.into_iter().map(|note| note.text).collect();
        text.sentences(notes.iter(), share as usize, "- ", "");
    }
    if !analysis.left_out.is_empty() {
        text.push("\n");
        text.sentences(analysis.left_out.iter(), SENTENCE * 4, "- ", "");
    }
    charts(&mut text, summaries, analysis);
    text.written
}

/// All cells, or those that tell most.
fn main_table(text: &mut Text, summaries: &[Summary], dimensions: &Dimensions) {
    let mut lines = rows(summaries, dimensions);
    let all = lines.split_off(2);
    let weight = |one: &Summary| match one.reasons.is_empty() {
        true => one.tax.as_ref().map_or(0.0, |tax| tax.tax_fraction),
        false => f64::INFINITY,
    };
    let all = all.into_iter().zip(summaries.iter().map(weight));
    text.table(&lines, all.collect(), (MOST as f64 * TABLE) as usize);
}

/// The folded tables; each may take its share of what is left, and leaves to the others what it does not take.
fn charts(text: &mut Text, summaries: &[Summary], analysis: &Analysis) {
    let mut cells = Cells::of(summaries, analysis);
    let charts = CHARTS
        .iter()
        .map(|entry| (entry.title, (entry.build)(&mut cells)));
    let charts = charts.filter(|(_, chart)| !chart.table.rows.is_empty());
    let charts: Vec<(&str, Chart)> = charts.collect();
    let tables = together(analysis);
    let tables = tables.iter().filter(|one| !one.table.rows.is_empty());
    let tables: Vec<_> = tables.collect();
    let mut parts = charts.len() + tables.len();
    let mut share = |text: &Text| {
        let left = (MOST - FRAME).saturating_sub(text.length);
        let share = left / parts.max(1);
        parts = parts.saturating_sub(1);
        share
    };
    for (title, chart) in &charts {
        let room = share(text);
        text.folded(title, |text| {
            let start = text.length;
            text.sentences(chart.words.iter(), room / 3, "", "\n");
            let room = room.saturating_sub(text.length - start);
            chart_table(text, &chart.table, room);
        });
    }
    if tables.is_empty() {
        return;
    }
    text.folded(TOGETHER_TITLE, |text| {
        for (place, one) in tables.iter().enumerate() {
            let room = share(text);
            let between = if place == 0 { "" } else { "\n" };
            text.push(&format!("{between}{}:\n\n", one.title));
            chart_table(text, &one.table, room);
        }
    });
}

/// The columns of a table that have anything.
fn chart_table(text: &mut Text, table: &Table, room: usize) {
    let values = |column: usize| {
        let rows = table.rows.iter();
        rows.filter_map(move |row| row.values.get(column))
    };
    let is_there =
        |column: &usize| values(*column).any(|value| !matches!(value, Value::Missing(_)));
    let shown: Vec<usize> = (0..table.columns.len()).filter(is_there).collect();
    let is_text = |column: usize| values(column).any(|value| matches!(value, Value::Text(_)));
    let headers = shown.iter().map(|at| escaped(table.columns[*at].header));
    let rules = shown
        .iter()
        .map(|at| if is_text(*at) { "---" } else { "--:" });
    let head = [line(headers), line(rules.map(str::to_owned))];
    let rows = table.rows.iter().map(|row| {
        let cells = shown.iter().map(|at| cell(&row.values[*at]));
        (line(cells), row.weight)
    });
    text.table(&head, rows.collect(), room);
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!("| {} |", cells.join(" | "))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Text(text) => escaped(text),
        Value::Number { shown, .. } => escaped(shown),
        Value::Missing(_) => "–".to_owned(),
    }
}

/// What is written so far, and how many characters that is.
#[derive(Default)]
struct Text {
    written: String,
    length: usize,
}

impl Text {
    fn push(&mut self, text: &str) {
        self.written.push_str(text);
        self.length += text.chars().count();
    }

    fn folded(&mut self, title: &str, within: impl FnOnce(&mut Self)) {
        self.push(&format!("\n<details><summary>{title}</summary>\n\n"));
        within(self);
        self.push("\n</details>\n");
    }

    /// Each behind `mark` and before `end`, as far as `room` goes.
    fn sentences<'a>(
        &mut self,
        all: impl ExactSizeIterator<Item = &'a String>,
        room: usize,
        mark: &str,
        end: &str,
    ) {
        let most = self.length + room;
        let count = all.len();
        for (place, one) in all.enumerate() {
            let sentence = format!("{mark}{}\n{end}", escaped(&cut(one)));
            if self.length + sentence.chars().count() > most {
                let more = count - place;
                self.push(&format!(
                    "{mark}{more} more are in `tare report -o report.html`\n{end}"
                ));
                return;
            }
            self.push(&sentence);
        }
    }

    /// `head`, then the rows with their weights: all in their order where there is room, else the heaviest.
    fn table(&mut self, head: &[String], mut rows: Vec<(String, f64)>, room: usize) {
        let length = |line: &String| line.chars().count() + 1;
        let heading: usize = head.iter().map(length).sum();
        let all: usize = rows.iter().map(|(row, _)| length(row)).sum();
        if heading + all > room {
            rows.sort_by(|one, other| other.1.partial_cmp(&one.1).unwrap_or(Ordering::Equal));
        }
        let mut left = room.saturating_sub(heading);
        let fits = |(row, _): &&(String, f64)| {
            let is_fitting = length(row) <= left;
            left = left.saturating_sub(length(row));
            is_fitting
        };
        let shown = rows.iter().take_while(fits).count();
        if shown > 0 {
            let shown = rows.iter().take(shown).map(|(row, _)| row);
            for line in head.iter().chain(shown) {
                self.push(line);
                self.push("\n");
            }
        }
        match rows.len() - shown {
            0 => {}
            1 => self.push("\n1 more row: `tare report -o report.html` has it.\n"),
            more => self.push(&format!(
                "\n{more} more rows: `tare report -o report.html` has them.\n"
            )),
        }
    }
}

/// A sentence of at most [`SENTENCE`] characters.
fn cut(sentence: &str) -> String {
    match sentence.chars().count() > SENTENCE {
        true => sentence.chars().take(SENTENCE).chain(['…']).collect(),
        false => sentence.to_owned(),
    }
}
