//! Who watches what a device does in the profiled pass, whatever framework sends it there.

use tare_adapter_api::Device;
use tare_hardware::cupti::Cupti;
pub use tare_hardware::cupti::{Activity, Call, Trace, Way, Work};
use tare_units::Nanoseconds;

/// Who can watch devices of this process.
pub trait Tracer {
    /// Gets ready to watch `device`: first before the framework is loaded, as some of what it makes then is known only to
    /// who was there, and where that fails once more afterwards.
    ///
    /// # Errors
    /// In words, with a remedy.
    fn attach(&self, device: Device) -> Result<Box<dyn Tracing>, String>;
}

/// Watching; its times are by a clock of its own, which the harness's own is never compared with.
pub trait Tracing: Send {
    /// Keeps everything from here on.
    ///
    /// # Errors
    /// In words, with a remedy.
    fn begin(&mut self) -> Result<(), String>;

    /// The time now.
    ///
    /// # Errors
    /// In words, with a remedy.
    fn now(&self) -> Result<Nanoseconds, String>;

    /// What was done since the beginning. The device has come to rest.
    ///
    /// # Errors
    /// In words, with a remedy.
    fn end(&mut self) -> Result<Trace, String>;
}

/// Watches nothing.
#[derive(Debug, Clone, Copy)]
pub struct Untraced;

impl Tracer for Untraced {
    fn attach(&self, _device: Device) -> Result<Box<dyn Tracing>, String> {
        Err("this program traces no device".to_owned())
    }
}

/// Watches NVIDIA's GPUs by CUPTI.
#[derive(Debug, Clone, Copy)]
pub struct CuptiTracer;

impl Tracer for CuptiTracer {
    fn attach(&self, _device: Device) -> Result<Box<dyn Tracing>, String> {
        let cupti = Cupti::attach(None).map_err(|reason| reason.to_string())?;
        Ok(Box::new(cupti))
    }
}

impl Tracing for Cupti {
    fn begin(&mut self) -> Result<(), String> {
        Self::begin(self).map_err(|reason| reason.to_string())
    }

    fn now(&self) -> Result<Nanoseconds, String> {
        Self::now(self).map_err(|reason| reason.to_string())
    }

    fn end(&mut self) -> Result<Trace, String> {
        Self::end(self).map_err(|reason| reason.to_string())
    }
}
