//! What the binding lacks, from a C++ shim over the same headers: modes, switches, TorchScript, and a profiler.

mod error;
mod ffi;
#[path = "module/ffi.rs"]
mod module;
#[path = "recorder/ffi.rs"]
mod recorder;
#[cfg(test)]
mod tests;

pub(crate) use error::{ShimError, told};
pub(crate) use ffi::{Inference, library, version};
pub(crate) use module::{Module, is_traced};
pub(crate) use recorder::Recorder;

/// Switches of the whole process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Switches {
    /// oneDNN's kernels on the host's processor.
    pub(crate) mkldnn: bool,
    /// TensorFloat-32 in products and convolutions of 32-bit floats on a GPU.
    pub(crate) tf32: bool,
    /// Whether cuDNN times its algorithms and keeps the quickest.
    pub(crate) cudnn_benchmark: bool,
    /// Whether cuDNN uses only algorithms that give the same bits each time.
    pub(crate) cudnn_deterministic: bool,
}
