//! A report in Markdown, as it stands in a pull request: the table, then the numbers of each chart on demand.

use crate::charts::{CHARTS, Cells, Chart, Entry, Table, Value};
use crate::export::escaped;
use crate::split::Laws;
use crate::summary::Summary;
use crate::{ExportError, exporter};

/// Rows of a chart that are written; a page and an export have all.
const ROWS: usize = 30;

/// The report of `summaries`: a heading, the exported table with its notes, and a folded table for each chart.
///
/// # Errors
/// Where the table cannot be written.
pub fn digest(summaries: &[Summary], laws: &Laws) -> Result<String, ExportError> {
    let table = exporter("markdown")?.export(summaries)?;
    let mut text = format!("## tare report\n\n{}", String::from_utf8_lossy(&table));
    if summaries.is_empty() {
        return Ok(text);
    }
    let mut cells = Cells::of(summaries, laws);
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

fn rows(text: &mut String, table: &Table) {
    let is_number = |column: usize| {
        let mut values = table.rows.iter().filter_map(|row| row.values.get(column));
        values.all(|value| !matches!(value, Value::Text(_)))
    };
    let headers = table.columns.iter().map(|column| escaped(column.header));
    let headers: Vec<String> = headers.collect();
    let rules = (0..headers.len()).map(|column| if is_number(column) { "--:" } else { "---" });
    let rules: Vec<&str> = rules.collect();
    text.push_str(&format!(
        "| {} |\n| {} |\n",
        headers.join(" | "),
        rules.join(" | ")
    ));
    for row in table.rows.iter().take(ROWS) {
        let cell = |value: &Value| match value {
            Value::Text(text) => escaped(text),
            Value::Number { shown, .. } => escaped(shown),
            Value::Missing(_) => "–".to_owned(),
        };
        let cells: Vec<String> = row.values.iter().map(cell).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
}
