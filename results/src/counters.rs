//! What the timed requests cost the processor: counters, processor time, threads. Names end in their unit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::Nanoseconds;

/// What the worker and its descendants did within one window, seen from outside; `null` has its reason in `missing`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counters {
    /// Length of the window.
    pub wall_ns: Option<Nanoseconds>,
    /// Processor time, user and system: to the nanosecond where every thread lived to the end, else in ticks.
    pub cpu_ns: Option<Nanoseconds>,
    /// Of that, the processor time of the thread that issued the requests; `null` under load, where several do.
    #[serde(default)]
    pub issuing_cpu_ns: Option<Nanoseconds>,
    /// Processor time in user space, in ticks of the kernel, most often of 10 ms.
    pub user_ns: Option<Nanoseconds>,
    /// Processor time in the kernel, in ticks.
    pub system_ns: Option<Nanoseconds>,
    /// Processor time by wall time: threads at work on average.
    pub mean_threads: Option<f64>,
    /// Threads that gained at least a hundredth of the processor time of the busiest.
    pub threads_used: Option<u64>,
    /// Threads that gained any.
    pub threads_ran: Option<u64>,
    /// Threads that ended within the window; the figures by thread lack what they did.
    pub threads_ended: Option<u64>,
    /// Times that a thread gave its processor away itself, mostly to wait.
    pub voluntary_switches: Option<u64>,
    /// Times that the kernel took a thread its processor.
    pub involuntary_switches: Option<u64>,
    /// Instructions retired.
    pub instructions: Option<Count>,
    /// Cycles of the processor at the frequency that it had.
    pub cycles: Option<Count>,
    /// Misses of the last cache, as the processor's maker defines them.
    pub cache_misses: Option<Count>,
    /// Processor time as the performance counters see it, in nanoseconds.
    pub task_clock_ns: Option<Count>,
    /// Context switches of either kind, of threads that ended as well.
    pub context_switches: Option<Count>,
    /// Page faults, of threads that ended as well.
    pub page_faults: Option<Count>,
    /// Times that a thread went on on another processor.
    pub cpu_migrations: Option<Count>,
}

/// A performance counter's count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// How many; estimated from the counted share where that is below 1.
    pub value: u64,
    /// For how much of its threads' time the counter counted, from 0 to 1: counters take turns on the processor.
    pub counted_share: f64,
    /// Whether what happened in the kernel is left out, for want of permission.
    pub user_space_only: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_is_not_there_is_null_and_no_zero() {
        let json = serde_json::to_value(Counters::default()).expect("serialises");
        let fields = json.as_object().expect("an object");
        assert_eq!(fields.len(), 18);
        assert!(fields.values().all(serde_json::Value::is_null), "{json}");
    }

    #[test]
    fn a_record_of_an_earlier_version_reads_and_a_count_keeps_its_share() {
        let empty: Counters = serde_json::from_str("{}").expect("reads");
        assert_eq!(empty, Counters::default());
        let count = Count {
            value: 7,
            counted_share: 0.25,
            user_space_only: true,
        };
        let json = serde_json::to_string(&count).expect("serialises");
        assert_eq!(
            json,
            r#"{"value":7,"counted_share":0.25,"user_space_only":true}"#
        );
        assert_eq!(serde_json::from_str::<Count>(&json).expect("reads"), count);
    }
}
