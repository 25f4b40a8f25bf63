//! The list of cases that an adapter refuses, so that none starts or stops being refused unseen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::list::{ListError, reasons};
use crate::node::NodeReport;

/// The environment variable that has the lists of refused cases written anew; its value does not matter.
pub const WRITE: &str = "TARE_CONFORMANCE_WRITE";

/// The characters of a reason that a list holds, at most.
const REASON: usize = 240;

/// Why the list of refused cases does not stand.
#[derive(Debug, thiserror::Error)]
pub enum RefusedError {
    /// The file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Of the list.
        path: PathBuf,
        /// What stands against it.
        error: std::io::Error,
    },
    /// The file is no list.
    #[error("{}: {error}", path.display())]
    List {
        /// Of the list.
        path: PathBuf,
        /// What stands against it.
        error: ListError,
    },
    /// Other cases are refused than are listed.
    #[error(
        "{}: {} cases differ; run this test with {WRITE}=1 to bring the list up to date\n  {}",
        path.display(),
        differences.len(),
        differences.join("\n  ")
    )]
    Differs {
        /// Of the list.
        path: PathBuf,
        /// A line for each case, with its name.
        differences: Vec<String>,
    },
}

/// Compares the refused cases by name with the list in the file at `path`, lines `name: reason`; with `write`, writes it.
///
/// What is written are the comment lines at the file's head as they are, then the cases in alphabetical order, each with its
/// reason shortened to one line: without the model's path and the remedy.
///
/// # Errors
/// Where a case is refused but not listed, or listed but not refused, or where the file is missing or no list.
pub fn refused_as_listed(
    path: &Path,
    report: &NodeReport,
    write: bool,
) -> Result<(), RefusedError> {
    let file = |error| RefusedError::File {
        path: path.to_owned(),
        error,
    };
    let text = std::fs::read_to_string(path).map_err(file)?;
    if write {
        return std::fs::write(path, listing(&text, &report.refused)).map_err(file);
    }
    let listed = reasons(&text).map_err(|error| RefusedError::List {
        path: path.to_owned(),
        error,
    })?;
    match differences(&listed, &report.refused) {
        none if none.is_empty() => Ok(()),
        differences => Err(RefusedError::Differs {
            path: path.to_owned(),
            differences,
        }),
    }
}

fn differences(
    listed: &BTreeMap<String, String>,
    refused: &BTreeMap<String, String>,
) -> Vec<String> {
    let new = refused
        .iter()
        .filter(|(name, _)| !listed.contains_key(*name))
        .map(|(name, reason)| format!("{name} is refused but not listed: {}", brief(name, reason)));
    let gone = listed
        .iter()
        .filter(|(name, _)| !refused.contains_key(*name))
        .map(|(name, reason)| format!("{name} is listed but no longer refused: {reason}"));
    new.chain(gone).collect()
}

fn listing(before: &str, refused: &BTreeMap<String, String>) -> String {
    let head = before.lines().take_while(|line| line.starts_with('#'));
    let cases = refused
        .iter()
        .map(|(name, reason)| format!("{name}: {}", brief(name, reason)));
    let head = head.map(str::to_owned).chain([String::new()]);
    head.chain(cases).map(|line| line + "\n").collect()
}

/// The first line of the reason without the remedy, the model's path, the case's name, which many a node's contains, and the
/// step that a long chain of causes goes by.
fn brief(name: &str, reason: &str) -> String {
    let line = without_path(name, reason.lines().next().unwrap_or_default()).replace(name, "…");
    let line = line
        .strip_prefix("cannot load the model: ")
        .unwrap_or(&line);
    let line = line.strip_prefix("it: ").unwrap_or(line);
    let remedy = [": use ", "; "].iter().filter_map(|it| line.find(it)).min();
    let kind = without_step(line[..remedy.unwrap_or(line.len())].trim());
    match kind.char_indices().nth(REASON) {
        _ if kind.is_empty() => "no reason given".to_owned(),
        Some((end, _)) => format!("{}…", &kind[..end]),
        None => kind,
    }
}

/// A chain of more than three causes `outer: step: …: inner` without that step, wherever it stands.
fn without_step(causes: &str) -> String {
    match causes.split(": ").collect::<Vec<_>>()[..] {
        [first, step, _, _, ..] => {
            let others = causes.split(": ").skip(1).filter(|cause| *cause != step);
            let causes: Vec<&str> = [first].into_iter().chain(others).collect();
            causes.join(": ")
        }
        _ => causes.to_owned(),
    }
}

/// The line with `it` where it quotes the path of the case's model, which is another on each machine.
fn without_path(name: &str, line: &str) -> String {
    let tail = format!("/{name}/model.onnx'");
    let quoted = line
        .find(&tail)
        .and_then(|at| Some((line[..at].rfind('\'')?, at + tail.len())));
    match quoted {
        Some((start, end)) => format!("{}it{}", &line[..start], &line[end..]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;
