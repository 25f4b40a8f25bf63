//! What the machine is, and what a process costs it: facts with a fingerprint, and probes. What cannot be read is a reason.
#![deny(unsafe_code)]

mod c_library;
mod caches;
mod cgroup;
pub mod checks;
#[cfg(test)]
mod child;
mod counters;
mod cpu;
mod cpu_info;
mod cpu_list;
pub mod cupti;
pub mod energy;
mod environment;
#[cfg(test)]
mod fake_root;
mod fingerprint;
mod frequency;
mod gaps;
mod gpus;
mod machine;
mod memory_probe;
pub mod nvml;
mod probe;
mod process_memory;
mod render;
mod root;
mod run_delay;
mod system;
mod topology;
pub mod tune;
mod unavailable;
mod vram;
mod waiting;

pub use counters::{
    CounterProbe, CounterReading, CpuProbe, CpuReading, Work, counters, counts_instructions,
};
pub use machine::machine;
pub use memory_probe::{MemoryProbe, MemoryWindow};
pub use probe::Probe;
pub use process_memory::{MemoryReading, ProcessMemory};
pub use render::render;
pub use run_delay::RunDelay;
pub use system::available_memory;
pub use unavailable::Unavailable;
pub use vram::{VramPeaks, VramWatch};
pub use waiting::Waiting;
