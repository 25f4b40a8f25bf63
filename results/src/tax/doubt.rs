//! Reasons not to trust a split fully, as data that is stored with it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::SignedNanoseconds;

use crate::doubt::Doubt;

/// A typed reason not to trust a split fully.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "tax_doubt", rename_all = "kebab-case")]
pub enum TaxDoubt {
    /// A part came out below zero; nothing is clamped.
    NegativePart {
        /// `tax`, `inefficiency` or `kernel`.
        part: String,
        /// As it came out.
        value_ns: SignedNanoseconds,
    },
    /// The work left in the twin may be more than a small share of what it costs, or is not known: the tax is an upper bound.
    NotHollow {
        /// Residual work over the twin's latency, by operations; `null` where it is not known how many are left.
        operations_share: Option<f64>,
        /// The same by elements between operators.
        elements_share: Option<f64>,
        /// What both should be below.
        bound: f64,
    },
    /// The twin executes other operators than the original.
    OperatorsDiffer {
        /// The original's.
        original: u64,
        /// The twin's.
        twin: u64,
        /// The rung that came nearest.
        rung: String,
    },
    /// Nobody told what the adapter executes, so the smallest twin was taken.
    RungUnproved {
        /// The rung.
        rung: String,
        /// Why nobody told.
        reason: String,
    },
    /// With more than one thread the twin may not fork where the original does.
    Threads {
        /// Of the cell.
        threads: u64,
    },
    /// Profiling slowed the model down so much that the shares of its operators are doubtful.
    Perturbation {
        /// Profiled latency over unprofiled latency.
        perturbation: f64,
        /// What it should not exceed.
        bound: f64,
    },
    /// There is no floor, so inefficiency is not known either.
    NoFloor {
        /// Why.
        reason: String,
    },
    /// No hollow twin could be made, or the one that was does work, and the dispatch law's prediction stands in.
    ByLaw {
        /// Why the twin does not serve.
        reason: String,
        /// Twins that the law was fitted over.
        twins: u64,
    },
    /// The law was asked for more, or fewer, operators than any of its twins executes.
    LawExtrapolates {
        /// Executed by the cell.
        operators: u64,
        /// The fewest of the twins'.
        low: u64,
        /// The most of the twins'.
        high: u64,
    },
    /// The device's busy intervals are not known, so the twin's dispatch stands in, of which the device may hide a part.
    NoDeviceIntervals {
        /// Why.
        reason: String,
    },
    /// The device's time is known only between events, so what it idled there counts as work: the tax is a lower bound.
    BusyByEvents {
        /// Why its kernels are not known one by one.
        reason: String,
    },
    /// Some of the device's activities are in no busy time, so the tax is an upper bound.
    ActivitiesLost {
        /// Dropped, without a time, or not within one request.
        lost: u64,
        /// All that were recorded.
        recorded: u64,
    },
    /// Fewer of the twin's repeats ended well than the cell's.
    FewTwinRepeats {
        /// Of the twin.
        have: u64,
        /// Of the cell.
        cell: u64,
    },
    /// A doubt about the twin's own repeats.
    OfTwin {
        /// The doubt.
        about: Box<Doubt>,
    },
    /// A doubt of a later version than this reader.
    #[serde(other)]
    Unknown,
}

/// One line for a person.
impl fmt::Display for TaxDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegativePart { part, value_ns } => write!(
                f,
                "{part} comes out at {value_ns}; raise --repeats or --duration, or calibrate anew"
            ),
            Self::NotHollow { .. } => write!(
                f,
                "{}: the tax is an upper bound",
                self.why_not_hollow().unwrap_or_default()
            ),
            Self::OperatorsDiffer {
                original,
                twin,
                rung,
            } => write!(
                f,
                "the twin (rung {rung}) executes {twin} operators where the model executes {original}; its latency is not quite the model's tax"
            ),
            Self::Threads { threads } => write!(
                f,
                "with {threads} threads the twin may not fork where the model does; --threads 1 leaves no doubt"
            ),
            Self::Perturbation {
                perturbation,
                bound,
            } => write!(
                f,
                "profiling made the model {perturbation:.2} times as slow where {bound:.1} is the bound: shares by operator are doubtful"
            ),
            Self::RungUnproved { rung, reason } => write!(
                f,
                "whether the twin (rung {rung}) executes the model's operators is not known: {reason}"
            ),
            Self::NoFloor { reason } => write!(f, "there is no floor: {reason}"),
            Self::FewTwinRepeats { have, cell } => write!(
                f,
                "the twin has {have} repeats that ended well where the model has {cell}; resume the run"
            ),
            Self::OfTwin { about } => write!(f, "the twin: {about}"),
            Self::ByLaw { .. } | Self::LawExtrapolates { .. } => self.law(f),
            Self::NoDeviceIntervals { .. }
            | Self::BusyByEvents { .. }
            | Self::ActivitiesLost { .. } => self.of_device(f),
            Self::Unknown => f.write_str("a doubt that this version of tare does not know"),
        }
    }
}

