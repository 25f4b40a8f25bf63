//! Reasons not to trust measured peaks fully, and how they are told.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::Bytes;

/// A typed reason not to trust peaks fully.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "doubt", rename_all = "kebab-case")]
pub enum PeaksDoubt {
    /// The working set is within a factor of two of a memory's size; the faster one is taken.
    NearLevel {
        /// The memory taken.
        level: String,
        /// What the cell touches.
        working_set_bytes: Bytes,
        /// What that memory holds.
        level_bytes: Bytes,
    },
    /// The probes before and after a repeat disagree.
    ProbesDisagree {
        /// `flops_per_s` or `bytes_per_s`.
        figure: String,
        /// Before, over the same at calibration.
        before: f64,
        /// After, over the same at calibration.
        after: f64,
    },
    /// A probe beside the repeat is not there, so the calibrated figures stand uncorrected, or corrected by one probe alone.
    ProbeLacks {
        /// Why.
        reason: String,
    },
    /// A thread could not be kept on a processor of its own.
    NotPinned {
        /// Why.
        reason: String,
    },
    /// The largest working set that was measured is less than four times the last cache, which may have held part of it.
    CacheInMemoryFigure {
        /// What was measured.
        working_set_bytes: Bytes,
        /// The last cache.
        cache_bytes: Bytes,
    },
    /// Time ran out before every repeat was done.
    FewerRepeats {
        /// Done.
        have: u64,
        /// Planned.
        planned: u64,
    },
    /// A doubt of the peaks of one device.
    OfDevice {
        /// Such as `cuda:0`.
        device: String,
        /// The doubt.
        about: Box<PeaksDoubt>,
    },
    /// A doubt of a later version than this reader.
    #[serde(other)]
    Unknown,
}

/// One line for a person.
impl fmt::Display for PeaksDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NearLevel {
                level,
                working_set_bytes,
                level_bytes,
            } => write!(
                f,
                "a working set of {working_set_bytes} is within a factor of two of the {level_bytes} that {level} holds; its bandwidth is taken as that of {level}"
            ),
            Self::ProbesDisagree {
                figure,
                before,
                after,
            } => write!(
                f,
                "the machine changed during the repeat: {figure} was {:.0}% of the calibrated before and {:.0}% after",
                before * 100.0,
                after * 100.0
            ),
            Self::ProbeLacks { reason } => write!(
                f,
                "what the machine gave beside the repeat is not fully known: {reason}"
            ),
            Self::NotPinned { reason } => write!(
                f,
                "threads were not kept on a processor each while peaks were measured: {reason}"
            ),
            Self::CacheInMemoryFigure {
                working_set_bytes,
                cache_bytes,
            } => write!(
                f,
                "the bandwidth of DRAM was measured over {working_set_bytes}, of which the cache of {cache_bytes} may have held a part"
            ),
            Self::FewerRepeats { have, planned } => {
                write!(
                    f,
                    "time was up after {have} of {planned} repeats of the calibration"
                )
            }
            Self::OfDevice { device, about } => write!(f, "{device}: {about}"),
            Self::Unknown => f.write_str("a doubt that this version of tare does not know"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_is_data_with_its_name_and_reads_as_a_sentence() {
        let doubt = PeaksDoubt::ProbesDisagree {
            figure: "flops_per_s".into(),
            before: 1.0,
            after: 0.8,
        };
        let json = serde_json::to_value(&doubt).unwrap();
        assert_eq!(json["doubt"], "probes-disagree");
        assert_eq!(serde_json::from_value::<PeaksDoubt>(json).unwrap(), doubt);
        assert_eq!(
            doubt.to_string(),
            "the machine changed during the repeat: flops_per_s was 100% of the calibrated before and 80% after"
        );
    }

    #[test]
    fn a_doubt_of_a_device_names_it_and_reads_back() {
        let doubt = PeaksDoubt::OfDevice {
            device: "cuda:1".into(),
            about: Box::new(PeaksDoubt::FewerRepeats {
                have: 2,
                planned: 9,
            }),
        };
        let json = serde_json::to_value(&doubt).unwrap();
        assert_eq!(json["about"]["doubt"], "fewer-repeats");
        assert_eq!(serde_json::from_value::<PeaksDoubt>(json).unwrap(), doubt);
        assert!(
            doubt
                .to_string()
                .starts_with("cuda:1: time was up after 2 of 9"),
            "{doubt}"
        );
    }

    #[test]
    fn a_later_version_s_doubt_does_not_hide_the_peaks() {
        let json = serde_json::json!({"doubt": "eclipse", "share": 1});
        let back: PeaksDoubt = serde_json::from_value(json).unwrap();
        assert_eq!(back, PeaksDoubt::Unknown);
    }
}
