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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_outputs_read_back_and_tell_the_reason() {
        let none = WrongOutputs::NotNumbers {
            outputs: vec!["y".to_owned(), "z".to_owned()],
        };
        let misfit = WrongOutputs::Misfit {
            why: "1 outputs came out, rten gives 2".to_owned(),
        };
        for wrong in [&none, &misfit] {
            let json = serde_json::to_string(wrong).expect("serialises");
            assert_eq!(
                &serde_json::from_str::<WrongOutputs>(&json).expect("reads"),
                wrong
            );
        }
        assert_eq!(
            none.to_string(),
            "output y, z holds values that are not numbers, from inputs that are"
        );
        assert_eq!(misfit.to_string(), "1 outputs came out, rten gives 2");
    }
}
