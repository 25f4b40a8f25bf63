//! Suites: named matrices of cells, as TOML data.
//!
//! A matrix is the product of its lists: models × adapters × scenarios × batches × shapes × precisions × devices ×
//! threads. A suite without `[[experiment]]` is one matrix; with them it is the union of theirs, each cell once. Each cell
//! is measured `repeats` times; a repeat ends after `duration` of timed work or `max_requests`, whichever is first. A list
//! that nobody gives leaves the choice open: `batches` to the scenario (its own, else 1), `shapes` to the model's
//! defaults, `precisions` to the model's file. A shape is a map from symbols to sizes, for the models that have such a
//! symbol; the batch is not part of it.
//!
//! | key | value | where it is left out |
//! |---|---|---|
//! | `name`, `summary` | a word; a sentence | refused |
//! | `absent` | of adapters that are not here: `"refuse"` the suite, or `"leave out"` the adapter and say so | `"refuse"` |
//! | `models`, `adapters`, `scenarios` | lists as written on the command line, such as `["rten"]` | refused, unless every experiment has its own |
//! | `batches` | list of whole numbers | open |
//! | `shapes` | list of maps, such as `[{ seq = 128 }]` | open |
//! | `precisions` | list, such as `["fp32"]` | open |
//! | `devices` | list, such as `["cuda:0"]` | `["cpu"]` |
//! | `threads` | list of whole numbers | `[1]` |
//! | `repeats`, `max_requests` | whole numbers | 5, 1,000,000 |
//! | `duration` | a time with its unit, such as `"500ms"` | `"1s"` |
//! | `[quick]` | any of the keys from `models` on, for the quick variant | no quick variant |
//! | `[[experiment]]` | `name`, `summary` and any of the lists, over those above | one matrix |
//! | `[experiment.quick]` | any of the lists, for the quick variant of the experiment above it | as `[quick]` and the experiment say |
//!
//! The nearest table wins, key by key: `[experiment.quick]`, then `[[experiment]]`, then `[quick]`, then the top; the
//! quick tables count in the quick variant only.

mod fault;
mod keys;
mod kinds;
mod matrix;
mod near;
mod places;
mod read;
mod write;

use tare_units::Nanoseconds;

pub use fault::{Fault, Faults, TOLD};
pub use matrix::{Choices, Matrix, Variant};
pub use near::nearest;
pub use places::{Places, Written};
pub use read::{parse, read_placed};

/// Repeats of a cell where nothing else is said.
pub const DEFAULT_REPEATS: u64 = 5;
/// Timed work of a repeat where nothing else is said.
pub const DEFAULT_DURATION: Nanoseconds = Nanoseconds::from_secs(1);
/// Requests of a repeat at the most where nothing else is said.
pub const DEFAULT_MAX_REQUESTS: u64 = 1_000_000;

/// Named matrices of cells, as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// How it is called on the command line.
    pub name: String,
    /// One sentence on what it is for.
    pub summary: String,
    /// What becomes of adapters that are not here.
    pub absent: WhenAbsent,
    /// What holds for every experiment that says nothing else.
    pub choices: Choices,
    /// Fresh workers for each cell.
    pub repeats: u64,
    /// Timed work of a repeat.
    pub duration: Nanoseconds,
    /// Requests of a repeat at the most.
    pub max_requests: u64,
    /// What else holds in the quick variant.
    pub quick: Option<Quick>,
    /// Matrices of their own; none where the suite is one matrix.
    pub experiments: Vec<Experiment>,
}

/// What becomes of an adapter of a suite that is not here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenAbsent {
    /// Nothing is measured.
    #[default]
    Refuse,
    /// The others are measured, and it is said what was left out.
    LeaveOut,
}

/// What holds in the quick variant only; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quick {
    /// Fresh workers for each cell.
    pub repeats: Option<u64>,
    /// Timed work of a repeat.
    pub duration: Option<Nanoseconds>,
    /// Requests of a repeat at the most.
    pub max_requests: Option<u64>,
    /// Lists.
    pub choices: Choices,
}

/// A matrix with a name, one of several of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// Unique within the suite.
    pub name: String,
    /// One sentence on what it shows.
    pub summary: String,
    /// Over those of the suite.
    pub choices: Choices,
    /// Over both, in the quick variant.
    pub quick: Option<Choices>,
}

/// Why a suite is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuiteError {
    /// Things in the text are wrong.
    #[error(transparent)]
    Text(#[from] Faults),
    /// The quick variant of a suite that has none is asked for.
    #[error(
        "suite '{name}' has no quick variant: leave --quick out, or give the suite a [quick] table; {known} have one"
    )]
    NoQuick {
        /// The suite.
        name: String,
        /// Suites that have one.
        known: String,
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
    (
        "framework-tax",
        include_str!("../suites/framework-tax.toml"),
    ),
    ("pentathlon", include_str!("../suites/pentathlon.toml")),
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

/// The suites that come along and have a quick variant.
fn with_quick() -> String {
    let suites = list().unwrap_or_default().into_iter();
    let quick = suites.filter(Suite::has_quick).map(|suite| suite.name);
    quick.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests;