impl TaxDoubt {
    /// Why a twin is not hollow, in words; `None` for another doubt.
    pub fn why_not_hollow(&self) -> Option<String> {
        let Self::NotHollow {
            operations_share,
            elements_share,
            bound,
        } = self
        else {
            return None;
        };
        let shares = [
            (operations_share, "operations"),
            (elements_share, "elements"),
        ];
        let shares = shares.iter().filter_map(|(share, what)| {
            share.map(|share| format!("{:.1}% by its {what}", share * 100.0))
        });
        let shares: Vec<String> = shares.collect();
        Some(match shares.as_slice() {
            [] => "how much of the model's work the twin still does is not known".to_owned(),
            shares => format!(
                "the twin may still do work worth {} of what it costs, where {:.0}% is the bound",
                shares.join(" or "),
                bound * 100.0
            ),
        })
    }

    fn of_device(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDeviceIntervals { reason } => write!(
                f,
                "when the device was busy is not known, so the tax is the twin's, part of which the device may hide: {reason}"
            ),
            Self::BusyByEvents { reason } => write!(
                f,
                "when the device was busy is known only between events, idle gaps among it, so the tax is a lower bound: {reason}"
            ),
            Self::ActivitiesLost { lost, recorded } => write!(
                f,
                "{lost} of the device's activities were dropped, untimed or not within one request, beside {recorded} recorded: \
                 the tax is an upper bound; profile a smaller batch"
            ),
            _ => Ok(()),
        }
    }

    fn law(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LawExtrapolates {
                operators,
                low,
                high,
            } => write!(
                f,
                "the law was fitted over twins of {low} to {high} operators and is asked for {operators}; measure twins of about as many"
            ),
            Self::ByLaw { reason, twins } => write!(
                f,
                "the tax is what the dispatch law of {twins} other twins predicts: {reason}"
            ),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_is_data_with_its_name_within_a_doubt() {
        let doubt = Doubt::Tax {
            why: TaxDoubt::Threads { threads: 4 },
        };
        let json = serde_json::to_value(&doubt).expect("serialises");
        assert_eq!(
            json,
            serde_json::json!({"doubt": "tax", "why": {"tax_doubt": "threads", "threads": 4}})
        );
        assert_eq!(
            serde_json::from_value::<Doubt>(json).expect("reads back"),
            doubt
        );
    }

    #[test]
    fn a_doubt_about_the_twin_names_it_and_reads_back() {
        let doubt = TaxDoubt::OfTwin {
            about: Box::new(Doubt::Unsteady { warmup_requests: 9 }),
        };
        let json = serde_json::to_value(&doubt).expect("serialises");
        assert_eq!(json["about"]["doubt"], "unsteady");
        assert_eq!(
            serde_json::from_value::<TaxDoubt>(json).expect("reads back"),
            doubt
        );
        assert_eq!(
            doubt.to_string(),
            "the twin: the latency was not steady after 9 warm-up requests"
        );
    }

    #[test]
    fn a_twin_that_is_not_hollow_says_by_what_or_that_nobody_knows() {
        let doubt = |operations_share, elements_share| TaxDoubt::NotHollow {
            operations_share,
            elements_share,
            bound: 0.05,
        };
        assert_eq!(
            doubt(Some(0.257), Some(0.031)).to_string(),
            "the twin may still do work worth 25.7% by its operations or 3.1% by its elements of what it costs, where 5% is \
             the bound: the tax is an upper bound"
        );
        assert_eq!(
            doubt(None, None).to_string(),
            "how much of the model's work the twin still does is not known: the tax is an upper bound"
        );
        assert_eq!(TaxDoubt::Threads { threads: 2 }.why_not_hollow(), None);
        let json = serde_json::to_value(doubt(None, Some(0.2))).expect("serialises");
        assert_eq!(
            json,
            serde_json::json!({"tax_doubt": "not-hollow", "operations_share": null, "elements_share": 0.2, "bound": 0.05})
        );
        assert_eq!(
            serde_json::from_value::<TaxDoubt>(json).expect("reads back"),
            doubt(None, Some(0.2))
        );
    }

    #[test]
    fn a_later_version_s_doubt_does_not_hide_the_split() {
        let json = serde_json::json!({"tax_doubt": "tides", "height": 1});
        let back: TaxDoubt = serde_json::from_value(json).expect("reads");
        assert_eq!(back, TaxDoubt::Unknown);
    }

    #[test]
    fn doubts_say_what_and_which_value() {
        let negative = TaxDoubt::NegativePart {
            part: "inefficiency".into(),
            value_ns: SignedNanoseconds::from_nanos(-316_000),
        };
        assert_eq!(
            negative.to_string(),
            "inefficiency comes out at -316 µs; raise --repeats or --duration, or calibrate anew"
        );
        let extrapolates = TaxDoubt::LawExtrapolates {
            operators: 900,
            low: 2,
            high: 346,
        };
        assert!(extrapolates.to_string().contains("2 to 346"));
        let by_law = TaxDoubt::ByLaw {
            reason: "Loop carries shapes".into(),
            twins: 6,
        };
        assert!(by_law.to_string().ends_with("Loop carries shapes"));
    }
}
