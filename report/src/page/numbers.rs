//! The numbers behind a chart as a table, each as a person reads it with the exact one beside it for the download.

use crate::charts::{Column, Row, Table, Value};
use crate::draw::escape;

/// Tables of so few rows are printed; longer ones stay on the screen.
const PRINTED: usize = 40;

/// Adds the table of the chart `name`.
pub fn write(page: &mut String, name: &str, title: &str, table: &Table) {
    let rows = table.rows.len();
    let class = if rows <= PRINTED {
        " class=\"printed\""
    } else {
        ""
    };
    page.push_str(&format!(
        "<details{class}><summary>Numbers ({rows} rows)</summary><p><button type=\"button\" data-csv=\"{name}\">Download as CSV</button></p>\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Numbers: {title}\"><table id=\"{name}-numbers\"><thead><tr>"
    ));
    let doubts = doubts_at(table);
    for (place, column) in table.columns.iter().enumerate() {
        if place == doubts {
            page.push_str("<th data-k=doubts>doubts");
        }
        page.push_str(&head(column, is_numeric(table, place)));
    }
    page.push_str("<tbody>");
    for row in &table.rows {
        line(page, row, doubts);
    }
    page.push_str("</table></div></details>");
}

/// Doubts stand between what names a row and its figures.
fn doubts_at(table: &Table) -> usize {
    let last_of_name = table
        .columns
        .iter()
        .position(|column| column.key == "batch");
    last_of_name.map_or(0, |place| place + 1)
}

fn is_numeric(table: &Table, column: usize) -> bool {
    let mut values = table.rows.iter().filter_map(|row| row.values.get(column));
    values.all(|value| !matches!(value, Value::Text(_)))
}

fn head(column: &Column, is_numeric: bool) -> String {
    let class = if is_numeric { " class=n" } else { "" };
    let header = escape(column.header);
    match column.header == column.key {
        true => format!("<th{class}>{header}"),
        false => format!("<th{class} data-k={}>{header}", column.key),
    }
}

fn line(page: &mut String, row: &Row, doubts: usize) {
    page.push_str("<tr>");
    for (place, value) in row.values.iter().enumerate() {
        if place == doubts {
            page.push_str("<td>");
            references(page, row);
        }
        match value {
            Value::Text(text) => page.push_str(&format!("<td>{}", escape(text))),
            Value::Number { shown, exact } if shown == exact => {
                page.push_str(&format!("<td class=n>{shown}"));
            }
            Value::Number { shown, exact } => {
                page.push_str(&format!("<td data-v={exact}>{shown}"));
            }
            Value::Missing(_) => page.push_str("<td data-v>–"),
        }
    }
}

fn references(page: &mut String, row: &Row) {
    for (place, note) in row.notes.iter().chain(&row.gaps).enumerate() {
        let space = if place == 0 { "" } else { " " };
        let number = note + 1;
        page.push_str(&format!("{space}<a href=#d{number}>{number}</a>"));
    }
}
