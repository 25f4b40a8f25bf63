//! NVIDIA's management library, loaded when asked for, called on a thread of its own so that one that hangs costs a
//! deadline and not the run.

mod clocks;
mod error;
mod facts;
mod handle;
mod use_of_gpu;

pub use clocks::NvmlClocks;
pub use error::NvmlError;
pub use facts::GpuFacts;
pub use handle::{Nvml, NvmlOptions};
pub use use_of_gpu::{GpuMemory, GpuPower, GpuProcess, foreign};
