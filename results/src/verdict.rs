//! Whether a measurement counts, and why a figure is not there.

use std::collections::BTreeMap;
use std::fmt;

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

/// What was wrong with the outputs of a process, beside how far they are from the reference's, which its fidelity tells; as a text,
/// the reason why the record does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum WrongOutputs {
    /// Values that are not numbers, from inputs that are.
    NotNumbers {
        /// The names of these outputs.
        outputs: Vec<String>,
    },
    /// Nothing that can be compared with the reference's: their number, a type or a shape is another.
    Misfit {
        /// Which, in words.
        why: String,
    },
}

impl fmt::Display for WrongOutputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNumbers { outputs } => write!(
                f,
                "output {} holds values that are not numbers, from inputs that are",
                outputs.join(", ")
            ),
            Self::Misfit { why } => f.write_str(why),
        }
    }
}

/// Why a figure is `null`, by its dotted path, such as `latency.p99`.
pub type Missing = BTreeMap<String, String>;
