//! Summaries in formats for programs and documents, one file a format.

mod csv;
mod json;
mod markdown;
mod together;

pub(crate) use markdown::{escaped, laid_out, rows};
pub use together::analysis_json;

use crate::summary::Summary;

/// A format to write summaries in.
pub trait Exporter: Sync {
    /// As it is asked for: `json`.
    fn name(&self) -> &'static str;

    /// The whole document; ends in a line break.
    fn export(&self, summaries: &[Summary]) -> Result<Vec<u8>, ExportError>;
}

/// Every format, in the order in which they are listed.
pub const EXPORTERS: &[&dyn Exporter] = &[&json::Json, &csv::Csv, &markdown::Markdown];

/// The format called `name`.
pub fn exporter(name: &str) -> Result<&'static dyn Exporter, ExportError> {
    let mut exporters = EXPORTERS.iter();
    let found = exporters.find(|exporter| exporter.name() == name);
    found.copied().ok_or_else(|| ExportError::Unknown {
        name: name.to_owned(),
        known: EXPORTERS.iter().map(|exporter| exporter.name()).collect(),
    })
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no such format.
    #[error("no format '{name}'; take one of {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The formats that exist.
        known: Vec<&'static str>,
    },
    /// A summary is not to be written in it.
    #[error("cannot write the summaries as {format}: {reason}; take another format")]
    Write {
        /// The format.
        format: &'static str,
        /// What was wrong.
        reason: String,
    },
}

impl ExportError {
    pub(crate) fn write(format: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Write {
            format,
            reason: reason.to_string(),
        }
    }
}
