//! What was found where the environment of a measurement was checked: problems, what cannot be checked, what is fine.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name and version of this format.
pub const CHECKS_SCHEMA: &str = "tare.checks/1";

/// All findings of one checking of a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checks {
    /// `tare.checks/1`.
    pub schema: String,
    /// When they were made, UTC, RFC 3339.
    pub created: String,
    /// The fingerprint of the machine.
    pub machine: String,
    /// In the order of the list of checks.
    pub findings: Vec<Finding>,
}

/// What a run does about what its checks find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Checking {
    /// Problems are doubts.
    #[default]
    Warn,
    /// Problems of a named set make what was measured meanwhile invalid.
    Strict,
    /// Nothing is checked, and every record says so.
    Off,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check's name, such as `governor`.
    pub check: String,
    /// Whether it is a setting that stands, or something that happened within a window.
    pub about: About,
    /// How it came out.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// A setting or state at the moment of the check.
    Standing,
    /// What happened between the beginning and the end of a window.
    Window,
}

/// How a check came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Something that makes a measurement worse or less repeatable.
    Problem {
        /// What was found, with its value.
        found: String,
        /// How many times the bound it reaches, at least 1; `null` where it is no matter of degree.
        #[serde(default)]
        excess: Option<f64>,
        /// Why it matters.
        why: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// The machine does not tell.
    Unchecked {
        /// Why not.
        reason: String,
    },
    /// Nothing to be done.
    Fine {
        /// What was found, with its value.
        found: String,
    },
}

/// One line for a person.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Problem { found, remedy, .. } => {
                write!(f, "{}: {found}; {remedy}", self.check)
            }
            Outcome::Unchecked { reason } => write!(f, "{}: not checked: {reason}", self.check),
            Outcome::Fine { found } => write!(f, "{}: {found}", self.check),
        }
    }
}

impl Finding {
    /// Whether it is a problem.
    pub fn is_problem(&self) -> bool {
        matches!(self.outcome, Outcome::Problem { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(outcome: Outcome) -> Finding {
        Finding {
            check: "steal".to_owned(),
            about: About::Window,
            outcome,
        }
    }

    #[test]
    fn a_finding_is_one_flat_object_that_says_how_it_came_out() {
        let fine = finding(Outcome::Fine {
            found: "0.0%".to_owned(),
        });
        assert_eq!(
            serde_json::to_value(&fine).expect("serialises"),
            serde_json::json!({"check": "steal", "about": "window", "outcome": "fine", "found": "0.0%"})
        );
    }

    #[test]
    fn every_outcome_reads_back_as_itself() {
        let outcomes = [
            Outcome::Problem {
                found: "7%".to_owned(),
                excess: Some(7.0),
                why: "time was taken away".to_owned(),
                remedy: "rent a machine of its own".to_owned(),
            },
            Outcome::Unchecked {
                reason: "no file".to_owned(),
            },
            Outcome::Fine {
                found: "0%".to_owned(),
            },
        ];
        for outcome in outcomes {
            let before = finding(outcome);
            let json = serde_json::to_string(&before).expect("serialises");
            let back: Finding = serde_json::from_str(&json).expect("reads back");
            assert_eq!(back, before);
        }
    }

    #[test]
    fn only_problems_are_problems() {
        let reason = "no file".to_owned();
        assert!(!finding(Outcome::Unchecked { reason }).is_problem());
        let problem = Outcome::Problem {
            found: String::new(),
            excess: None,
            why: String::new(),
            remedy: String::new(),
        };
        assert!(finding(problem).is_problem());
    }
}
