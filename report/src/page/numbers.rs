//! Numbers as a table, each as a person reads it with the exact one beside it for the download.

use crate::charts::{Column, Row, Table, Value};
use crate::draw::escape;
use crate::table::counted;

/// Tables of so few rows are printed; longer ones stay on the screen.
const PRINTED: usize = 40;

/// Tables of so few rows are open where nothing else stands above them.
const OPEN: usize = 12;

/// Adds the table called `name`, behind its `label`, which is about `title`; open where it is short and `is_alone`.
pub fn write(
    page: &mut String,
    name: &str,
    (label, title): (&str, &str),
    (table, is_alone): (&Table, bool),
) {
    let rows = table.rows.len();
    let class = if rows <= PRINTED {
        " class=\"printed\""
    } else {
        ""
    };
    let open = if is_alone && rows <= OPEN {
        " open"
    } else {
        ""
    };
    page.push_str(&format!(
        "<details{class}{open}><summary>{label} ({})</summary><p><button type=\"button\" data-csv=\"{name}\">Download as CSV</button></p>\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}: {title}\"><table id=\"{name}-numbers\"><thead><tr>",
        counted(rows as u64, "row")
    ));
    for (place, column) in table.columns.iter().enumerate() {
        if Some(place) == table.doubts_at {
            page.push_str("<th data-k=doubts>doubts");
        }
        page.push_str(&head(column, is_numeric(table, place)));
    }
    page.push_str("<tbody>");
    for row in &table.rows {
        line(page, row, table.doubts_at);
    }
    page.push_str("</table></div></details>");
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

fn line(page: &mut String, row: &Row, doubts: Option<usize>) {
    page.push_str("<tr>");
    for (place, value) in row.values.iter().enumerate() {
        if Some(place) == doubts {
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
