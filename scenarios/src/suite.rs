//! Suites: named matrices of cells, as TOML data.
//!
//! A suite's cells are the product of its lists: models × adapters × scenarios × batches × shapes × precisions ×
//! devices × threads. Each is measured `repeats` times; a repeat ends after `duration` of timed work or `max_requests`,
//! whichever is first. An empty list leaves the choice open: `batches` to the scenario (its own, else 1), `shapes` to
//! the model's defaults, `precisions` to the model's file. A shape is a map from symbols to sizes, for the models that
//! have such a symbol; the batch is not part of it.
//!
//! | key | value | where it is left out |
//! |---|---|---|
//! | `name`, `summary` | a word; a sentence | refused |
//! | `models`, `adapters`, `scenarios` | lists as written on the command line, such as `["rten"]` | refused |
//! | `batches` | list of whole numbers | open |
//! | `shapes` | list of maps, such as `[{ seq = 128 }]` | open |
//! | `precisions` | list, such as `["fp32"]` | open |
//! | `devices` | list, such as `["cuda:0"]` | `["cpu"]` |
//! | `threads` | list of whole numbers | `[1]` |
//! | `repeats`, `max_requests` | whole numbers | 5, 1,000,000 |
//! | `duration` | a time with its unit, such as `"500ms"` | `"1s"` |

mod keys;
mod read;
mod write;

use std::collections::BTreeMap;

use tare_units::Nanoseconds;

use crate::ScenarioSpec;

pub use read::parse;

/// Repeats of a cell where nothing else is said.
pub const DEFAULT_REPEATS: u64 = 5;
/// Timed work of a repeat where nothing else is said.
pub const DEFAULT_DURATION: Nanoseconds = Nanoseconds::from_secs(1);
/// Requests of a repeat at the most where nothing else is said.
pub const DEFAULT_MAX_REQUESTS: u64 = 1_000_000;

/// A named matrix of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// How it is called on the command line.
    pub name: String,
    /// One sentence on what it is for.
    pub summary: String,
    /// Zoo models by name, or files.
    pub models: Vec<String>,
    /// Adapters as written on the command line.
    pub adapters: Vec<String>,
    /// Scenarios.
    pub scenarios: Vec<ScenarioSpec>,
    /// Samples a request; empty leaves it to the scenario.
    pub batches: Vec<u64>,
    /// Sizes by symbol, without the batch's; empty leaves them to the model.
    pub shapes: Vec<BTreeMap<String, u64>>,
    /// Such as `fp32`; empty leaves it to the model's file.
    pub precisions: Vec<String>,
    /// `cpu` or `cuda:0`.
    pub devices: Vec<String>,
    /// Threads that may execute operators.
    pub threads: Vec<u64>,
    /// Fresh workers for each cell.
    pub repeats: u64,
    /// Timed work of a repeat.
    pub duration: Nanoseconds,
    /// Requests of a repeat at the most.
    pub max_requests: u64,
}

/// Why a suite is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuiteError {
    /// Something in the text is wrong.
    #[error("{origin}:{line}: {problem}")]
    Text {
        /// The file.
        origin: String,
        /// Counts from 1.
        line: usize,
        /// What is wrong with which key, and what mends it.
        problem: String,
    },
    /// A key that must be there is not.
    #[error("{origin}: key '{key}' is missing: give {expected}")]
    Missing {
        /// The file.
        origin: String,
        /// The key.
        key: &'static str,
        /// What it holds.
        expected: &'static str,
    },
    /// No suite has this name.
    #[error("'{name}' names no suite: there are {known}; a file of your own is given by its path")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
}

const TEXTS: &[(&str, &str)] = &[
    ("first", include_str!("../suites/first.toml")),
    ("latency", include_str!("../suites/latency.toml")),
    ("batch-sweep", include_str!("../suites/batch-sweep.toml")),
    ("offline", include_str!("../suites/offline.toml")),
];

/// The suites that come with the program, the default one first.
///
/// # Errors
/// Where one is malformed, which the tests exclude.
pub fn list() -> Result<Vec<Suite>, SuiteError> {
    let parsed = |(name, text): &(&str, &str)| parse(text, &format!("suites/{name}.toml"));
    TEXTS.iter().map(parsed).collect()
}

/// The suite of this name that comes with the program.
///
/// # Errors
/// `Unknown`, listing the names that exist.
pub fn find(name: &str) -> Result<Suite, SuiteError> {
    match text(name) {
        Some(text) => parse(text, &format!("suites/{name}.toml")),
        None => Err(SuiteError::Unknown {
            name: name.to_owned(),
            known: TEXTS
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// The TOML of a suite that comes with the program, to be read or to start one's own from.
pub fn text(name: &str) -> Option<&'static str> {
    let found = TEXTS.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}

#[cfg(test)]
mod tests;
