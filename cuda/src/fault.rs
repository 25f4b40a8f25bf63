//! A call of a library that failed.

/// Which call, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {reason}")]
pub struct Fault {
    /// Such as `cuMemAlloc`.
    pub call: String,
    /// Such as `CUDA_ERROR_OUT_OF_MEMORY`.
    pub reason: String,
    sticky: bool,
}

impl Fault {
    /// That leaves the context as it was.
    pub fn new(call: &str, reason: impl ToString) -> Self {
        Self {
            call: call.to_owned(),
            reason: reason.to_string(),
            sticky: false,
        }
    }

    /// Whether the context is lost: every later call fails too, and only a new process can use the device, if any can.
    pub fn is_sticky(&self) -> bool {
        self.sticky
    }

    pub(crate) fn sticky(self, sticky: bool) -> Self {
        Self { sticky, ..self }
    }
}
