//! Setting a machine up for measuring, and setting it back on every way out.
//!
//! [`Tuned::begin`] writes what was into a journal before it changes anything, and starts a *guardian*: a process that
//! waits until the pipe to its owner closes, however the owner ends, and then restores what the journal says. The owner
//! restores by itself where it can ([`Tuned::restore`], and on unwinding); [`restore`] may be called any number of times.
//! Where guardian and owner are killed together, the journal stays and the next start says so.

mod error;
mod gpu;
mod guardian;
mod journal;
mod owner;
mod settings;

use std::path::Path;

pub use error::TuneError;
pub use gpu::{ClockError, GpuClock, GpuClocks, NoGpus};
pub use guardian::guard;
pub use journal::{restore, restore_by_hand};
pub use owner::Tuned;

use crate::gpus;
use crate::nvml::{Nvml, NvmlClocks};
use crate::root::Root;

/// The GPUs of the machine under `root` (`/` but for tests): NVML's, or none where no NVIDIA driver is.
pub fn gpu_clocks(root: &Path) -> Box<dyn GpuClocks> {
    match gpus::has_driver(&Root::new(root)) {
        true => Box::new(NvmlClocks::new(Nvml::shared)),
        false => Box::new(NoGpus),
    }
}

/// Where the journal lies: gone after a restart, as is everything it could restore.
pub const JOURNAL: &str = "/run/tare-tune.json";
