//! Why a fact could not be read, in words that a record can carry.

/// The reason in place of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The kernel offers no such file here, or the process is gone.
    #[error("{path} does not exist")]
    Absent {
        /// The file.
        path: String,
    },
    /// The file exists and cannot be read or written.
    #[error("{path}: {error}")]
    Refused {
        /// The file.
        path: String,
        /// What the operating system said.
        error: String,
    },
    /// The file does not say what was looked for.
    #[error("{path} gives no {what}: '{found}'")]
    Unclear {
        /// The file.
        path: String,
        /// What was looked for.
        what: &'static str,
        /// What stands there instead, shortened.
        found: String,
    },
    /// The machine or kernel has no such thing.
    #[error("{0}")]
    None(&'static str),
}
