//! What a repeat cost in joules, by each source that could tell, and why not to trust it fully.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The energy of the requests of a repeat; sources see different parts of the machine and are never added.
///
/// The window of all figures is that of the timed requests or, where those were too short for the random part of the
/// uncertainty to stay below its bound, a stretch of further requests of the same kind after them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Energy {
    /// Everything that tells joules or watts here.
    pub sources: Vec<EnergySource>,
    /// Samples that were done in the window; of several repeats, their mean.
    pub samples: Option<u64>,
    /// Whether the window is a stretch of further requests after the timed ones, which it then leaves out.
    #[serde(default)]
    pub stretched: bool,
    /// The source that the figures below are of.
    pub primary: Option<String>,
    /// Gross energy over `samples`.
    pub per_sample_j: Option<f64>,
    /// Energy above idle over `samples`.
    pub above_idle_per_sample_j: Option<f64>,
    /// Gross energy over the time of the window.
    pub average_power_w: Option<f64>,
}

/// What one source says of the window; a figure that is `null` has its reason in the record's `missing`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnergySource {
    /// Such as `nvml:GPU-1111:counter`, `rapl:package` or `meter`.
    pub source: String,
    /// All energy of the window.
    pub gross_j: Option<f64>,
    /// What the machine would have drawn in that time with no worker.
    pub idle_j: Option<f64>,
    /// What it would have drawn with the model loaded and no request.
    pub loaded_idle_j: Option<f64>,
    /// `gross_j` less `idle_j`; below zero where noise outweighs the work.
    pub above_idle_j: Option<f64>,
    /// Half the width of the 95% interval of `gross_j` from ticks, quantisation and sampling; shrinks beside the energy
    /// as windows grow.
    pub random_j: Option<f64>,
    /// The same of `above_idle_j`: the idle's own and its drift are in it.
    pub above_idle_random_j: Option<f64>,
    /// What a typical error of the sensor's gain makes of `gross_j`; no window shrinks it.
    pub systematic_j: Option<f64>,
    /// The same of `above_idle_j`.
    pub above_idle_systematic_j: Option<f64>,
    /// Length of the window.
    pub window_s: f64,
    /// How long a window must be for `random_j` to fall below the bound; `null` where none can be.
    pub needed_window_s: Option<f64>,
    /// Mean power before the worker.
    pub idle_before_w: Option<f64>,
    /// Mean power after the worker.
    pub idle_after_w: Option<f64>,
}

/// A reason not to trust a source's figures fully.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "energy_doubt", rename_all = "kebab-case")]
pub enum EnergyDoubt {
    /// The random part of the uncertainty stays above its bound.
    Imprecise {
        /// Random part over gross energy; `null` where that is not above zero.
        share: Option<f64>,
        /// What it should be below.
        bound: f64,
        /// The window that was used, in seconds.
        window_s: f64,
        /// The window that would do, in seconds; `null` where none would.
        needed_window_s: Option<f64>,
    },
    /// Counter and power of one device differ by more than their random parts.
    Disagreement {
        /// The other source.
        with: String,
        /// This one's energy.
        this_j: f64,
        /// The other's.
        other_j: f64,
    },
    /// Idle before and after differ, so what idle would have been meanwhile is uncertain.
    IdleDrift {
        /// Mean power before.
        before_w: f64,
        /// Mean power after.
        after_w: f64,
    },
    /// Idle is known on one side of the window only.
    IdleOnOneSide,
    /// What is above idle is less than its own random part: it may as well be nothing.
    WithinIdle {
        /// Energy above idle.
        above_idle_j: f64,
        /// Its random part, half the width of a 95% interval.
        random_j: f64,
    },
    /// The value did not move for long.
    Stuck {
        /// The longest stretch, in seconds.
        longest_s: f64,
    },
    /// Readings are further apart than they should be.
    Gaps {
        /// The longest gap, in seconds.
        longest_s: f64,
    },
    /// Readings were no possible values and were left out.
    Nonsense {
        /// How many.
        readings: u64,
    },
    /// Readings came with an earlier time than the one before and were left out.
    TimeRanBack {
        /// How many.
        readings: u64,
    },
    /// The source tells a mean over a longer time, so edges of the window are blurred.
    Averaged {
        /// Over how long, in seconds.
        over_s: f64,
    },
    /// A doubt of a later version than this reader.
    #[serde(other)]
    Unknown,
}

