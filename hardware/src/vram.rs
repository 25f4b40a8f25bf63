//! The most memory of a GPU that a worker, and all processes together, had allocated, as NVML tells it from moment to moment.

use std::path::Path;

use tare_results::Machine;
use tare_units::Bytes;

use crate::ProcessMemory;
use crate::checks::gpu_at;
use crate::nvml::{GpuProcess, Nvml, NvmlError};

/// Before anything was looked at.
const NEVER: &str = "the worker did not get so far";
const NOT_LISTED: &str = "NVML listed no process of the worker on the GPU";

/// A window that is open on the memory of one GPU. Nothing keeps a high-water mark there, so a peak between two looks is
/// missed; frameworks keep what they have allocated, and the last look is taken while the worker stands still.
#[derive(Debug, Clone)]
pub struct VramWatch {
    at: Result<(Nvml, u32), String>,
    /// Who was there before the worker, or why that is not known.
    others: Result<Vec<u32>, String>,
    process: Peak,
    device: Peak,
}

/// What a window gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VramPeaks {
    /// The worker's tree.
    pub process: Result<Bytes, String>,
    /// All processes.
    pub device: Result<Bytes, String>,
}

impl VramWatch {
    /// Opens a window on the GPU that `device` of `machine` means, CUDA being shown `visible`; `None` where that is no GPU.
    ///
    /// Begin before the worker is on it.
    pub fn on(
        device: &str,
        (machine, visible): (&Machine, Option<&str>),
        nvml: &Result<Nvml, NvmlError>,
    ) -> Option<Self> {
        let gpu = gpu_at(device, (machine, visible), nvml)?;
        let at = match gpu.is_divided {
            true => Err(format!(
                "MIG is on: NVML tells the memory of {} as a whole and not of an instance; turn MIG off to have it told",
                gpu.name
            )),
            false => gpu.at,
        };
        let others = at.clone().and_then(|(nvml, index)| {
            let processes = nvml.processes(index).map_err(|error| error.to_string())?;
            Ok(processes.iter().map(|one| one.pid).collect())
        });
        Some(Self {
            at,
            others,
            process: Peak::default(),
            device: Peak::default(),
        })
    }

    /// Looks at what the tree below the worker `pid` has there right now, from a thread that times nothing.
    pub fn sample(&mut self, pid: u32) {
        let Ok((nvml, index)) = &self.at else {
            return;
        };
        let memory = nvml.memory(*index).map(|memory| Some(memory.used));
        self.device.keep(memory.map_err(|error| error.to_string()));
        let listed = nvml.processes(*index).map_err(|error| error.to_string());
        let own = listed.and_then(|listed| {
            let mut tree = vec![pid];
            let below = ProcessMemory::of(pid, Path::new("/")).descendants();
            tree.extend(below.unwrap_or_default());
            own(&listed, &tree, &self.others)
        });
        self.process.keep(own);
    }

    /// Closes the window.
    pub fn end(self) -> VramPeaks {
        let told = |peak: Peak, nothing: &str| match &self.at {
            Err(reason) => Err(reason.clone()),
            Ok(_) => peak.told(nothing),
        };
        VramPeaks {
            process: told(self.process, NOT_LISTED),
            device: told(self.device, NEVER),
        }
    }
}

/// What the processes of `tree` have together; `None` where none of them is listed.
///
/// In a container the driver numbers processes otherwise than `tree` does; then one that came after `others` is taken for
/// the worker, if it is the only one.
fn own(
    listed: &[GpuProcess],
    tree: &[u32],
    others: &Result<Vec<u32>, String>,
) -> Result<Option<Bytes>, String> {
    let known: Vec<&GpuProcess> = listed
        .iter()
        .filter(|one| tree.contains(&one.pid))
        .collect();
    if !known.is_empty() {
        return sum(&known).map(Some);
    }
    let others = others.as_ref().map_err(Clone::clone)?;
    let came: Vec<&GpuProcess> = listed
        .iter()
        .filter(|one| !others.contains(&one.pid))
        .collect();
    match came[..] {
        [] => Ok(None),
        [_] => sum(&came).map(Some),
        _ => Err(format!(
            "NVML numbers processes otherwise than this container, and {} of them came with the worker",
            came.len()
        )),
    }
}

fn sum(processes: &[&GpuProcess]) -> Result<Bytes, String> {
    let each = processes.iter().map(|one| {
        let memory = one.memory.map(Bytes::as_bytes);
        memory.ok_or(format!(
            "the driver does not tell what process {} has allocated",
            one.pid
        ))
    });
    Ok(Bytes::from_bytes(each.sum::<Result<u64, String>>()?))
}

/// The most that was seen, and why a look failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Peak {
    most: Option<Bytes>,
    failed: Option<String>,
}

impl Peak {
    fn keep(&mut self, look: Result<Option<Bytes>, String>) {
        match look {
            Ok(seen) => self.most = self.most.max(seen),
            Err(reason) => self.failed = Some(reason),
        }
    }

    /// A look that failed may have missed the peak.
    fn told(self, nothing: &str) -> Result<Bytes, String> {
        match (self.failed, self.most) {
            (Some(reason), _) => Err(reason),
            (None, Some(most)) => Ok(most),
            (None, None) => Err(nothing.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, bytes: Option<u64>) -> GpuProcess {
        GpuProcess {
            pid,
            memory: bytes.map(Bytes::from_bytes),
        }
    }

    const TREE: [u32; 2] = [10, 11];

    fn bytes(listed: &[GpuProcess], others: &[u32]) -> Result<Option<u64>, String> {
        let found = own(listed, &TREE, &Ok(others.to_vec()))?;
        Ok(found.map(Bytes::as_bytes))
    }

    #[test]
    fn the_processes_of_the_tree_count_together_and_no_others() {
        let listed = [
            process(10, Some(500)),
            process(11, Some(70)),
            process(12, Some(9_000)),
        ];
        assert_eq!(bytes(&listed, &[]), Ok(Some(570)));
        assert_eq!(bytes(&listed[2..], &[12]), Ok(None), "was there before");
        assert_eq!(bytes(&[], &[]), Ok(None));
    }

    #[test]
    fn where_numbers_differ_the_one_that_came_is_the_worker_and_two_are_a_reason() {
        let listed = [process(900, Some(5)), process(4_001, Some(70))];
        assert_eq!(bytes(&listed, &[900]), Ok(Some(70)));
        let reason = bytes(&listed, &[]).unwrap_err();
        assert!(
            reason.contains("2 of them came with the worker"),
            "{reason}"
        );
        let unknown = own(&listed, &TREE, &Err("no permission".to_owned()));
        assert_eq!(unknown, Err("no permission".to_owned()));
    }

    #[test]
    fn what_the_driver_does_not_tell_is_no_zero() {
        let listed = [process(10, Some(500)), process(11, None)];
        let reason = bytes(&listed, &[]).unwrap_err();
        assert!(
            reason.ends_with("what process 11 has allocated"),
            "{reason}"
        );
    }

    #[test]
    fn a_look_that_failed_leaves_no_peak_as_that_may_have_been_missed() {
        let mut peak = Peak::default();
        assert_eq!(peak.clone().told("nothing"), Err("nothing".to_owned()));
        peak.keep(Ok(Some(Bytes::from_bytes(7))));
        peak.keep(Ok(None));
        peak.keep(Ok(Some(Bytes::from_bytes(5))));
        assert_eq!(peak.clone().told("nothing"), Ok(Bytes::from_bytes(7)));
        peak.keep(Err("lost".to_owned()));
        assert_eq!(peak.told("nothing"), Err("lost".to_owned()));
    }
}
