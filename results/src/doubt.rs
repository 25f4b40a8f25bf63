//! Reasons not to trust a number fully, as data that is stored with the number.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, LONGER};
use crate::energy::EnergyDoubt;
use crate::peaks_doubt::PeaksDoubt;
use crate::serving_doubt::ServingDoubt;
use crate::tax::TaxDoubt;

/// A typed reason not to trust a number fully.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "doubt", rename_all = "kebab-case")]
pub enum Doubt {
    /// Warm-up reached its bound before the latency was steady.
    Unsteady {
        /// Requests issued in the warm-up.
        warmup_requests: u64,
    },
    /// The warm-up was over before it had met every batch that was timed.
    NewBatches {
        /// Batches that were met for the first time while timed.
        batches: u64,
    },
    /// One repeat only: nothing is known of the difference between processes.
    SingleRepeat,
    /// Fewer repeats ended well than were planned.
    MissingRepeats {
        /// Ended well.
        have: u64,
        /// Planned.
        planned: u64,
    },
    /// The spread within repeats is wider than the interval between them says.
    WithinRepeatSpread {
        /// The percentile, such as `p50`.
        percentile: String,
    },
    /// More than a hundredth of the requests lost over a hundredth of their time to others on their processor.
    DelayedRequests {
        /// Share of such requests, from 0 to 1.
        share: f64,
    },
    /// The cell asks for more threads than there are processors for it.
    Oversubscribed {
        /// Asked for.
        threads: u64,
        /// That this process may use.
        processors: u64,
    },
    /// Requests failed; the percentiles count them as infinitely slow.
    FailedRequests {
        /// How many.
        failed: u64,
        /// Of how many.
        count: u64,
    },
    /// Outputs of the check input hold infinities.
    InfiniteOutputs {
        /// The outputs.
        outputs: Vec<String>,
    },
    /// The outputs of the check input could not be looked at.
    OutputsNotSeen {
        /// Why.
        reason: String,
    },
    /// Part of the model's arithmetic is not counted.
    UnknownCost {
        /// Operators without a known cost.
        operators: Vec<String>,
    },
    /// Values of some inputs could not be derived from what consumes them.
    GuessedInputs {
        /// The inputs.
        inputs: Vec<String>,
    },
    /// A check of the machine found a problem while, or before, the figures were made.
    Environment {
        /// The check's name, such as `steal`.
        check: String,
        /// What was found, with its value.
        found: String,
        /// How many times the bound it reaches; `null` where it is no matter of degree.
        excess: Option<f64>,
        /// What a person can do about it.
        remedy: String,
    },
    /// A source of joules is not to be trusted fully.
    Energy {
        /// The source.
        source: String,
        /// Why.
        #[serde(flatten)]
        why: EnergyDoubt,
    },
    /// What the machine could do at the time is not fully known.
    Peaks {
        /// Why.
        why: PeaksDoubt,
    },
    /// The split of the latency is not to be trusted fully.
    Tax {
        /// Why.
        why: TaxDoubt,
    },
    /// The latency rose or fell while requests were timed.
    Drift {
        /// The median of the second half over that of the first, less one.
        change: f64,
    },
    /// A percentile that a repeat goes on for was not known well enough when its limit was reached.
    NotDecided {
        /// Such as `p99`.
        percentile: String,
        /// Half its interval's width over its value; `null` where too few requests give an interval.
        reach: Option<f64>,
        /// What it was to be at most.
        wanted: f64,
    },
    /// What was measured under load is not to be trusted fully.
    Serving {
        /// Why.
        why: ServingDoubt,
    },
    /// The machine was not watched while requests were timed, because no checks or no probes were asked for.
    UncheckedEnvironment,
    /// A doubt of a later version than this reader.
    #[serde(other)]
    Unknown,
}

impl Doubt {
    /// One line for a person, whose remedy suits `cell`: a longer repeat is had by the option that says how long it is.
    pub fn told_of(&self, cell: &Cell) -> String {
        self.to_string().replace(LONGER, cell.lengthened_by())
    }
}

/// One line for a person.
impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsteady { warmup_requests } => write!(
                f,
                "the latency was not steady after {warmup_requests} warm-up requests"
            ),
            Self::NewBatches { batches } => write!(
                f,
                "{batches} batches were met for the first time while timed: the warm-up was over before"
            ),
            Self::SingleRepeat => {
                f.write_str("a single repeat says nothing of the difference between processes")
            }
            Self::MissingRepeats { have, planned } => {
                write!(f, "only {have} of {planned} repeats ended well")
            }
            Self::WithinRepeatSpread { percentile } => write!(
                f,
                "{} varies more within repeats than its interval between repeats says",
                percentile.replace('_', ".")
            ),
            Self::DelayedRequests { share } => write!(
                f,
                "{:.1}% of the requests lost over 1% of their time to others on their processor",
                share * 100.0
            ),
            Self::Oversubscribed {
                threads,
                processors,
            } => {
                write!(f, "{threads} threads share {processors} processors")
            }
            Self::FailedRequests { failed, count } => {
                write!(f, "{failed} of {count} requests failed")
            }
            Self::UnknownCost { operators } => write!(
                f,
                "no cost is known for {}; FLOPs are a lower bound",
                operators.join(", ")
            ),
            Self::GuessedInputs { inputs } => {
                write!(f, "the values of {} were guessed", inputs.join(", "))
            }
            _ => self.with_reason(f),
        }
    }
}

