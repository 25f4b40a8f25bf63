//! What a machine can do, as it was measured: arithmetic by precision and threads, bandwidth by working set, clocks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::{Bytes, BytesPerSecond, FlopsPerSecond, Hertz, Nanoseconds};

use crate::device_peaks::{LaunchCost, Transfer};
use crate::peaks_doubt::PeaksDoubt;
use crate::verdict::Missing;

/// The name and version of this format.
pub const PEAKS_SCHEMA: &str = "tare.peaks/1";

/// Everything that one calibration measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Peaks {
    /// `tare.peaks/1`.
    pub schema: String,
    /// The version of the way of measuring; figures of two versions are not compared.
    pub method: u64,
    /// The fingerprint of the machine.
    pub machine: String,
    /// How the program that measured was built: `release` or `debug`; figures of one do not serve the other.
    #[serde(default)]
    pub build: Option<String>,
    /// When the latest of it was measured, UTC, RFC 3339.
    pub calibrated_at: String,
    /// When each figure was measured, UTC, RFC 3339, by paths as in `missing`, such as `cpu.fp32.1.fma-avx512`; `cuda:0`
    /// stands for all of a device, which is measured in one go.
    #[serde(default)]
    pub measured_at: BTreeMap<String, String>,
    /// Arithmetic, by device, precision and threads.
    pub compute: Vec<ComputePeak>,
    /// Bandwidth, by device, threads and working set.
    pub bandwidth: Vec<BandwidthPeak>,
    /// What the short probe read while this was measured, by precision and threads.
    pub probes: Vec<ProbeReading>,
    /// Copies between the host and devices, by device and direction.
    #[serde(default)]
    pub transfers: Vec<Transfer>,
    /// What starting work costs, by device.
    #[serde(default)]
    pub launches: Vec<LaunchCost>,
    /// What reading time and waiting cost.
    pub timing: Option<Timing>,
    /// Reasons not to trust it fully.
    pub doubts: Vec<PeaksDoubt>,
    /// What could not be measured and why, such as `cpu.bf16.1.fma-avx512` or `cuda:0.h2d`.
    pub missing: Missing,
}

impl Peaks {
    /// Of a machine of which nothing was measured yet.
    pub fn none(method: u64, machine: &str, calibrated_at: &str) -> Self {
        Self {
            schema: PEAKS_SCHEMA.to_owned(),
            method,
            machine: machine.to_owned(),
            build: None,
            calibrated_at: calibrated_at.to_owned(),
            measured_at: BTreeMap::new(),
            compute: Vec::new(),
            bandwidth: Vec::new(),
            probes: Vec::new(),
            transfers: Vec::new(),
            launches: Vec::new(),
            timing: None,
            doubts: Vec::new(),
            missing: Missing::new(),
        }
    }

    /// When the oldest of the figures at `paths` was measured.
    pub fn oldest<'a>(&'a self, paths: impl IntoIterator<Item = &'a str>) -> &'a str {
        let at = |path: &str| self.measured_at.get(path).unwrap_or(&self.calibrated_at);
        let oldest = paths.into_iter().map(at).min();
        oldest.unwrap_or(&self.calibrated_at)
    }
}

/// The median over repeats with the least and the greatest of them, in the unit that the field's name ends in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread<T> {
    /// Median over the repeats.
    pub value: T,
    /// The least.
    pub low: T,
    /// The greatest.
    pub high: T,
    /// How many.
    pub repeats: u64,
}

/// The arithmetic of one device in one precision with a number of threads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComputePeak {
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// Such as `fp32`; on a GPU the math mode that is executed.
    pub precision: String,
    /// Threads at work at once, each on a processor of its own where that was allowed; on a device the one that starts its work.
    pub threads: u64,
    /// The largest of the kernels' rates.
    pub flops_per_s: FlopsPerSecond,
    /// The kernel that gave it.
    pub kernel: String,
    /// Every kernel that could be measured.
    pub kernels: Vec<KernelPeak>,
}

