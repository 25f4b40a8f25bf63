//! A chart in a page: how it is read, the drawings, what is to be said, the numbers, and what to doubt about them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::numbers;
use crate::alike::{Sentence, gathered};
use crate::charts::{Chart, Entry, Named, Panel, Row, TOGETHER, TOGETHER_READING, TOGETHER_TITLE};
use crate::draw::legend::legend;
use crate::draw::{Key, Svg, escape};
use crate::table::counted;

/// Doubts that are spelled out below a chart; the others are named by number.
const SPELLED: usize = 10;
/// So many times its own width a drawing may grow to.
const WIDEST: f64 = 1.3;

/// Adds the section of a chart.
pub fn write(page: &mut String, entry: &Entry, chart: &Chart, notes: &[Sentence]) {
    let (name, title) = (entry.name, entry.title);
    page.push_str(&format!(
        "<section id=\"{name}\" aria-labelledby=\"{name}-title\"><h2 id=\"{name}-title\">{title}</h2><p>{}</p>",
        escape(&chart.reading)
    ));
    if !chart.panels.is_empty() {
        page.push_str(&keys(&chart.keys));
    }
    panels(page, title, chart);
    let words = chart.words.iter();
    let words: String = words.map(|word| format!("<li>{}", escape(word))).collect();
    if !words.is_empty() {
        page.push_str(&format!("<ul class=\"words\">{words}</ul>"));
    }
    doubted(page, chart, notes);
    if !chart.table.rows.is_empty() {
        numbers::write(page, name, ("Numbers", title), (&chart.table, false));
    }
    if !chart.lines.rows.is_empty() {
        let name = format!("{name}-lines");
        numbers::write(
            page,
            &name,
            ("Points of the lines", title),
            (&chart.lines, false),
        );
    }
    page.push_str("</section>");
}

/// What the colours stand for; entries flow as the width allows.
fn keys(keys: &[Key]) -> String {
    let entry = |key: &Key| {
        let unnamed = Key {
            name: String::new(),
            ..key.clone()
        };
        let mut swatch = Svg::new(12.0, 16.0);
        swatch.place((1.0, 0.0), &legend(&[unnamed], 12.0));
        format!(
            "<li>{}{}</li>",
            swatch
                .element("")
                .replacen("role=\"img\" aria-label=\"\"", "aria-hidden=\"true\"", 1),
            escape(&key.name)
        )
    };
    let entries: String = keys.iter().map(entry).collect();
    format!("<ul class=\"keys\">{entries}</ul>")
}

fn panels(page: &mut String, title: &str, chart: &Chart) {
    let (open, more) = chart.panels.split_at(chart.open.min(chart.panels.len()));
    let is_alone = open.len() == 1;
    if !open.is_empty() {
        let figures = open.iter().map(|panel| figure(panel, title, is_alone));
        let class = if is_alone { "panels alone" } else { "panels" };
        let figures: String = figures.collect();
        page.push_str(&format!("<div class=\"{class}\">{figures}</div>"));
    }
    if let (Some(first), Some(last)) = (more.first(), more.last()) {
        let figures: String = more
            .iter()
            .map(|panel| figure(panel, title, is_alone && more.len() == 1))
            .collect();
        page.push_str(&format!(
            "<details class=\"more\"><summary>{} more: {} to {}</summary><div class=\"panels\">{figures}</div></details>",
            more.len(),
            escape(&first.title),
            escape(&last.title)
        ));
    }
}

/// A drawing with its caption; alone it grows to [`WIDEST`] and not to the width of the page.
fn figure(panel: &Panel, title: &str, is_alone: bool) -> String {
    let (label, caption) = match panel.title.as_str() {
        "" => (title.to_owned(), String::new()),
        own => (
            format!("{title}: {own}"),
            format!("<figcaption>{}</figcaption>", escape(own)),
        ),
    };
    let widest = match is_alone {
        true => format!(" style=\"max-width:{:.0}px\"", panel.drawing.width * WIDEST),
        false => String::new(),
    };
    format!(
        "<figure{widest}>{caption}{}</figure>",
        panel.drawing.element(&label)
    )
}

