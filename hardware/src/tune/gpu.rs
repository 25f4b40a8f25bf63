//! What whoever talks to the GPU driver offers to tuning.

/// The clocks of one GPU as they are.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuClock {
    /// What the driver knows the device by, such as its UUID.
    pub device: String,
    /// Its setting, in the implementer's own words; enough to restore it in another process.
    pub was: String,
}

/// Why the clocks of a GPU were not fixed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The driver does not let this process, or this device has no such setting: nothing was changed.
    #[error("{0}")]
    Withheld(String),
    /// Anything else; it may have been changed.
    #[error("{0}")]
    Failed(String),
}

/// Fixes clocks and frees them again.
pub trait GpuClocks {
    /// Each device whose clocks can be set, as they are, or why one cannot; empty where there is none.
    fn current(&self) -> Vec<Result<GpuClock, String>>;

    /// Fixes the clocks of `device` at a frequency that it can hold.
    ///
    /// # Errors
    /// Where the driver refuses.
    fn fix(&self, device: &str) -> Result<(), ClockError>;

    /// Sets `clock.device` back to `clock.was`; not changing what is so already is no error.
    ///
    /// # Errors
    /// Where the driver refuses.
    fn restore(&self, clock: &GpuClock) -> Result<(), String>;
}

/// A machine without GPUs that could be set.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGpus;

impl GpuClocks for NoGpus {
    fn current(&self) -> Vec<Result<GpuClock, String>> {
        Vec::new()
    }

    fn fix(&self, device: &str) -> Result<(), ClockError> {
        Err(ClockError::Failed(format!("there is no {device}")))
    }

    fn restore(&self, clock: &GpuClock) -> Result<(), String> {
        Err(format!("there is no {}", clock.device))
    }
}
