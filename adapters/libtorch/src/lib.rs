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
mod profiler;
mod rewrite;
mod runtime;
mod script;
mod settings;
mod shim;

use tare_adapter_api::{
    Adapter, AdapterError, LoadRequest, Loaded, ModelFormat, Options, Readiness, check_version,
};

use crate::settings::Settings;

const NAME: &str = "libtorch";

/// The version that this program is made for.
const VERSION: &str = "2.11.0";

/// libtorch, on the host's processor or a GPU.
///
/// Options, each `true` or `false` but the first:
///
/// | option | default | |
/// |---|---|---|
/// | `mode=eager\|script` | eager | ATen calls, or TorchScript: traced from an ONNX graph, or a file of `torch.jit.save` |
/// | `inference_mode` | true | `c10::InferenceMode`; else only no gradients |
/// | `mkldnn` | true | oneDNN's kernels on the host's processor |
/// | `tf32` | false | TensorFloat-32 in products and convolutions on a GPU; `--precision tf32` says the same |
/// | `cudnn_benchmark` | false | on a GPU, cuDNN times its algorithms and keeps the quickest |
/// | `cudnn_deterministic` | false | on a GPU, cuDNN gives the same bits each time |
/// | `freeze` | true | script: parameters become constants, as by `torch.jit.freeze` |
/// | `optimize` | as `freeze` and `mkldnn` | script: as by `torch.jit.optimize_for_inference`, which uses oneDNN |
#[derive(Debug, Clone, Copy, Default)]
pub struct Libtorch;

impl Adapter for Libtorch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        let checked =
            check_version(NAME, version, &shim::version()).and_then(|()| runtime::check_library());
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
        &[ModelFormat::Onnx, ModelFormat::TorchScript]
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        load::accepts(request)
    }
}
