//! Reads `cells.jsonl`: a record a line, and a last line that may be torn.

use std::fs::File;
use std::io::{BufRead, Read};
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
    let file = File::open(path).map_err(StoreError::io("read", path))?;
    parse(file, path)
}

/// Splits `text` into records, a block at a time; `path` is for errors only.
pub fn parse(mut text: impl Read, path: &Path) -> Result<Lines, StoreError> {
    let mut records = Vec::new();
    let mut whole = 0;
    let mut block = Vec::new();
    loop {
        let more = text.by_ref().take(BLOCK).read_to_end(&mut block);
        let is_end = more.map_err(StoreError::io("read", path))? == 0;
        let (ready, torn) = if is_end {
            split_torn(&block)
        } else {
            (&block[..last_line(&block)], None)
        };
        let lines = split(ready);
        let first = records.len() as u64 + 1;
        append_parallel(&mut records, &lines, first, path)?;
        whole += ready.len() as u64;
        if is_end {
            let torn = torn.map(|bytes| Torn {
                line: records.len() as u64 + 1,
                bytes,
            });
            return Ok(Lines {
                records,
                torn,
                whole,
            });
        }
        let ready = ready.len();
        block.drain(..ready);
    }
}

/// So little is held at once that its memory is used again and again, which costs less than touching new pages.
const BLOCK: u64 = 4 << 20;

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
fn append_parallel(
    records: &mut Vec<Record>,
    lines: &[&[u8]],
    first: u64,
    path: &Path,
) -> Result<(), StoreError> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = lines.len().div_ceil(threads).max(WORTH_A_THREAD);
    let (own, others) = lines.split_at(share.min(lines.len()));
    records.reserve(lines.len());
    thread::scope(|scope| {
        let spawn = |(lines, first)| {
            scope.spawn(move || {
                let mut part = Vec::with_capacity(share);
                append(&mut part, lines, first, path).map(|()| part)
            })
        };
        let parts = others.chunks(share).zip((first..).step_by(share).skip(1));
        let parts: Vec<_> = parts.map(spawn).collect();
        append(records, own, first, path)?;
        for part in parts {
            records.append(&mut part.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(())
    })
}

const WORTH_A_THREAD: usize = 500;

fn append(
    records: &mut Vec<Record>,
    lines: &[&[u8]],
    first: u64,
    path: &Path,
) -> Result<(), StoreError> {
    for (line, number) in lines.iter().zip(first..) {
        records.push(record(line, path, number)?);
    }
    Ok(())
}

fn record(line: &[u8], path: &Path, number: u64) -> Result<Record, StoreError> {
    files::parse(line, path, number, RECORD_SCHEMA, |record: &Record| {
        &record.schema
    })
}

/// The whole lines at the end of a file, and the bytes of a torn one after them.
fn split_torn(text: &[u8]) -> (&[u8], Option<u64>) {
    let (before, last) = text.split_at(last_line(text));
    if last.is_empty() || (last.ends_with(b"\n") && is_json(last)) {
        return (text, None);
    }
    (before, Some(last.len() as u64))
}

/// Where the last line begins, be it whole or not.
fn last_line(text: &[u8]) -> usize {
    let without_end = text.strip_suffix(b"\n").unwrap_or(text);
    let end = without_end.iter().rposition(|&byte| byte == b'\n');
    end.map_or(0, |end| end + 1)
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

    fn torn(text: &str) -> (usize, Option<u64>) {
        let (whole, torn) = split_torn(text.as_bytes());
        (whole.len(), torn)
    }

    #[test]
    fn only_a_last_line_can_be_torn() {
        assert_eq!(torn(""), (0, None));
        assert_eq!(torn("{}\n{}\n"), (6, None));
        assert_eq!(torn("{}\n{\"a\":"), (3, Some(5)));
        assert_eq!(torn("{\"a\":"), (0, Some(5)));
        assert_eq!(torn("oops\n{}\n"), (8, None));
    }

    #[test]
    fn a_last_line_without_its_end_or_with_a_hole_is_torn() {
        assert_eq!(torn("{}\n{}"), (3, Some(2)));
        assert_eq!(torn("{}\n{\"a\0\0\n"), (3, Some(6)));
    }

    #[test]
    fn a_line_in_the_middle_that_is_no_record_is_named() {
        let error = parse(&b"oops\n{}\n"[..], Path::new("/r/cells.jsonl")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("/r/cells.jsonl line 1 "), "{text}");
    }

    #[test]
    fn of_many_lines_the_first_that_is_no_record_is_named() {
        let mut text = b"{}\n".repeat(7 * WORTH_A_THREAD);
        let error = parse(text.as_slice(), Path::new("/r"))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("/r line 1 "), "{error}");
        text.truncate(0);
        assert!(
            parse(text.as_slice(), Path::new("/r"))
                .unwrap()
                .records
                .is_empty()
        );
    }

    #[test]
    fn a_last_line_of_a_later_format_is_refused_and_not_taken_for_torn() {
        let line = &b"{\"schema\":\"tare.record/2\"}\n"[..];
        let error = parse(line, Path::new("/r/cells.jsonl")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("'tare.record/2'"), "{text}");
    }
}
