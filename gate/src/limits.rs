//! What a gate allows, what it must find, and how often it may err.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much worse a candidate may be, as shares: 0.02 is 2%.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Limits {
    /// Worse by this, or less, is no regression.
    pub tolerance: f64,
    /// Worse by this, or more, must not pass.
    pub must_detect: f64,
    /// How often the gate may err.
    pub errors: Errors,
}

/// How often a gate may err.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Errors {
    /// A candidate that is worse by the tolerance, or less, is called a regression.
    pub false_alarm: f64,
    /// A candidate that is worse by what must be detected, or more, passes.
    pub wrong_pass: f64,
}

/// The errors of a gate that is alone.
pub(crate) const STANDARD: Errors = Errors {
    false_alarm: 0.01,
    wrong_pass: 0.025,
};

impl Default for Errors {
    fn default() -> Self {
        STANDARD
    }
}

impl Errors {
    /// What each of `gates` may err so that *any* false alarm of all of them together stays as rare (Bonferroni). A wrong pass is
    /// about one candidate alone, and as rare as before; gates of exact metrics cannot err, and are not counted.
    pub fn shared_by(self, gates: usize) -> Self {
        Self {
            false_alarm: self.false_alarm / gates.max(1) as f64,
            ..self
        }
    }
}

/// Why there is no such plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// What must be detected is not beyond the tolerance.
    #[error(
        "what must be detected, {must_detect:.1}%, is not beyond the tolerance, {tolerance:.1}%: raise the one or lower the other"
    )]
    NoRoom {
        /// In percent.
        tolerance: f64,
        /// In percent.
        must_detect: f64,
    },
    /// A tolerance is no share.
    #[error("a tolerance of {tolerance:.1}% is below 0 or no number: give one such as 2%")]
    Tolerance {
        /// In percent.
        tolerance: f64,
    },
    /// An error rate is no probability that can be kept.
    #[error("{what} of {value} is not between 0 and 0.5")]
    Rate {
        /// Which.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// No look could ever reject.
    #[error(
        "no number of blocks up to {most} can show a regression with an error of at most {false_alarm}: allow more, or gate less at once"
    )]
    Hopeless {
        /// The most blocks of a gate.
        most: usize,
        /// The error allowed.
        false_alarm: f64,
    },
}

impl Limits {
    /// Whether anything could be decided by them.
    ///
    /// # Errors
    /// Where nothing could.
    pub(crate) fn check(&self) -> Result<(), PlanError> {
        let Self {
            tolerance,
            must_detect,
            errors,
        } = *self;
        if !(tolerance >= 0.0 && tolerance.is_finite()) {
            return Err(PlanError::Tolerance {
                tolerance: 100.0 * tolerance,
            });
        }
        if must_detect.partial_cmp(&tolerance) != Some(std::cmp::Ordering::Greater) {
            return Err(PlanError::NoRoom {
                tolerance: 100.0 * tolerance,
                must_detect: 100.0 * must_detect,
            });
        }
        let rates = [
            ("a rate of false alarms", errors.false_alarm),
            ("a rate of wrong passes", errors.wrong_pass),
        ];
        let wrong = rates
            .into_iter()
            .find(|(_, value)| !(*value > 0.0 && *value < 0.5));
        wrong.map_or(Ok(()), |(what, value)| Err(PlanError::Rate { what, value }))
    }
}
