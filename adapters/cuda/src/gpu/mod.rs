//! Plans on an NVIDIA GPU: the adapter.
//!
//! A model is planned, its kernels are compiled by NVRTC for the device at hand, and a way of cuBLASLt's is chosen for each
//! product by measuring those that the library proposes. Code and choices are kept in the user's cache, by the device, the
//! libraries' versions and what was asked, so that later processes begin with the same.
//!
//! A request is copied into page-locked memory, and one captured graph copies it to the device, executes all steps and copies
//! the outputs back; `mode=stream` starts each step by a call of its own instead. A session's first request executes step by
//! step, outside of what is timed, so that what fails is told with its step.
//!
//! Floats between steps are of 32 bits, or of 16 where the precision asked for is `fp16` or `bf16`; with `tf32` products
//! multiply with 10 bits of fraction, and convolutions and attention as in `fp32`. Inputs and outputs are the model's own.

mod cache;
mod libraries;
mod load;
mod place;
mod products;
mod profile;
mod session;
mod settings;
mod sys;

use tare_adapter_api::{
    Adapter, AdapterError, LoadRequest, Loaded, Options, Readiness, check_version,
};
use tare_cuda::Fault;

use load::Native;
pub use load::compile_for;
use settings::Settings;

const NAME: &str = crate::NAME;
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Plans on an NVIDIA GPU, by one thread, a batch a load.
///
/// Options: `mode=graph|stream` (how a request is started; graph), `fusion=true|false` (whether steps are fused; true),
/// `search=true|false` (whether ways of products are measured, or the library's first proposal is taken; true).
#[derive(Debug, Clone, Copy, Default)]
pub struct Cuda;

impl Adapter for Cuda {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Loads NVIDIA's driver, NVRTC and cuBLASLt into this process for good.
    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        let settings = check_version(NAME, version, VERSION).and_then(|()| Settings::read(options));
        let settings = match settings {
            Ok(settings) => settings,
            Err(refusal) => {
                return Readiness::Unavailable {
                    reason: refusal.to_string(),
                    remedy: settings::REMEDY.to_owned(),
                };
            }
        };
        match libraries::open() {
            Ok(found) => Readiness::Ready(settings.facts(&found)),
            Err(lacking) => Readiness::Unavailable {
                reason: lacking.reason,
                remedy: lacking.remedy,
            },
        }
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        Ok(Box::new(Native::load(request)?))
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        settings::refuse_cell(request)?;
        settings::refuse_absent(request)?;
        crate::resolving::refuse_model(request)
    }
}

fn loading(fault: Fault) -> AdapterError {
    AdapterError::Load(fault.to_string())
}
