//! The table in Markdown, for documents and pull requests: every column, the notes below.

use super::{ExportError, Exporter};
use crate::summary::Summary;
use crate::table::{Align, Column, Content, Dimensions, below, caption, columns};

/// `markdown`.
pub struct Markdown;

impl Exporter for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn export(&self, summaries: &[Summary]) -> Result<Vec<u8>, ExportError> {
        if summaries.is_empty() {
            return Ok(b"No cell was measured.\n".to_vec());
        }
        let dimensions = Dimensions::of(summaries);
        let mut lines: Vec<String> = Vec::new();
        for line in caption(summaries, &dimensions) {
            lines.extend([escaped(&line.join(" · ")), String::new()]);
        }
        lines.extend(rows(summaries, &dimensions));
        for group in below(summaries, &dimensions) {
            lines.push(String::new());
            let notes = group.iter();
            lines.extend(notes.map(|note| format!("- {}", escaped(&note.text))));
        }
        Ok((lines.join("\n") + "\n").into_bytes())
    }
}

/// The heading, the rule below it, and a row a summary.
pub fn rows(summaries: &[Summary], dimensions: &Dimensions) -> Vec<String> {
    laid_out(columns(summaries, dimensions, true), summaries.len())
}

/// The heading, the rule below it, and `count` rows; bars are left out.
pub fn laid_out(columns: Vec<Column>, count: usize) -> Vec<String> {
    let mut rows = vec![String::from("|"); count + 2];
    for column in columns {
        let Content::Texts(texts) = column.content else {
            continue;
        };
        let rule = match column.align {
            Align::Left => "---",
            Align::Right => "--:",
        };
        let cells = texts.iter().map(|(text, _)| escaped(text));
        let column = [column.header.to_owned(), rule.to_owned()]
            .into_iter()
            .chain(cells);
        for (row, cell) in rows.iter_mut().zip(column) {
            row.push_str(&format!(" {cell} |"));
        }
    }
    rows
}

/// Without what would end a cell, a line, or be taken for markup.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '<' | '`' | '\\' | '[' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
