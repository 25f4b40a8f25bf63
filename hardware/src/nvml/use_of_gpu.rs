//! What a GPU does at the moment: energy, power, memory, and whose processes are on it.

use nvml_wrapper::Device;
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::enums::device::{SampleValue, UsedGpuMemory};
use nvml_wrapper::error::NvmlError as WrapperError;
use nvml_wrapper::struct_wrappers::device::ProcessInfo;
use nvml_wrapper::structs::device::FieldId;
use nvml_wrapper::sys_exports::field_id::NVML_FI_DEV_POWER_INSTANT;
use tare_units::{Bytes, Joules, Watts};

use crate::nvml::{Nvml, NvmlError};

/// Memory of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GpuMemory {
    /// Installed.
    pub total: Bytes,
    /// Allocated by all processes.
    pub used: Bytes,
    /// Kept by the driver.
    pub reserved: Bytes,
}

/// Power at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GpuPower {
    /// What it draws.
    pub power: Watts,
    /// Whether the driver said that this is the moment's and not a mean over a second, as on Ampere and newer.
    pub is_instant: bool,
}

/// A process on a GPU, numbered as outside of containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuProcess {
    /// Its number.
    pub pid: u32,
    /// What it has allocated there, where the driver says.
    pub memory: Option<Bytes>,
}

/// Those that are none of `own`.
pub fn foreign<'a>(processes: &'a [GpuProcess], own: &[u32]) -> Vec<&'a GpuProcess> {
    let is_foreign = |process: &&GpuProcess| !own.contains(&process.pid);
    processes.iter().filter(is_foreign).collect()
}

impl Nvml {
    /// Energy of a device since its driver was loaded, in steps of a millijoule that come in ticks of 20 to 100 ms.
    ///
    /// # Errors
    /// Before Volta not offered; else where NVML does not say in time.
    pub fn energy(&self, index: u32) -> Result<Joules, NvmlError> {
        let millijoules = self.of_device(index, "the total energy", |gpu| {
            gpu.total_energy_consumption()
        })?;
        Ok(Joules::from_joules(millijoules as f64 / 1e3))
    }

    /// Power of a device: the instantaneous field where the driver has it, else what it calls its usage.
    ///
    /// # Errors
    /// Where NVML does not say in time.
    pub fn power(&self, index: u32) -> Result<GpuPower, NvmlError> {
        let (milliwatts, is_instant) = self.of_device(index, "the power", power)?;
        Ok(GpuPower {
            power: Watts::from_watts(f64::from(milliwatts) / 1e3),
            is_instant,
        })
    }

    /// What slows a device down at the moment, by NVML's names in lower case with dashes, such as `sw-power-cap`; empty
    /// where nothing but idleness or a setting does.
    ///
    /// # Errors
    /// Where NVML does not say in time.
    pub fn throttling(&self, index: u32) -> Result<Vec<&'static str>, NvmlError> {
        let reasons = self.of_device(index, "what slows it down", |gpu| {
            gpu.current_throttle_reasons()
        })?;
        let active = THROTTLES.iter().filter(|(bit, _)| reasons.contains(*bit));
        Ok(active.map(|(_, name)| *name).collect())
    }

    /// Memory of a device.
    ///
    /// # Errors
    /// Where NVML does not say in time.
    pub fn memory(&self, index: u32) -> Result<GpuMemory, NvmlError> {
        let memory = self.of_device(index, "the memory", |gpu| gpu.memory_info())?;
        Ok(GpuMemory {
            total: Bytes::from_bytes(memory.total),
            used: Bytes::from_bytes(memory.used),
            reserved: Bytes::from_bytes(memory.reserved),
        })
    }

    /// The processes that compute or draw on a device, each once, by number.
    ///
    /// # Errors
    /// Where NVML does not say in time.
    pub fn processes(&self, index: u32) -> Result<Vec<GpuProcess>, NvmlError> {
        let listed = self.of_device(index, "its processes", |device| {
            let mut listed = device.running_compute_processes()?;
            match device.running_graphics_processes() {
                Ok(drawing) => listed.extend(drawing),
                Err(WrapperError::NotSupported | WrapperError::FailedToLoadSymbol(_)) => {}
                Err(error) => return Err(error),
            }
            Ok(listed)
        })?;
        let mut processes: Vec<GpuProcess> = listed.iter().map(process).collect();
        processes.sort_by_key(|process| (process.pid, std::cmp::Reverse(process.memory)));
        processes.dedup_by_key(|process| process.pid);
        Ok(processes)
    }
}

const THROTTLES: [(ThrottleReasons, &str); 5] = [
    (ThrottleReasons::SW_POWER_CAP, "sw-power-cap"),
    (ThrottleReasons::HW_SLOWDOWN, "hw-slowdown"),
    (ThrottleReasons::SW_THERMAL_SLOWDOWN, "sw-thermal-slowdown"),
    (ThrottleReasons::HW_THERMAL_SLOWDOWN, "hw-thermal-slowdown"),
    (
        ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN,
        "hw-power-brake-slowdown",
    ),
];

fn power(device: &Device<'_>) -> Result<(u32, bool), WrapperError> {
    match instant(device) {
        Some(milliwatts) => Ok((milliwatts, true)),
        None => Ok((device.power_usage()?, false)),
    }
}

fn instant(device: &Device<'_>) -> Option<u32> {
    let fields = device.field_values_for(&[FieldId(NVML_FI_DEV_POWER_INSTANT)]);
    let value = fields.ok()?.pop()?.ok()?.value.ok()?;
    match value {
        SampleValue::U32(milliwatts) => Some(milliwatts),
        SampleValue::U64(milliwatts) => u32::try_from(milliwatts).ok(),
        SampleValue::I64(_) | SampleValue::F64(_) => None,
    }
}

fn process(info: &ProcessInfo) -> GpuProcess {
    GpuProcess {
        pid: info.pid,
        memory: match info.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(Bytes::from_bytes(bytes)),
            UsedGpuMemory::Unavailable => None,
        },
    }
}
