//! A report in Markdown, as it stands in a pull request: the table, then the numbers of each chart on demand.

use crate::analysis::Analysis;
use crate::charts::{CHARTS, Cells, Chart, Entry, Table, Value};
use crate::export::escaped;
use crate::summary::Summary;
use crate::{ExportError, exporter};

/// Rows of a chart that are written; a page and an export have all.
const ROWS: usize = 30;

/// The report of `summaries`: a heading, the exported table with its notes, and a folded table for each chart.
///
/// # Errors
/// Where the table cannot be written.
pub fn digest(summaries: &[Summary], analysis: &Analysis) -> Result<String, ExportError> {
    let table = exporter("markdown")?.export(summaries)?;
    let mut text = format!("## tare report\n\n{}", String::from_utf8_lossy(&table));
    if summaries.is_empty() {
        return Ok(text);
    }
    let mut cells = Cells::of(summaries, analysis);
    for entry in CHARTS {
        let chart = (entry.build)(&mut cells);
        if !chart.table.rows.is_empty() {
            section(&mut text, entry, &chart);
        }
    }
    Ok(text)
}

fn section(text: &mut String, entry: &Entry, chart: &Chart) {
    text.push_str(&format!(
        "\n<details><summary>{}</summary>\n\n",
        entry.title
    ));
    for word in &chart.words {
        text.push_str(&format!("{}\n\n", escaped(word)));
    }
    rows(text, &chart.table);
    let more = chart.table.rows.len().saturating_sub(ROWS);
    if more > 0 {
        text.push_str(&format!(
            "\n{more} more rows: `tare report -o report.html` has them.\n"
        ));
    }
    text.push_str("\n</details>\n");
}

/// The columns that have anything, of the first [`ROWS`] rows.
fn rows(text: &mut String, table: &Table) {
    let values = |column: usize| {
        table
            .rows
            .iter()
            .filter_map(move |row| row.values.get(column))
    };
    let is_there =
        |column: &usize| values(*column).any(|value| !matches!(value, Value::Missing(_)));
    let shown: Vec<usize> = (0..table.columns.len()).filter(is_there).collect();
    let is_text = |column: usize| values(column).any(|value| matches!(value, Value::Text(_)));
    let headers = shown.iter().map(|at| escaped(table.columns[*at].header));
    let rules = shown
        .iter()
        .map(|at| if is_text(*at) { "---" } else { "--:" });
    line(text, headers);
    line(text, rules.map(str::to_owned));
    for row in table.rows.iter().take(ROWS) {
        line(text, shown.iter().map(|at| cell(&row.values[*at])));
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    text.push_str(&format!("| {} |\n", cells.join(" | ")));
}

fn cell(value: &Value) -> String {
    match value {
        Value::Text(text) => escaped(text),
        Value::Number { shown, .. } => escaped(shown),
        Value::Missing(_) => "–".to_owned(),
    }
}
