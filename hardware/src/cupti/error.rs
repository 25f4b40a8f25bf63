//! Why CUPTI does not trace, in words that a record can carry.

/// The reason in place of a trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CuptiError {
    /// It is nowhere.
    #[error(
        "CUPTI was not found ({tried}); install it (the package nvidia-cuda-cupti, or cuda-cupti of the CUDA toolkit) and name \
         its folder in LD_LIBRARY_PATH"
    )]
    NotFound {
        /// What was tried last, and what the loader said.
        tried: String,
    },
    /// There is nothing to trace, and some versions of CUPTI end the process that asks them nevertheless.
    #[error("NVIDIA's driver was not found ({said}); install it, with its library libcuda.so.1")]
    NoDriver {
        /// What the loader said.
        said: String,
    },
    /// It lacks a function.
    #[error("{library} has no {symbol}; install CUPTI of CUDA 12 or 13")]
    Lacks {
        /// The library.
        library: String,
        /// The function.
        symbol: &'static str,
    },
    /// The layout of its records is not known.
    #[error(
        "{library} is of version {version}, whose records this build does not know; install CUPTI of CUDA 12 or 13"
    )]
    Version {
        /// The library.
        library: String,
        /// As it says itself.
        version: u32,
    },
    /// Something else in this program uses it.
    #[error("CUPTI is in use by this process already: one tracer at a time")]
    Taken,
    /// It answers with an error.
    #[error("CUPTI's {call} says {said}; {remedy}")]
    Refused {
        /// The function.
        call: &'static str,
        /// The error's name, or its number.
        said: String,
        /// What mends it.
        remedy: &'static str,
    },
    /// What it wrote cannot be records.
    #[error("CUPTI's records are not understood ({what}); install CUPTI of CUDA 12 or 13")]
    Unreadable {
        /// What was wrong.
        what: String,
    },
}

impl CuptiError {
    /// Of the number that `call` returned.
    pub(super) fn refused(call: &'static str, code: u32) -> Self {
        let (name, remedy) = meaning(code);
        let said = match name {
            "" => format!("error {code}"),
            name => name.to_owned(),
        };
        Self::Refused { call, said, remedy }
    }
}

/// The name of an error (cupti_result.h) and what mends it.
fn meaning(code: u32) -> (&'static str, &'static str) {
    match code {
        15 => (
            "NOT_INITIALIZED",
            "install a driver as new as this CUPTI, or CUPTI of the CUDA version that nvidia-smi shows",
        ),
        27 => ("NOT_SUPPORTED", NO_OTHER),
        33 => ("VIRTUALIZED_DEVICE_NOT_SUPPORTED", VIRTUAL),
        35 => (
            "INSUFFICIENT_PRIVILEGES",
            "run as root, or load the driver with NVreg_RestrictProfilingToAdminUsers=0",
        ),
        37 => ("LEGACY_PROFILER_NOT_SUPPORTED", NO_OTHER),
        39 => (
            "MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED",
            "end the other profiler in this process: nsys, ncu, or libtorch's Kineto (unset KINETO_USE_DAEMON and \
             CUDA_INJECTION64_PATH)",
        ),
        40 => ("VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES", VIRTUAL),
        41 => (
            "CONFIDENTIAL_COMPUTING_NOT_SUPPORTED",
            "turn confidential computing off",
        ),
        8 => ("OUT_OF_MEMORY", "give the worker more memory"),
        999 => (
            "UNKNOWN",
            "see whether nvidia-smi finds the driver and the GPU: without them CUPTI says no more than this",
        ),
        _ => ("", "look the error up in cupti_result.h"),
    }
}

const NO_OTHER: &str = "this GPU or driver cannot be traced";
const VIRTUAL: &str = "have the hypervisor allow profiling on the virtual GPU";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_call_the_error_and_the_remedy() {
        let told = CuptiError::refused("cuptiSubscribe", 39).to_string();
        assert!(
            told.starts_with(
                "CUPTI's cuptiSubscribe says MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED; end the other profiler"
            ),
            "{told}"
        );
        assert_eq!(
            CuptiError::refused("cuptiActivityEnable", 12_345).to_string(),
            "CUPTI's cuptiActivityEnable says error 12345; look the error up in cupti_result.h"
        );
    }
}