impl Doubt {
    fn with_reason(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InfiniteOutputs { outputs } => {
                write!(f, "output {} holds infinite values", outputs.join(", "))
            }
            Self::OutputsNotSeen { reason } => {
                write!(f, "the outputs were not looked at: {reason}")
            }
            Self::Energy { source, why } => write!(f, "energy by {source}: {why}"),
            Self::Peaks { why } => fmt::Display::fmt(why, f),
            Self::Tax { why } => fmt::Display::fmt(why, f),
            Self::Serving { why } => fmt::Display::fmt(why, f),
            Self::Drift { change } => {
                let way = if *change < 0.0 { "fell" } else { "rose" };
                let percent = 100.0 * change.abs();
                write!(
                    f,
                    "the latency {way} by {percent:.1}% while requests were timed"
                )
            }
            Self::NotDecided {
                percentile,
                reach,
                wanted,
            } => {
                let known = reach.map_or_else(
                    || "without an interval".to_owned(),
                    |reach| format!("known to ±{:.1}%", 100.0 * reach),
                );
                let wanted = 100.0 * wanted;
                write!(
                    f,
                    "{percentile} is not decided: {known} where {wanted}% was asked for; raise limit="
                )
            }
            Self::Environment {
                check,
                found,
                remedy,
                ..
            } => write!(f, "{check}: {found}; {remedy}"),
            Self::UncheckedEnvironment => {
                f.write_str("the machine was not watched meanwhile (--no-checks or --no-probes)")
            }
            _ => f.write_str("a doubt that this version of tare does not know"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_is_data_with_its_name() {
        let json =
            serde_json::to_value(Doubt::Unsteady { warmup_requests: 7 }).expect("serialises");
        assert_eq!(
            json,
            serde_json::json!({"doubt": "unsteady", "warmup_requests": 7})
        );
        let back: Doubt = serde_json::from_value(json).expect("reads back");
        assert_eq!(back, Doubt::Unsteady { warmup_requests: 7 });
    }

    #[test]
    fn a_later_version_s_doubt_does_not_hide_the_record() {
        let json = serde_json::json!({"doubt": "full-moon", "phase": 1});
        let back: Doubt = serde_json::from_value(json).expect("reads");
        assert_eq!(back, Doubt::Unknown);
    }

    #[test]
    fn a_doubt_reads_as_a_sentence() {
        let shown = Doubt::DelayedRequests { share: 0.123 }.to_string();
        assert_eq!(
            shown,
            "12.3% of the requests lost over 1% of their time to others on their processor"
        );
    }

    #[test]
    fn drift_and_what_is_not_decided_are_told_with_their_size() {
        let told = |change| Doubt::Drift { change }.to_string();
        assert_eq!(
            told(0.072),
            "the latency rose by 7.2% while requests were timed"
        );
        assert_eq!(
            told(-0.5),
            "the latency fell by 50.0% while requests were timed"
        );
        let told = |reach| {
            let percentile = "p99".to_owned();
            let wanted = 0.05;
            Doubt::NotDecided {
                percentile,
                reach,
                wanted,
            }
            .to_string()
        };
        assert_eq!(
            told(Some(0.114)),
            "p99 is not decided: known to ±11.4% where 5% was asked for; raise limit="
        );
        assert!(told(None).contains("without an interval"));
    }

    #[test]
    fn a_doubt_about_the_load_is_named_within() {
        let doubt = Doubt::Serving {
            why: ServingDoubt::Saturated { most_waiting: 9 },
        };
        let json = serde_json::to_value(&doubt).expect("serialises");
        let expected = serde_json::json!(
            {"doubt": "serving", "why": {"serving_doubt": "saturated", "most_waiting": 9}}
        );
        assert_eq!(json, expected);
        assert!(doubt.to_string().contains("9 waited"));
    }

    #[test]
    fn what_disturbed_a_cell_is_told_with_its_remedy() {
        let doubt = Doubt::Environment {
            check: "steal".to_owned(),
            found: "the hypervisor took 7.0% of the time".to_owned(),
            excess: Some(7.0),
            remedy: "use a machine of its own".to_owned(),
        };
        assert_eq!(
            doubt.to_string(),
            "steal: the hypervisor took 7.0% of the time; use a machine of its own"
        );
        let json = serde_json::to_value(&doubt).expect("serialises");
        assert_eq!(
            (&json["doubt"], &json["check"]),
            (&"environment".into(), &"steal".into())
        );
        assert!(
            Doubt::UncheckedEnvironment
                .to_string()
                .contains("--no-checks")
        );
    }
}
