//! Where operators run: the execution provider, the device it goes with, and no silent fall-back to the processor.

mod loading;

use ort::ep::{CUDA, ExecutionProviderDispatch, TensorRT};
use tare_adapter_api::{AdapterError, Device, LoadRequest, Precision};
use tare_runtimes::how_to_install;

use crate::NAME;
use crate::library::{Library, Unavailable};
use crate::settings::{Provider, Settings};

/// The package of the library that was built for NVIDIA GPUs.
const GPU: &str = "onnxruntime-gpu";

impl Provider {
    /// ONNX Runtime's name of it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cpu => "CPUExecutionProvider",
            Self::Cuda => "CUDAExecutionProvider",
            Self::TensorRt => "TensorrtExecutionProvider",
        }
    }

    /// The packages of libraries that may have it, the one made for it first.
    pub(crate) fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Cpu => &[NAME],
            Self::Cuda | Self::TensorRt => &[GPU, NAME],
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
        }
    }
}

/// Refuses a provider that the library was built without, or whose own libraries cannot be loaded here.
pub(crate) fn refuse_absent(
    provider: Provider,
    library: &Library,
    version: Option<&str>,
) -> Result<(), Unavailable> {
    let unavailable = |reason: String| Unavailable {
        reason,
        remedy: remedy(provider, version),
    };
    let there = library
        .providers()
        .map_err(|error| unavailable(error.to_string()))?;
    if there.iter().any(|name| name == provider.name()) {
        return loading::refuse_unloadable(provider, library);
    }
    Err(unavailable(format!(
        "{NAME} {} in '{}' has no {}, only {}",
        library.version,
        library.path.display(),
        provider.name(),
        there.join(", ")
    )))
}

/// What mends the lack of a provider in the library.
fn remedy(provider: Provider, version: Option<&str>) -> String {
    format!(
        "{}, name a library that was built with it (library=PATH), or leave ep={} out",
        how_to_install(GPU, version),
        provider.word()
    )
}

/// Refuses a device on which the provider does not execute, and an arithmetic that it does not have.
pub(crate) fn refuse_place(request: &LoadRequest, settings: &Settings) -> Result<(), AdapterError> {
    let refused = |text: String| Err(AdapterError::Unsupported(text));
    match (settings.provider, request.device) {
        (Provider::Cpu, Device::Cpu) => {}
        (Provider::Cpu, device) => {
            return refused(format!(
                "{NAME} with ep=cpu executes on the cpu, not on {device}: ask for --device cpu, or add ep=cuda"
            ));
        }
        (provider, Device::Cpu) => {
            return refused(format!(
                "{NAME} with ep={} executes on a GPU, not on the cpu: ask for --device cuda:0, or leave ep out",
                provider.word()
            ));
        }
        (_, Device::Cuda(_)) => {}
    }
    match request.precision {
        None => Ok(()),
        Some(Precision::Tf32) if settings.provider != Provider::Cpu => Ok(()),
        Some(precision) => refused(format!(
            "{NAME} with ep={} executes a model in the precision of its file, not in {precision}: leave --precision out",
            settings.provider.word()
        )),
    }
}

/// What to register, in order of preference; the processor needs no registering.
pub(crate) fn dispatches(
    request: &LoadRequest,
    provider: Provider,
) -> Vec<ExecutionProviderDispatch> {
    let Device::Cuda(index) = request.device else {
        return Vec::new();
    };
    let index = i32::try_from(index).unwrap_or(i32::MAX);
    on_gpu(provider, index, request.precision == Some(Precision::Tf32))
}

fn on_gpu(provider: Provider, index: i32, tf32: bool) -> Vec<ExecutionProviderDispatch> {
    let cuda = CUDA::default().with_device_id(index).with_tf32(tf32);
    let cuda = cuda.build().error_on_failure();
    let tensorrt = || {
        TensorRT::default()
            .with_device_id(index)
            .build()
            .error_on_failure()
    };
    match provider {
        Provider::Cpu => Vec::new(),
        Provider::Cuda => vec![cuda],
        Provider::TensorRt => vec![tensorrt(), cuda],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_for_gpus_is_looked_for_in_the_library_made_for_them_first() {
        assert_eq!(Provider::Cpu.packages(), ["onnxruntime"]);
        for provider in [Provider::Cuda, Provider::TensorRt] {
            assert_eq!(provider.packages(), ["onnxruntime-gpu", "onnxruntime"]);
        }
    }

    #[test]
    fn what_mends_the_lack_of_a_provider_is_the_package_that_has_it() {
        assert_eq!(
            remedy(Provider::Cuda, None),
            "run `tare runtime install onnxruntime-gpu`, name a library that was built with it (library=PATH), or leave ep=cuda out"
        );
        let other = remedy(Provider::TensorRt, Some("1.24.1"));
        assert!(
            other.starts_with("of onnxruntime-gpu there are 1.31.1 to install: run `tare runtime install onnxruntime-gpu@1.31.1`, "),
            "{other}"
        );
    }
}