/// One line for a person.
impl fmt::Display for EnergyDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imprecise {
                share,
                bound,
                window_s,
                needed_window_s,
            } => imprecise(f, (*share, *window_s), *bound, *needed_window_s),
            Self::Disagreement {
                with,
                this_j,
                other_j,
            } => write!(f, "{this_j:.3} J, but {with} says {other_j:.3} J"),
            Self::IdleDrift { before_w, after_w } => write!(
                f,
                "idle power was {before_w:.1} W before and {after_w:.1} W after"
            ),
            Self::IdleOnOneSide => f.write_str("idle power is known on one side only"),
            Self::WithinIdle {
                above_idle_j,
                random_j,
            } => write!(
                f,
                "{above_idle_j:.3} J ± {random_j:.3} J above idle may as well be nothing: the source is too slow or too coarse for the time that the machine rested"
            ),
            Self::Stuck { longest_s } => write!(f, "the value stood still for {longest_s:.1} s"),
            Self::Gaps { longest_s } => write!(f, "no reading for {longest_s:.1} s"),
            Self::Nonsense { readings } => {
                write!(f, "{} of no possible value", counted(*readings))
            }
            Self::TimeRanBack { readings } => {
                write!(f, "time ran back in {}", counted(*readings))
            }
            Self::Averaged { over_s } => write!(
                f,
                "the sensor tells means over {over_s:.1} s, which blurs the edges of the window"
            ),
            Self::Unknown => f.write_str("a doubt that this version of tare does not know"),
        }
    }
}

fn counted(readings: u64) -> String {
    match readings {
        1 => "1 reading".to_owned(),
        _ => format!("{readings} readings"),
    }
}

fn imprecise(
    f: &mut fmt::Formatter<'_>,
    (share, window_s): (Option<f64>, f64),
    bound: f64,
    needed_window_s: Option<f64>,
) -> fmt::Result {
    match share {
        Some(share) => write!(f, "known to {}", percent(share))?,
        None => f.write_str("indistinguishable from nothing")?,
    }
    write!(
        f,
        " over {window_s:.1} s where {} is wanted; ",
        percent(bound)
    )?;
    match needed_window_s {
        Some(seconds) => write!(f, "{seconds:.1} s would do: raise --duration"),
        None => f.write_str("not even an hour would do"),
    }
}

/// One decimal, or as many as two digits other than leading zeros take.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let leading = match percent > 0.0 {
        true => (-percent.log10().floor()).clamp(0.0, 9.0),
        false => 0.0,
    };
    let decimals = leading as usize + 1;
    format!("{percent:.decimals$}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_figures_are_null_and_doubts_carry_their_name() {
        let source = EnergySource {
            source: "meter".into(),
            gross_j: Some(2.5),
            ..EnergySource::default()
        };
        let json = serde_json::to_value(&source).expect("serialises");
        assert_eq!(json["gross_j"], 2.5);
        assert!(json["idle_j"].is_null() && json["systematic_j"].is_null());
        assert_eq!(
            serde_json::from_value::<EnergySource>(json).expect("reads back"),
            source
        );
        let doubt = EnergyDoubt::Gaps { longest_s: 0.5 };
        let json = serde_json::to_value(&doubt).expect("serialises");
        assert_eq!(
            json,
            serde_json::json!({"energy_doubt": "gaps", "longest_s": 0.5})
        );
    }

    #[test]
    fn a_later_version_s_doubt_is_read_as_unknown() {
        let json = serde_json::json!({"energy_doubt": "haunted", "ghosts": 3});
        let doubt: EnergyDoubt = serde_json::from_value(json).expect("reads");
        assert_eq!(doubt, EnergyDoubt::Unknown);
    }

    #[test]
    fn a_person_reads_which_value_and_what_would_help() {
        let imprecise = |share, needed_window_s| EnergyDoubt::Imprecise {
            share,
            bound: 0.02,
            window_s: 2.0,
            needed_window_s,
        };
        assert_eq!(
            imprecise(Some(0.053), Some(12.4)).to_string(),
            "known to 5.3% over 2.0 s where 2.0% is wanted; 12.4 s would do: raise --duration"
        );
        assert_eq!(
            imprecise(None, None).to_string(),
            "indistinguishable from nothing over 2.0 s where 2.0% is wanted; not even an hour would do"
        );
        let shares = [0.0, 0.00019, 0.005, 0.02, 0.5, f64::INFINITY].map(percent);
        assert_eq!(shares, ["0.0%", "0.019%", "0.50%", "2.0%", "50.0%", "inf%"]);
        let disagreement = EnergyDoubt::Disagreement {
            with: "nvml:GPU-1:power".into(),
            this_j: 10.0,
            other_j: 12.5,
        };
        assert_eq!(
            disagreement.to_string(),
            "10.000 J, but nvml:GPU-1:power says 12.500 J"
        );
    }
}