/// The doubts about a chart's numbers and why some are not there, with how many rows each is about.
fn doubted(page: &mut String, chart: &Chart, notes: &[Sentence]) {
    let rows = &chart.table.rows;
    let doubtful = rows.iter().filter(|row| !row.notes.is_empty()).count();
    let doubts = merged(rows, |row| &row.notes, notes);
    let heading = format!(
        "To doubt in {doubtful} of {}, hollow or marked *:",
        counted(rows.len() as u64, "row")
    );
    spelled(page, "doubted", &heading, &doubts, rows.len());
    let gaps = merged(rows, |row| &row.gaps, notes);
    spelled(
        page,
        "gaps",
        "Why numbers are not there:",
        &gaps,
        rows.len(),
    );
}

/// What is said of rows, what says the same as one, each with how many rows it is said of; the most frequent first.
fn merged(rows: &[Row], said: fn(&Row) -> &Vec<usize>, notes: &[Sentence]) -> Vec<(String, usize)> {
    let places: BTreeSet<usize> = rows.iter().flat_map(said).copied().collect();
    let all = places.into_iter();
    let all = gathered(all.filter_map(|place| Some((notes.get(place)?, place))));
    let numbered = all.iter().enumerate();
    let group: HashMap<usize, usize> = numbered
        .flat_map(|(group, one)| one.about.iter().map(move |place| (*place, group)))
        .collect();
    let mut merged: Vec<(String, usize)> = all.iter().map(|one| (one.text(), 0)).collect();
    for row in rows {
        let groups = said(row).iter().filter_map(|place| group.get(place));
        for one in groups.collect::<BTreeSet<_>>() {
            merged[*one].1 += 1;
        }
    }
    merged.sort_by_key(|(_, count)| Reverse(*count));
    merged
}

fn spelled(page: &mut String, class: &str, heading: &str, found: &[(String, usize)], rows: usize) {
    if found.is_empty() {
        return;
    }
    page.push_str(&format!("<div class=\"{class}\"><p>{heading}</p><ul>"));
    for (text, count) in found.iter().take(SPELLED) {
        let text = escape(text.trim_start_matches("–: "));
        page.push_str(&format!(
            "<li>{text} <span class=\"quiet\">({count} of {rows})</span></li>"
        ));
    }
    if found.len() > SPELLED {
        page.push_str(&format!(
            "<li><a href=\"#doubts\">{} more kinds, by the numbers in the table</a></li>",
            found.len() - SPELLED
        ));
    }
    page.push_str("</ul></div>");
}

/// Adds what only several cells say, in a table each.
pub fn together(page: &mut String, tables: &[Named]) {
    page.push_str(&format!(
        "<section id=\"{TOGETHER}\" aria-labelledby=\"{TOGETHER}-title\"><h2 id=\"{TOGETHER}-title\">{TOGETHER_TITLE}</h2><p>{TOGETHER_READING}</p>"
    ));
    for one in tables {
        match one.table.rows.is_empty() {
            true => page.push_str(&format!("<p>{}</p>", escape(one.lack))),
            false => numbers::write(
                page,
                one.name,
                (one.title, TOGETHER_TITLE),
                (&one.table, true),
            ),
        }
    }
    page.push_str("</section>");
}

/// Adds every doubt and every reason for a missing number, numbered as tables refer to them.
pub fn doubts(page: &mut String, notes: &[Sentence]) {
    page.push_str("<section id=\"doubts\" aria-labelledby=\"doubts-title\"><h2 id=\"doubts-title\">Doubts</h2>");
    if notes.is_empty() {
        page.push_str("<p>None.</p></section>");
        return;
    }
    page.push_str("<p>What the tables refer to by number; after a dash, why a number is not there.</p><details class=\"printed\"><summary>All of them</summary><ol>");
    for (place, note) in notes.iter().enumerate() {
        page.push_str(&format!("<li id=\"d{}\">{}", place + 1, escape(&note.text)));
    }
    page.push_str("</ol></details></section>");
}
