//! Looking at a GPU over a window: whose processes are on it, and what slows it down, from its opening until it closes.

use std::collections::BTreeMap;
use std::path::Path;

use tare_results::{Finding, Machine};

use super::{GpuState, Slowed, gpu_findings, gpu_of};
use crate::ProcessMemory;
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
    /// By number, as it was first seen.
    foreign: Result<BTreeMap<u32, String>, String>,
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
            Ok(processes.iter().map(|one| (one.pid, told(one))).collect())
        });
        Self {
            name,
            at,
            foreign,
            slowed: Slowed::default(),
            failed: None,
        }
    }

    /// Looks at it right now, while nothing of tare's is on it: two calls of the driver, from a thread that times nothing.
    pub fn sample(&mut self) {
        self.look(None);
    }

    /// Looks at it right now; the tree below the process `worker` is tare's own.
    pub fn sample_beside(&mut self, worker: u32) {
        self.look(Some(worker));
    }

    fn look(&mut self, worker: Option<u32>) {
        let Ok((nvml, index)) = &self.at else {
            return;
        };
        // A list that cannot be read now says nothing of those that were.
        if let (Ok(known), Ok(listed)) = (&mut self.foreign, nvml.processes(*index)) {
            let tree = worker.map(tree);
            for process in came(&listed, known, tree.as_deref()) {
                known.insert(
                    process.pid,
                    format!("{}, which came meanwhile", told(process)),
                );
            }
        }
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
            foreign_processes: self.foreign.map(|all| all.into_values().collect()),
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

fn tree(worker: u32) -> Vec<u32> {
    let below = ProcessMemory::of(worker, Path::new("/")).descendants();
    let below = below.unwrap_or_default().into_iter();
    below.chain([worker]).collect()
}

/// The processes that are neither `known` nor of tare's own `tree`.
///
/// In a container the driver numbers processes otherwise than `tree` does: then a single one that came is the worker.
fn came<'a>(
    listed: &'a [GpuProcess],
    known: &BTreeMap<u32, String>,
    tree: Option<&[u32]>,
) -> Vec<&'a GpuProcess> {
    let is_own = |one: &&GpuProcess| tree.is_some_and(|tree| tree.contains(&one.pid));
    let is_listed = listed.iter().any(|one| is_own(&one));
    let new = listed.iter().filter(|one| !known.contains_key(&one.pid));
    let new: Vec<&GpuProcess> = new.filter(|one| !is_own(one)).collect();
    match (tree, is_listed, new.len()) {
        (Some(_), false, 1) => Vec::new(),
        _ => new,
    }
}

/// By its number alone: within a container, that of another process may be the same.
fn told(process: &GpuProcess) -> String {
    match process.memory {
        Some(memory) => format!("process {} with {memory}", process.pid),
        None => format!("process {}", process.pid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(pids: &[u32]) -> Vec<GpuProcess> {
        let process = |pid: &u32| GpuProcess {
            pid: *pid,
            memory: None,
        };
        pids.iter().map(process).collect()
    }

    fn who_came(pids: &[u32], known: &[u32], tree: Option<&[u32]>) -> Vec<u32> {
        let known = known.iter().map(|pid| (*pid, String::new())).collect();
        let listed = listed(pids);
        let came = came(&listed, &known, tree);
        came.iter().map(|one| one.pid).collect()
    }

    #[test]
    fn whoever_came_and_is_not_of_the_worker_s_tree_is_foreign() {
        assert_eq!(who_came(&[7, 40, 41, 90], &[7], Some(&[40, 41])), [90]);
        assert_eq!(who_came(&[7, 40], &[7], Some(&[40])), [0; 0]);
        assert_eq!(who_came(&[7, 90], &[7], None), [90]);
    }

    #[test]
    fn where_numbers_differ_a_single_newcomer_is_the_worker_and_of_several_all_are_told() {
        assert_eq!(who_came(&[7, 90], &[7], Some(&[40])), [0; 0]);
        assert_eq!(who_came(&[7, 90, 91], &[7], Some(&[40])), [90, 91]);
    }
}
