//! Looking at a GPU over a window: whose processes are on it when the window opens, what slows it down until it closes.

use std::path::Path;

use tare_results::{Finding, Machine};

use super::{GpuState, Slowed, gpu_findings, gpu_of};
use crate::gpus;
use crate::nvml::{GpuProcess, Nvml, NvmlError};
use crate::root::Root;

/// Before anything was looked at.
const NEVER: &str = "nothing was timed on it";

/// A window that is open on one GPU.
#[derive(Debug, Clone)]
pub struct GpuWatch {
    name: String,
    at: Result<(Nvml, u32), String>,
    foreign: Result<Vec<String>, String>,
    slowed: Slowed,
    failed: Option<String>,
}

impl GpuWatch {
    /// Opens a window on the GPU that `device` of `machine` means (see [`gpu_of`]); `None` where that is no GPU.
    ///
    /// All processes that are on it now count as others': begin before any of tare's own is.
    pub fn on(
        device: &str,
        (machine, visible): (&Machine, Option<&str>),
        nvml: &Result<Nvml, NvmlError>,
    ) -> Option<Self> {
        let gpu = gpu_at(device, (machine, visible), nvml)?;
        Some(Self::begin(gpu.name, gpu.at))
    }

    /// Opens a window on each GPU of the machine under `root` (`/` but for tests); none where no NVIDIA driver is.
    pub fn on_each(root: &Path, nvml: impl FnOnce() -> Result<Nvml, NvmlError>) -> Vec<Self> {
        if !gpus::has_driver(&Root::new(root)) {
            return Vec::new();
        }
        let counted = nvml().and_then(|nvml| match nvml.count()? {
            0 => Err(NvmlError::NoGpu),
            count => Ok((nvml, count)),
        });
        match counted {
            Ok((nvml, count)) => (0..count).map(|index| Self::of(&nvml, index)).collect(),
            Err(error) => vec![Self::begin("all GPUs".to_owned(), Err(error.to_string()))],
        }
    }

    fn of(nvml: &Nvml, index: u32) -> Self {
        let name = match nvml.name(index) {
            Ok(name) => format!("GPU {index} ({name})"),
            Err(_) => format!("GPU {index}"),
        };
        Self::begin(name, Ok((nvml.clone(), index)))
    }

    fn begin(name: String, at: Result<(Nvml, u32), String>) -> Self {
        let foreign = at.clone().and_then(|(nvml, index)| {
            let processes = nvml.processes(index).map_err(|error| error.to_string())?;
            Ok(processes.iter().map(told).collect())
        });
        Self {
            name,
            at,
            foreign,
            slowed: Slowed::default(),
            failed: None,
        }
    }

    /// Looks at what slows it down right now: one call of the driver, from a thread that times nothing.
    pub fn sample(&mut self) {
        let Ok((nvml, index)) = &self.at else {
            return;
        };
        match nvml.throttling(*index) {
            Err(error) => self.failed = Some(error.to_string()),
            Ok(reasons) => {
                self.slowed.looks += 1;
                for reason in reasons {
                    *self.slowed.reasons.entry(reason.to_owned()).or_default() += 1;
                }
            }
        }
    }

    /// Closes the window; in the order of the list of checks.
    pub fn end(self) -> Vec<Finding> {
        gpu_findings(&[self.state()])
    }

    /// What was seen outweighs a look that failed, and a look that failed all those that saw nothing.
    fn state(self) -> GpuState {
        let Self { slowed, failed, .. } = self;
        let slowed = match (self.at, failed) {
            (Err(reason), _) => Err(reason),
            (_, Some(reason)) if slowed.reasons.is_empty() => Err(reason),
            _ if slowed.looks == 0 => Err(NEVER.to_owned()),
            _ => Ok(slowed),
        };
        GpuState {
            name: self.name,
            slowed,
            foreign_processes: self.foreign,
        }
    }
}

/// A GPU that a device means.
pub(crate) struct GpuAt {
    /// Such as `GPU 0 (NVIDIA H200)`.
    pub(crate) name: String,
    /// Whom to ask for it and by which index, or why nobody can be asked.
    pub(crate) at: Result<(Nvml, u32), String>,
    /// Whether it is shared in instances.
    pub(crate) is_divided: bool,
}

/// As [`gpu_of`], as NVML finds it.
pub(crate) fn gpu_at(
    device: &str,
    (machine, visible): (&Machine, Option<&str>),
    nvml: &Result<Nvml, NvmlError>,
) -> Option<GpuAt> {
    let (number, gpu) = match gpu_of(device, machine, visible)? {
        Ok(found) => found,
        Err(reason) => {
            return Some(GpuAt {
                name: device.to_owned(),
                at: Err(reason),
                is_divided: false,
            });
        }
    };
    let at = nvml.as_ref().map_err(Clone::clone).and_then(|nvml| {
        let index = match &gpu.uuid {
            Some(uuid) => nvml.index(uuid)?,
            None => number as u32,
        };
        Ok((nvml.clone(), index))
    });
    Some(GpuAt {
        name: format!("GPU {number} ({})", gpu.name),
        at: at.map_err(|error| error.to_string()),
        is_divided: gpu.mig == Some(true),
    })
}

/// By its number alone: within a container, that of another process may be the same.
fn told(process: &GpuProcess) -> String {
    match process.memory {
        Some(memory) => format!("process {} with {memory}", process.pid),
        None => format!("process {}", process.pid),
    }
}
