//! GPUs for tuning: their clocks locked at the base clock, and freed again.
//!
//! The base clock, NVML's limit `TDP`, is the one that a GPU holds within its power limit at any load, and NVML's reference
//! gives the lock at it as the setting for constant performance (`nvmlDeviceSetGpuLockedClocks`, Volta and newer). A higher
//! clock may come down with power and heat, which is what tuning is to prevent. NVML tells nobody whether a lock stood
//! before: after tuning, clocks are free.

use nvml_wrapper::enum_wrappers::device::ClockLimitId;
use nvml_wrapper::enums::device::GpuLockedClocksSetting;

use crate::nvml::{Nvml, NvmlError};
use crate::tune::{ClockError, GpuClock, GpuClocks};

/// The only state that clocks are set back to.
const FREE: &str = "free";

type Source = Box<dyn Fn() -> Result<Nvml, NvmlError>>;

/// The GPUs that NVML lists.
pub struct NvmlClocks(Source);

impl NvmlClocks {
    /// Those of `nvml`, which is asked for when it is needed: a guardian that only waits keeps no driver busy.
    pub fn new(nvml: impl Fn() -> Result<Nvml, NvmlError> + 'static) -> Self {
        Self(Box::new(nvml))
    }

    fn devices(&self) -> Result<Vec<Result<String, NvmlError>>, NvmlError> {
        let nvml = (self.0)()?;
        Ok((0..nvml.count()?).map(|index| nvml.uuid(index)).collect())
    }
}

impl GpuClocks for NvmlClocks {
    fn current(&self) -> Vec<Result<GpuClock, String>> {
        let clock = |uuid: Result<String, NvmlError>| match uuid {
            Ok(device) => Ok(GpuClock {
                device,
                was: FREE.to_owned(),
            }),
            Err(error) => Err(error.to_string()),
        };
        match self.devices() {
            Ok(uuids) => uuids.into_iter().map(clock).collect(),
            Err(error) => vec![Err(error.to_string())],
        }
    }

    fn fix(&self, device: &str) -> Result<(), ClockError> {
        let base = || GpuLockedClocksSetting::Symbolic {
            lower_bound: ClockLimitId::Tdp,
            upper_bound: ClockLimitId::Tdp,
        };
        let locked = (self.0)().and_then(|nvml| {
            nvml.of_named(device, "locking its clocks", move |gpu| {
                gpu.set_gpu_locked_clocks(base())
            })
        });
        locked.map_err(|error| match error {
            NvmlError::NoPermission { .. } | NvmlError::NotOffered { .. } => {
                ClockError::Withheld(error.to_string())
            }
            error => ClockError::Failed(error.to_string()),
        })
    }

    fn restore(&self, clock: &GpuClock) -> Result<(), String> {
        if clock.was != FREE {
            let was = &clock.was;
            return Err(format!("tuning knows no clocks that were '{was}'"));
        }
        let freed = (self.0)().and_then(|nvml| {
            nvml.of_named(&clock.device, "freeing its clocks", |gpu| {
                gpu.reset_gpu_locked_clocks()
            })
        });
        freed.map_err(|error| error.to_string())
    }
}
