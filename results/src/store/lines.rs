//! Reads `cells.jsonl`: a record a line, and a last line that may be torn.

use std::fs;
use std::io::BufRead;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use serde::de::IgnoredAny;
use serde_json::error::Category;

use super::{StoreError, files};
use crate::record::{RECORD_SCHEMA, Record};

/// A last line that was not written to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// From 1.
    pub line: u64,
    /// Bytes of it that are there.
    pub bytes: u64,
}

/// The records of a file, and where they end.
#[derive(Debug)]
pub struct Lines {
    pub records: Vec<Record>,
    pub torn: Option<Torn>,
    /// Length of the file without the torn line.
    pub whole: u64,
}

/// Reads all lines of `path`.
pub fn read(path: &Path) -> Result<Lines, StoreError> {
    let text = fs::read(path).map_err(StoreError::io("read", path))?;
    parse(&text, path)
}

/// Splits `text` into records; `path` is for errors only.
pub fn parse(text: &[u8], path: &Path) -> Result<Lines, StoreError> {
    let (whole, torn) = split_torn(text);
    Ok(Lines {
        records: parallel(&split(whole), path)?,
        torn,
        whole: whole.len() as u64,
    })
}

fn split(mut text: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    while !text.is_empty() {
        let rest = &mut &*text;
        let len = rest.skip_until(b'\n').unwrap_or(text.len());
        let (line, rest) = text.split_at(len);
        lines.push(line);
        text = rest;
    }
    lines
}

/// Thousands of lines are worth a thread for each part of them.
fn parallel(lines: &[&[u8]], path: &Path) -> Result<Vec<Record>, StoreError> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = lines.len().div_ceil(threads).max(WORTH_A_THREAD);
    if lines.len() <= share {
        return records(lines, 1, path);
    }
    thread::scope(|scope| {
        let spawn = |(lines, first)| scope.spawn(move || records(lines, first, path));
        let parts = lines.chunks(share).zip((1..).step_by(share));
        let parts: Vec<_> = parts.map(spawn).collect();
        let mut all = Vec::with_capacity(lines.len());
        for part in parts {
            all.append(&mut part.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(all)
    })
}

const WORTH_A_THREAD: usize = 500;

fn records(lines: &[&[u8]], first: u64, path: &Path) -> Result<Vec<Record>, StoreError> {
    let numbered = lines.iter().zip(first..);
    numbered
        .map(|(line, number)| record(line, path, number))
        .collect()
}

fn record(line: &[u8], path: &Path, number: u64) -> Result<Record, StoreError> {
    files::parse(line, path, number, RECORD_SCHEMA, |record: &Record| {
        &record.schema
    })
}

fn split_torn(text: &[u8]) -> (&[u8], Option<Torn>) {
    let without_end = text.strip_suffix(b"\n").unwrap_or(text);
    let start = without_end
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |end| end + 1);
    let (before, last) = text.split_at(start);
    if last.is_empty() || (last.ends_with(b"\n") && is_json(last)) {
        return (text, None);
    }
    let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64;
    let bytes = last.len() as u64;
    (before, Some(Torn { line, bytes }))
}

fn is_json(line: &[u8]) -> bool {
    match serde_json::from_slice::<IgnoredAny>(line) {
        Ok(_) => true,
        Err(error) => error.classify() == Category::Data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn torn(text: &str) -> (usize, Option<(u64, u64)>) {
        let (whole, torn) = split_torn(text.as_bytes());
        (whole.len(), torn.map(|torn| (torn.line, torn.bytes)))
    }

    #[test]
    fn only_a_last_line_can_be_torn() {
        assert_eq!(torn(""), (0, None));
        assert_eq!(torn("{}\n{}\n"), (6, None));
        assert_eq!(torn("{}\n{\"a\":"), (3, Some((2, 5))));
        assert_eq!(torn("{\"a\":"), (0, Some((1, 5))));
        assert_eq!(torn("oops\n{}\n"), (8, None));
    }

    #[test]
    fn a_last_line_without_its_end_or_with_a_hole_is_torn() {
        assert_eq!(torn("{}\n{}"), (3, Some((2, 2))));
        assert_eq!(torn("{}\n{\"a\0\0\n"), (3, Some((2, 6))));
    }

    #[test]
    fn a_line_in_the_middle_that_is_no_record_is_named() {
        let error = parse(b"oops\n{}\n", Path::new("/r/cells.jsonl")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("/r/cells.jsonl line 1 "), "{text}");
    }

    #[test]
    fn of_many_lines_the_first_that_is_no_record_is_named() {
        let mut text = b"{}\n".repeat(7 * WORTH_A_THREAD);
        let error = parse(&text, Path::new("/r")).unwrap_err().to_string();
        assert!(error.starts_with("/r line 1 "), "{error}");
        text.truncate(0);
        assert!(parse(&text, Path::new("/r")).unwrap().records.is_empty());
    }

    #[test]
    fn a_last_line_of_a_later_format_is_refused_and_not_taken_for_torn() {
        let line = b"{\"schema\":\"tare.record/2\"}\n";
        let error = parse(line, Path::new("/r/cells.jsonl")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("'tare.record/2'"), "{text}");
    }
}
