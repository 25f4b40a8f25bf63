//! The figures of a record: latency, load, memory, throughput, schedule. Names end in their unit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::{Bytes, Nanoseconds};

/// The distribution of request latencies; failed requests count as infinitely slow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Requests timed.
    pub count: u64,
    /// Of these, failed.
    #[serde(default)]
    pub failed: u64,
    /// Over the requests that did not fail.
    pub mean_ns: Option<f64>,
    /// Over the requests that did not fail.
    pub std_ns: Option<f64>,
    /// Over the requests that did not fail.
    pub min_ns: Option<Nanoseconds>,
    /// Over the requests that did not fail.
    pub max_ns: Option<Nanoseconds>,
    /// Median.
    pub p50: Option<Percentile>,
    /// 90th percentile.
    pub p90: Option<Percentile>,
    /// 95th percentile.
    pub p95: Option<Percentile>,
    /// 99th percentile.
    pub p99: Option<Percentile>,
    /// 99.9th percentile.
    pub p99_9: Option<Percentile>,
}

impl Latency {
    /// Each percentile with its name and its rank from 0 to 1.
    pub fn percentiles(&self) -> [(&'static str, f64, Option<&Percentile>); 5] {
        [
            ("p50", 0.5, self.p50.as_ref()),
            ("p90", 0.9, self.p90.as_ref()),
            ("p95", 0.95, self.p95.as_ref()),
            ("p99", 0.99, self.p99.as_ref()),
            ("p99_9", 0.999, self.p99_9.as_ref()),
        ]
    }
}

/// A percentile with the bounds of its 95% interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Percentile {
    /// In a record an exact sample; in a summary the mean of the repeats'.
    pub value_ns: f64,
    /// Lower bound.
    pub low_ns: Option<f64>,
    /// Upper bound.
    pub high_ns: Option<f64>,
    /// Integrated autocorrelation time, in requests; in records only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    /// The effective sample size: so many independent requests would say as much. In a record requests over `tau`, in a
    /// summary the sum of the repeats'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_count: Option<f64>,
}

/// Getting ready: loading, the first inference, the warm-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// From the model's path to a session.
    pub load_ns: Nanoseconds,
    /// The first request of all.
    pub first_inference_ns: Option<Nanoseconds>,
    /// Requests before the timed ones.
    pub warmup_requests: u64,
    /// Whether the latency was steady when timing began.
    pub steady: bool,
}

/// Memory of the worker and its descendants, without the harness's own buffers; resident unless said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Before the adapter was asked to load; pages that processes share count each time.
    pub before_load_rss_bytes: Option<Bytes>,
    /// The same moment; a page that n processes share counts as 1/n in each.
    pub before_load_pss_bytes: Option<Bytes>,
    /// Once the model was loaded.
    pub after_load_rss_bytes: Option<Bytes>,
    /// Once the model was loaded.
    pub after_load_pss_bytes: Option<Bytes>,
    /// Once the last request was done.
    pub after_run_rss_bytes: Option<Bytes>,
    /// Once the last request was done.
    pub after_run_pss_bytes: Option<Bytes>,
    /// The kernel's high-water marks over loading, warm-up and timed requests.
    pub peak_rss_bytes: Option<Bytes>,
    /// Over the timed requests alone.
    pub run_peak_rss_bytes: Option<Bytes>,
    /// Whether `peak_rss_bytes` is exact, a bound, or neither.
    pub peak_rss_of: Option<PeakOf>,
    /// The largest mark that was seen of a child that ended before the requests did; it may have risen further.
    pub ended_child_peak_rss_bytes: Option<Bytes>,
    /// The largest proportional set size; the kernel keeps no mark of it, so only a sampler can give one.
    pub peak_pss_bytes: Option<Bytes>,
    /// The peak of the worker's control group, with its page cache, kernel memory, other processes, and the harness's
    /// own buffers.
    pub cgroup_peak_bytes: Option<Bytes>,
    /// Processes of that control group that are not the worker or its descendants.
    pub cgroup_other_processes: Option<u64>,
    /// On the device, of this process.
    pub peak_vram_process_bytes: Option<Bytes>,
    /// On the device, of all processes.
    pub peak_vram_device_bytes: Option<Bytes>,
    /// Page faults that needed the disk, during loading, warm-up and timed requests.
    pub major_faults: Option<u64>,
    /// Page faults that did not.
    pub minor_faults: Option<u64>,
}

/// How the peak of a tree of processes was put together; the kernel keeps a mark for each process, none for a tree.
///
/// The later in this order, the less is known.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PeakOf {
    /// The tree was one process: the peak is exact.
    OneProcess,
    /// The peaks of several processes, which need not coincide, in sum: an upper bound.
    SumOfPeaks,
    /// Those who live at the end, in sum; children that ended before are left out, so it bounds neither way.
    Incomplete,
}

/// How fast samples were done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Throughput {
    /// Closed loop: samples done over the time from the first request's start to the last one's end.
    pub samples_per_s: Option<f64>,
    /// Requests in flight without a synchronisation between them.
    pub pipelined_samples_per_s: Option<f64>,
    /// Open loop: what the schedule asked for.
    pub offered_per_s: Option<f64>,
    /// Open loop: what was done.
    pub achieved_per_s: Option<f64>,
}

/// How late the generator itself was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleSkew {
    /// Median of issue time minus scheduled time.
    pub skew_p50_ns: Nanoseconds,
    /// 90th percentile; this one, the 95th and the 99.9th are not there in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_p90_ns: Option<Nanoseconds>,
    /// 95th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_p95_ns: Option<Nanoseconds>,
    /// 99th percentile.
    pub skew_p99_ns: Nanoseconds,
    /// 99.9th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_p99_9_ns: Option<Nanoseconds>,
    /// Largest.
    pub skew_max_ns: Nanoseconds,
}

/// What the harness itself costs, measured with the adapter that does nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HarnessCost {
    /// Median recorded latency of doing nothing.
    pub p50_ns: f64,
    /// 99th percentile.
    pub p99_ns: Option<f64>,
    /// One reading of the clock.
    pub clock_ns: f64,
    /// One reading of the run delay; `null` where the run does not read it.
    pub run_delay_ns: Option<f64>,
}

/// The file that holds every sample of a repeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SampleFile {
    /// Relative to the run's folder.
    pub path: String,
    /// Samples in it.
    pub count: u64,
    /// Whose waiting for a core stands in them; absent where none was read around every request, and in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delays: Option<DelaysOf>,
}

/// Whose waiting for a core the samples of a record hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DelaysOf {
    /// The thread's that executes; where others work beside it, its latency without that is still no effective one.
    Executing,
    /// All threads' of the process, which overlap: it tells how much was disturbed, and is no part of a latency.
    All,
}
