//! What a device that runs behind the host did in a request: how long it was busy, and on what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::Bytes;

use crate::measures::Percentile;

/// The time of a device that runs behind the host, by the device's own timestamps. Of one request; times are medians over
/// those that were watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceTime {
    /// The union of the intervals in which kernels or copies ran: median over the requests, with its bounds.
    pub busy_ns: Percentile,
    /// Kernels and copies of one request.
    pub intervals: u64,
    /// Who told the intervals.
    #[serde(default)]
    pub means: DeviceMeans,
    /// The median latency of the requests that were watched, by the harness's clock; `null` in records of earlier versions.
    #[serde(default)]
    pub latency_p50_ns: Option<f64>,
    /// That latency over the unprofiled one.
    #[serde(default)]
    pub perturbation: Option<f64>,
    /// Latency less busy time, request by request. The watching slows the host down, so an unwatched request leaves the
    /// device idle for less.
    #[serde(default)]
    pub idle_ns: Option<f64>,
    /// Its kernels; `null` where the intervals are not those of kernels.
    #[serde(default)]
    pub kernels: Option<KernelTime>,
    /// What it copied and filled; `null` likewise.
    #[serde(default)]
    pub copies: Option<Copies>,
    /// What was recorded of the activities of all requests, and what was lost; `null` likewise.
    #[serde(default)]
    pub activities: Option<ActivityCounts>,
}

/// Who tells when a device was busy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceMeans {
    /// CUPTI's activity records, one for each kernel and copy.
    Cupti,
    /// CUDA events around work that was enqueued: what idles between them counts as busy, so `busy_ns` is an upper bound.
    Events,
    /// The framework's own account.
    #[default]
    Framework,
}

impl DeviceMeans {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cupti => "cupti",
            Self::Events => "events",
            Self::Framework => "framework",
        }
    }
}

/// The kernels of one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KernelTime {
    /// How many ran.
    pub count: u64,
    /// The union of their intervals.
    pub busy_ns: f64,
    /// The sum of their durations, more than `busy_ns` where they overlap.
    pub time_ns: f64,
    /// The average duration of a kernel (AKD of arXiv 2504.11750).
    pub mean_ns: f64,
    /// Calls on the host that launched them; one call may launch a graph of many.
    pub launches: u64,
    /// Kernel start less start of the launch call, summed over the launches (TKLQT of arXiv 2504.11750): launching, and
    /// waiting for what was launched before. Of a launch of several kernels only the first counts.
    pub launch_delay_ns: f64,
    /// The same of one launch, on average.
    pub mean_launch_delay_ns: Option<f64>,
    /// By name, those that took most first, at most 64.
    pub by_name: Vec<KernelShare>,
    /// All that are not among them; `null` where none are left.
    pub others: Option<KernelShare>,
}

/// The kernels of one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KernelShare {
    /// As the library that was compiled names it; of the rest, how many names they have.
    pub name: String,
    /// Executed in one request.
    pub count: u64,
    /// Their durations in one request.
    pub time_ns: f64,
    /// Of all kernels' durations, from 0 to 1.
    pub share: f64,
}

/// What a device moved in one request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Copies {
    /// From the host's memory.
    pub to_device: CopyTime,
    /// Into the host's memory.
    pub from_device: CopyTime,
    /// Within the device, and between devices.
    pub on_device: CopyTime,
    /// Memory that was filled.
    pub fills: CopyTime,
}

/// Copies one way, or fills.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyTime {
    /// In one request.
    pub count: u64,
    /// Moved or filled in one request.
    pub bytes: Bytes,
    /// The sum of their durations in one request.
    pub time_ns: f64,
}

/// How complete the records of a device's activities are, over all requests that were watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActivityCounts {
    /// Kernels, copies and fills that were recorded.
    pub recorded: u64,
    /// Records of any kind that found no room.
    pub dropped: u64,
    /// Recorded without a time.
    pub untimed: u64,
    /// Outside every request; not counted as busy time.
    pub outside: u64,
    /// Launched in a request and at work beyond its end; not counted as busy time.
    pub across: u64,
    /// Kernels whose launch call was not recorded; without a delay.
    pub unlaunched: u64,
}

impl ActivityCounts {
    /// Activities that ran and are in no busy time.
    pub fn lost(&self) -> u64 {
        self.dropped + self.untimed + self.outside + self.across
    }
}

impl DeviceTime {
    /// Busy time alone, as a framework tells it.
    pub fn of_busy(busy_ns: Percentile, intervals: u64, means: DeviceMeans) -> Self {
        Self {
            busy_ns,
            intervals,
            means,
            latency_p50_ns: None,
            perturbation: None,
            idle_ns: None,
            kernels: None,
            copies: None,
            activities: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_written_before_activities_were_traced_reads_as_the_framework_s_own_account() {
        let busy = serde_json::json!({"value_ns": 5.0, "low_ns": null, "high_ns": null,
                                      "tau": null, "effective_count": null});
        let written = serde_json::json!({"busy_ns": busy, "intervals": 3});
        let read: DeviceTime = serde_json::from_value(written).expect("reads");
        assert_eq!(
            read,
            DeviceTime::of_busy(read.busy_ns.clone(), 3, DeviceMeans::Framework)
        );
    }

    #[test]
    fn means_are_written_as_they_are_named() {
        for means in [
            DeviceMeans::Cupti,
            DeviceMeans::Events,
            DeviceMeans::Framework,
        ] {
            let written = serde_json::to_value(means).expect("serialises");
            assert_eq!(written, means.name());
        }
    }
}