/// How a kernel comes to its operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KernelKind {
    /// Multiply-adds on registers, nothing else.
    Fma,
    /// The multiplication of matrices of a library.
    Gemm,
}

/// One kernel's rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KernelPeak {
    /// Such as `fma-avx512`; `gemm-cublaslt-8192` multiplies square matrices of that many rows.
    pub kernel: String,
    /// How it comes to its operations.
    pub kind: KernelKind,
    /// All threads together; in each repeat the fastest stretch.
    pub flops_per_s: Spread<FlopsPerSecond>,
    /// By a chain of dependent additions woven into the kernel, mean of the threads; of kernels on registers only.
    pub frequency_hz: Option<Spread<Hertz>>,
    /// Operations a cycle and thread, reached.
    pub flops_per_cycle: Option<f64>,
    /// Operations a cycle and core that the processor's documentation gives.
    pub documented_flops_per_cycle: Option<f64>,
    /// The documentation.
    pub documented_by: Option<String>,
    /// Reached over documented.
    pub share: Option<f64>,
    /// Why a field is `null`, by its name.
    pub missing: Missing,
}

/// The bandwidth that a working set of one size meets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BandwidthPeak {
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// The memory that holds the working set: `L1`, `L2`, `L3` or `DRAM`.
    pub level: String,
    /// All threads together.
    pub working_set_bytes: Bytes,
    /// Threads at work at once, each on a part of its own; on a device the one that starts its work.
    pub threads: u64,
    /// Reading alone.
    pub read_bytes_per_s: Spread<BytesPerSecond>,
    /// a = b + s·c, counting two reads and a write (McCalpin, STREAM).
    pub triad_bytes_per_s: Spread<BytesPerSecond>,
}

impl BandwidthPeak {
    /// The larger of reading and triad.
    pub fn bytes_per_s(&self) -> BytesPerSecond {
        let (read, triad) = (self.read_bytes_per_s.value, self.triad_bytes_per_s.value);
        if read > triad { read } else { triad }
    }
}

/// What the machine gave at one moment, from a probe of about 50 ms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReading {
    /// Such as `fp32`.
    pub precision: String,
    /// Threads at work at once.
    pub threads: u64,
    /// The kernel on registers; only readings of the same one are compared.
    pub kernel: String,
    /// Its median rate, all threads together.
    pub flops_per_s: FlopsPerSecond,
    /// Median rate of reading 8 MiB a thread, all threads together.
    pub bytes_per_s: BytesPerSecond,
}

/// What reading time and waiting cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// One reading of the clock, mean of many.
    pub clock_read_ns: Spread<f64>,
    /// The smallest step between two readings that differ.
    pub clock_step_ns: Spread<f64>,
    /// By how much a sleep of 100 µs is too long, median of a repeat.
    pub sleep_overshoot_p50_ns: Spread<Nanoseconds>,
    /// The longest of a repeat.
    pub sleep_overshoot_max_ns: Spread<Nanoseconds>,
}

/// The peaks that hold for one cell at the time of one repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellPeaks {
    /// Calibrated, times what the probes beside the repeat read over what they read at calibration.
    pub flops_per_s: FlopsPerSecond,
    /// Of the memory that holds the working set, corrected alike.
    pub bytes_per_s: BytesPerSecond,
    /// That memory: `L1`, `L2`, `L3` or `DRAM`.
    pub level: String,
    /// Copies from the host, where the cell is on a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub h2d_bytes_per_s: Option<BytesPerSecond>,
    /// Copies to the host, where the cell is on a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub d2h_bytes_per_s: Option<BytesPerSecond>,
    /// When the oldest of these figures was measured, UTC, RFC 3339.
    pub calibrated_at: String,
}

/// What the probe read beside one repeat.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbesBeside {
    /// Before the worker began.
    pub before: Option<ProbeReading>,
    /// When it had ended.
    pub after: Option<ProbeReading>,
}

#[cfg(test)]
mod tests;
