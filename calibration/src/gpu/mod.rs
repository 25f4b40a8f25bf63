//! What a GPU can do: arithmetic by math mode, memory, copies, and what starting work costs.
//!
//! It is measured in a process of its own, as a driver that is loaded is never let go of, and answers in one line of JSON: [`answer`] there; [`crate::Prober::ask_gpu`] and [`GpuPeaks::merge_into`] in the parent.
//! The libraries of NVIDIA are loaded when they are asked for; where one lacks, or a call fails, the figures that need it are missing, with the reason.

mod assemble;
mod cuda;
mod device;
#[cfg(test)]
mod fake;
mod kernels;
mod measure;
mod merge;
mod mode;
mod operands;
mod plan;

use serde::{Deserialize, Serialize};
use tare_clock::Clock;
use tare_results::{BandwidthPeak, ComputePeak, LaunchCost, Missing, PeaksDoubt, Transfer};
use tare_units::Nanoseconds;

use crate::rounds::Limits;
use device::Device;
pub use merge::lacks;
pub use mode::{MathMode, UnknownMathMode};

/// What a GPU is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuRequest {
    /// Its number, as CUDA counts them: 0 of `cuda:0`.
    pub ordinal: u32,
    /// Math modes.
    pub modes: Vec<MathMode>,
    /// Repeats of each measurement, where there is time for them.
    pub repeats: u64,
    /// No measurement begins that would end later.
    pub budget: Nanoseconds,
}

impl GpuRequest {
    /// Every mode, nine times, in at most 20 s after the device is open.
    pub fn everything(ordinal: u32) -> Self {
        Self {
            ordinal,
            modes: MathMode::ALL.to_vec(),
            repeats: 9,
            budget: Nanoseconds::from_secs(20),
        }
    }

    /// Such as `cuda:0`.
    pub fn device(&self) -> String {
        format!("cuda:{}", self.ordinal)
    }
}

/// What one GPU can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GpuPeaks {
    /// Such as `cuda:0`.
    pub device: String,
    /// Such as `NVIDIA H200`; `None` where it could not be opened.
    pub name: Option<String>,
    /// Arithmetic, by math mode.
    pub compute: Vec<ComputePeak>,
    /// Its memory, then its cache.
    pub bandwidth: Vec<BandwidthPeak>,
    /// Copies to it and from it.
    pub transfers: Vec<Transfer>,
    /// What starting work on it costs.
    pub launch: Option<LaunchCost>,
    /// Reasons not to trust it fully.
    pub doubts: Vec<PeaksDoubt>,
    /// What could not be measured and why, by paths that begin with the device's.
    pub missing: Missing,
}

/// A line that is no answer about the GPU that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer about {device} is not understood: '{line}'")]
pub struct UnclearAnswer {
    device: String,
    line: String,
}

impl GpuPeaks {
    /// Nothing but a reason, for a GPU that could not be measured at all.
    pub fn none(device: &str, reason: &str) -> Self {
        Self {
            device: device.to_owned(),
            name: None,
            compute: Vec::new(),
            bandwidth: Vec::new(),
            transfers: Vec::new(),
            launch: None,
            doubts: Vec::new(),
            missing: Missing::from([(device.to_owned(), reason.to_owned())]),
        }
    }
}

/// Measures a GPU in this process, and gives the line, without its end, that [`parse_answer`] understands.
pub fn answer<C: Clock>(request: &GpuRequest, clock: &C) -> String {
    let peaks = match cuda::Cuda::open(request.ordinal) {
        Ok(device) => measured(&device, request, clock),
        Err(fault) => GpuPeaks::none(&request.device(), &fault.to_string()),
    };
    // Numbers and strings under string keys are never refused.
    serde_json::to_string(&peaks).unwrap_or_default()
}

/// What another process answered to `request`.
///
/// # Errors
/// Where the line is no answer, or one about another GPU.
pub fn parse_answer(request: &GpuRequest, line: &str) -> Result<GpuPeaks, UnclearAnswer> {
    const SHOWN: usize = 80;
    let unclear = || UnclearAnswer {
        device: request.device(),
        line: line.trim().chars().take(SHOWN).collect(),
    };
    let parsed: Result<GpuPeaks, _> = serde_json::from_str(line);
    let sound = |peaks: &GpuPeaks| assemble::is_sound(peaks, &request.device());
    parsed.ok().filter(sound).ok_or_else(unclear)
}

fn measured<C: Clock>(device: &dyn Device, request: &GpuRequest, clock: &C) -> GpuPeaks {
    let name = request.device();
    let (tasks, missing) = plan::plan(&name, device.facts(), &request.modes);
    let limits = Limits {
        rounds: request.repeats,
        budget: request.budget,
    };
    let readings = measure::run(device, &tasks, limits, clock);
    assemble::peaks(&name, device.facts(), &tasks, readings, limits, missing)
}

#[cfg(test)]
mod tests;
