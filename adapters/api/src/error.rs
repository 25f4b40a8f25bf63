//! What can go wrong between the harness and a framework.

/// Why an adapter refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// An option of the adapter is unknown or has a wrong value.
    #[error("adapter '{adapter}' refuses option '{option}': {reason}")]
    Option {
        /// The adapter.
        adapter: &'static str,
        /// `key=value` as written.
        option: String,
        /// What would be accepted.
        reason: String,
    },
    /// The framework cannot do what the model or the cell needs.
    #[error("{0}")]
    Unsupported(String),
    /// The model could not be loaded.
    #[error("cannot load the model: {0}")]
    Load(String),
    /// A request failed.
    #[error("the request failed: {0}")]
    Run(String),
    /// The adapter does not have this ability.
    #[error("this adapter does not offer {0}")]
    NotOffered(&'static str),
}
