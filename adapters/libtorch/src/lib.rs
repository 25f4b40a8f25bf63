//! libtorch: a graph as ATen calls, or TorchScript.
//!
//! `mode=eager` executes the folded graph operator by operator with the calls that a PyTorch module of the same
//! architecture makes; `mode=script` executes TorchScript.
#![deny(unsafe_code)]

mod eager;
mod ffi;
mod kind;
mod load;
mod lower;
mod script;
mod settings;
mod shim;

use tare_adapter_api::{
    Adapter, AdapterError, LoadRequest, Loaded, ModelFormat, Options, Readiness, check_version,
};

use crate::settings::Settings;

const NAME: &str = "libtorch";

/// The version that this program was compiled against.
const VERSION: &str = "2.11.0";

/// libtorch, on the host's processor or a GPU.
///
/// Options: `mode=eager|script` (default eager).
#[derive(Debug, Clone, Copy, Default)]
pub struct Libtorch;

impl Adapter for Libtorch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        let checked = check_version(NAME, version, VERSION);
        match checked.and_then(|()| Settings::read(options)) {
            Ok(settings) => Readiness::Ready(settings.facts()),
            Err(refusal) => Readiness::Unavailable {
                reason: refusal.to_string(),
                remedy: settings::REMEDY.to_owned(),
            },
        }
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        load::load(request)
    }

    fn formats(&self) -> &'static [ModelFormat] {
        &[ModelFormat::Onnx]
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        load::accepts(request)
    }
}
