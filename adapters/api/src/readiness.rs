//! Whether a framework can run here, and what exactly runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The answer to "can this adapter run here".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Readiness {
    /// It can.
    Ready(RuntimeFacts),
    /// It cannot.
    Unavailable {
        /// Why.
        reason: String,
        /// What mends it.
        remedy: String,
    },
}

/// The library that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeFacts {
    /// Such as `rten`.
    pub name: String,
    /// The library's own version.
    pub version: String,
    /// The sha256 of the library file; `None` where it is compiled into this program, or not read yet.
    pub library_sha256: Option<String>,
    /// How many library calls the adapter itself dispatches for a request; `None` where the library walks the model.
    #[serde(default)]
    pub dispatched_calls: Option<u64>,
    /// Every option in force, defaults included.
    pub options: BTreeMap<String, String>,
}
