//! Reasons not to trust fully what was measured under load, and how they are told.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::Nanoseconds;

/// A typed reason not to trust fully what was measured under load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "serving_doubt", rename_all = "kebab-case")]
pub enum ServingDoubt {
    /// The generator has no processor beside those of the workers.
    NoCoreForGenerator {
        /// Sessions that execute at once.
        workers: u64,
        /// Threads of each.
        threads: u64,
        /// Processors that this process may use.
        processors: u64,
    },
    /// Requests that wait grow without bound: latencies tell how long the repeat was.
    Saturated {
        /// Requests that waited at once, at the most.
        most_waiting: u64,
    },
    /// The generator issued requests so late that their latency holds much of its own lag.
    Skew {
        /// Such as `p99`.
        percentile: String,
        /// Issue time minus scheduled time.
        skew_ns: Nanoseconds,
        /// The latency at that percentile.
        latency_ns: Nanoseconds,
    },
    /// Requests were issued no longer, though the schedule went on.
    Cut {
        /// Why.
        why: Cut,
        /// Requests that had been due.
        due: u64,
        /// How long they were issued.
        after_ns: Nanoseconds,
    },
    /// Requests still waited when the time that they are waited for was over.
    LeftWaiting {
        /// So many of them.
        waiting: u64,
        /// Requests that were due.
        due: u64,
        /// How long they were waited for once no more were due.
        after_ns: Nanoseconds,
    },
    /// The generator was so late that a sample cannot hold it.
    UntoldSkew {
        /// What the largest lag was at the least.
        at_least_ns: Nanoseconds,
    },
    /// Too few requests to say whether the objective holds.
    ObjectiveNotDecided {
        /// Such as `p99<20ms`.
        objective: String,
        /// Requests beyond its bound.
        over: u64,
        /// Of how many.
        due: u64,
    },
    /// A doubt of a later version than this reader.
    #[serde(other)]
    Unknown,
}

/// Why requests were issued no longer before their schedule was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// The time that a worker has was over.
    Time,
    /// No session could serve any longer.
    Sessions,
}

impl ServingDoubt {
    /// How bad it is beside another of its kind; 0 where it is no matter of degree.
    pub fn severity(&self) -> f64 {
        match self {
            Self::Saturated { most_waiting } => *most_waiting as f64,
            Self::LeftWaiting { waiting, .. } => *waiting as f64,
            Self::Skew { .. } => self.skew_share().unwrap_or_default(),
            _ => 0.0,
        }
    }

    /// What was not issued, waited for or told in time.
    fn tell_untimely(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { why, due, after_ns } => {
                write!(
                    f,
                    "requests were issued for {after_ns} only, {due} of them, and the schedule went on: "
                )?;
                f.write_str(match why {
                    Cut::Time => "the worker's time was over; raise --deadline",
                    Cut::Sessions => "no session could serve any longer",
                })
            }
            Self::LeftWaiting {
                waiting,
                due,
                after_ns,
            } => write!(
                f,
                "{waiting} of {due} requests still waited {after_ns} after the last was due, when the time for them was over: \
                 lower the rate, or raise --deadline"
            ),
            Self::UntoldSkew { at_least_ns } => write!(
                f,
                "requests were issued at least {at_least_ns} late, more than a sample can hold: leave a processor to the \
                 generator"
            ),
            _ => Ok(()),
        }
    }

    fn skew_share(&self) -> Option<f64> {
        match self {
            Self::Skew {
                skew_ns,
                latency_ns,
                ..
            } => Some(skew_ns.as_nanos() as f64 / (latency_ns.as_nanos() as f64).max(1.0)),
            _ => None,
        }
    }
}

/// One line for a person.
impl fmt::Display for ServingDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCoreForGenerator {
                workers,
                threads,
                processors,
            } => write!(
                f,
                "no processor was left for issuing requests: {workers} workers of {threads} threads on {processors} \
                 processors"
            ),
            Self::Saturated { most_waiting } => write!(
                f,
                "more requests came than were done, up to {most_waiting} waited: latencies tell how long the repeat was; \
                 lower the rate"
            ),
            Self::Skew {
                percentile,
                skew_ns,
                latency_ns,
            } => write!(
                f,
                "requests were issued {skew_ns} late at {percentile}, {:.0}% of the latency of {latency_ns}",
                100.0 * self.skew_share().unwrap_or_default()
            ),
            Self::Cut { .. } | Self::LeftWaiting { .. } | Self::UntoldSkew { .. } => {
                self.tell_untimely(f)
            }
            Self::ObjectiveNotDecided {
                objective,
                over,
                due,
            } => write!(
                f,
                "whether {objective} holds is not decided by {over} of {due} requests beyond it; raise --duration"
            ),
            Self::Unknown => {
                f.write_str("a doubt about the load that this version of tare does not know")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_sentence_with_its_values() {
        let skew = ServingDoubt::Skew {
            percentile: "p99".to_owned(),
            skew_ns: Nanoseconds::from_micros(60),
            latency_ns: Nanoseconds::from_millis(1),
        };
        let told = "requests were issued 60.0 µs late at p99, 6% of the latency of 1.00 ms";
        assert_eq!(skew.to_string(), told);
        let undecided = ServingDoubt::ObjectiveNotDecided {
            objective: "p99<20ms".to_owned(),
            over: 3,
            due: 400,
        };
        let told = "whether p99<20ms holds is not decided by 3 of 400 requests beyond it; raise --duration";
        assert_eq!(undecided.to_string(), told);
        let cut = ServingDoubt::Cut {
            why: Cut::Time,
            due: 1,
            after_ns: Nanoseconds::from_secs(16),
        };
        let told = "requests were issued for 16.0 s only, 1 of them, and the schedule went on: the worker's time was over; \
                    raise --deadline";
        assert_eq!(cut.to_string(), told);
        let left = ServingDoubt::LeftWaiting {
            waiting: 700,
            due: 1_000,
            after_ns: Nanoseconds::from_secs(30),
        };
        let told = "700 of 1000 requests still waited 30.0 s after the last was due, when the time for them was over: lower \
                    the rate, or raise --deadline";
        assert_eq!(left.to_string(), told);
        let late = ServingDoubt::UntoldSkew {
            at_least_ns: Nanoseconds::from_nanos(u64::from(u32::MAX)),
        };
        let told = "requests were issued at least 4.29 s late, ";
        assert!(late.to_string().starts_with(told), "{late}");
        let alone = ServingDoubt::NoCoreForGenerator {
            workers: 2,
            threads: 1,
            processors: 2,
        };
        assert!(
            alone
                .to_string()
                .ends_with("2 workers of 1 threads on 2 processors")
        );
    }

    #[test]
    fn of_two_the_worse_is_known() {
        let saturated = |most_waiting| ServingDoubt::Saturated { most_waiting };
        assert!(saturated(9).severity() > saturated(8).severity());
    }

    #[test]
    fn a_later_version_s_is_read_as_unknown() {
        let json = serde_json::json!({"serving_doubt": "full-moon"});
        let read: ServingDoubt = serde_json::from_value(json).expect("reads");
        assert_eq!(read, ServingDoubt::Unknown);
    }
}
