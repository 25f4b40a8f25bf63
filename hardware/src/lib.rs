//! What the machine is, and what a process costs it: facts with a fingerprint, and probes. What cannot be read is a reason.
#![forbid(unsafe_code)]

mod memory_probe;
mod probe;
mod process_memory;
mod root;
mod run_delay;
mod unavailable;

pub use memory_probe::MemoryProbe;
pub use probe::Probe;
pub use process_memory::{MemoryReading, ProcessMemory};
pub use run_delay::RunDelay;
pub use unavailable::Unavailable;
