//! Whether a measurement counts, and why a figure is not there.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a measurement counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It does.
    Valid,
    /// It does not; the reasons stand beside it.
    Invalid,
}

/// Why a figure is `null`, by its dotted path, such as `latency.p99`.
pub type Missing = BTreeMap<String, String>;
