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
    for column in &table.columns {
        page.push_str(&head(column));
    }
    page.push_str("<th data-k=doubts>doubts<tbody>");
    for row in &table.rows {
        line(page, row);
    }
    page.push_str("</table></div></details>");
}

fn head(column: &Column) -> String {
    match column.header == column.key {
        true => format!("<th>{}", escape(column.header)),
        false => format!("<th data-k={}>{}", column.key, escape(column.header)),
    }
}

fn line(page: &mut String, row: &Row) {
    page.push_str("<tr>");
    for value in &row.values {
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
    page.push_str("<td>");
    for (place, note) in row.notes.iter().chain(&row.gaps).enumerate() {
        let space = if place == 0 { "" } else { " " };
        let number = note + 1;
        page.push_str(&format!("{space}<a href=#d{number}>{number}</a>"));
    }
}
