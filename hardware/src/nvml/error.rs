//! Why NVML does not answer, in words that a record can carry.

use nvml_wrapper::error::NvmlError as WrapperError;
use tare_units::Nanoseconds;

/// The reason in place of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NvmlError {
    /// The library cannot be loaded.
    #[error(
        "{path} cannot be loaded ({error}); install the NVIDIA driver's libraries or give the path of libnvidia-ml.so.1"
    )]
    Library {
        /// The library.
        path: String,
        /// What the loader said.
        error: String,
    },
    /// The kernel's part of the driver is not there.
    #[error("the NVIDIA driver is not loaded; load its kernel module (modprobe nvidia)")]
    NoDriver,
    /// It answers, and has nothing.
    #[error("NVML lists no GPU that this process may use")]
    NoGpu,
    /// Library and kernel module differ.
    #[error(
        "the NVIDIA library and kernel module are of different versions; restart the machine after an update"
    )]
    Mismatch,
    /// It takes too long.
    #[error("NVML did not tell {what} within {after}; look for a hung GPU with nvidia-smi")]
    Hung {
        /// What was asked.
        what: &'static str,
        /// How long was waited.
        after: Nanoseconds,
    },
    /// The device is no longer there.
    #[error("the GPU is lost ({what}): it fell off the bus or needs a reset")]
    Lost {
        /// What was asked.
        what: &'static str,
    },
    /// This user may not know.
    #[error("NVML gives no permission for {what}; run as root or ask the administrator")]
    NoPermission {
        /// What was asked.
        what: &'static str,
    },
    /// This device or driver has no such thing.
    #[error("this GPU or driver does not offer {what}")]
    NotOffered {
        /// What was asked.
        what: &'static str,
    },
    /// Anything else that NVML said.
    #[error("NVML does not tell {what}: {error}")]
    Other {
        /// What was asked.
        what: &'static str,
        /// What it said.
        error: String,
    },
}

impl NvmlError {
    pub(crate) fn of(what: &'static str, error: &WrapperError) -> Self {
        match error {
            WrapperError::DriverNotLoaded => Self::NoDriver,
            WrapperError::LibRmVersionMismatch => Self::Mismatch,
            WrapperError::GpuLost | WrapperError::ResetRequired => Self::Lost { what },
            WrapperError::NoPermission => Self::NoPermission { what },
            WrapperError::NotSupported
            | WrapperError::FunctionNotFound
            | WrapperError::FailedToLoadSymbol(_) => Self::NotOffered { what },
            other => Self::Other {
                what,
                error: other.to_string(),
            },
        }
    }
}
