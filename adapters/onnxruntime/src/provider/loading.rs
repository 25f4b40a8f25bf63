//! Whether a provider's own libraries are here: ONNX Runtime loads them when the provider is registered, which needs no model.

use ort::ep::ExecutionProviderDispatch;
use ort::session::Session;

use super::on_gpu;
use crate::NAME;
use crate::library::{Library, Unavailable};
use crate::settings::Provider;

/// Refuses a provider that cannot be registered; those on the processor need no registering, and cost nothing here.
pub(super) fn refuse_unloadable(provider: Provider, library: &Library) -> Result<(), Unavailable> {
    if provider == Provider::Cpu {
        return Ok(());
    }
    register(library, on_gpu(provider, 0, false))
        .map_err(|error| unloadable(provider, &library.version, error.message()))
}

fn register(
    library: &Library,
    providers: Vec<ExecutionProviderDispatch>,
) -> Result<(), ort::Error> {
    let builder = Session::builder(&library.environment)?;
    builder.with_execution_providers(providers)?;
    Ok(())
}

/// What ONNX Runtime's message on registering the provider means.
fn unloadable(provider: Provider, version: &str, message: &str) -> Unavailable {
    let leave_out = format!("leave ep={} out", provider.word());
    match missing(message) {
        Some((name, library)) => Unavailable {
            reason: format!("{NAME} {version} cannot load its {name}: there is no {library} here"),
            remedy: format!("{}, or {leave_out}", bring(library)),
        },
        None => Unavailable {
            reason: format!(
                "{NAME} {version} cannot set up its {}: {}",
                provider.name(),
                message
                    .lines()
                    .next()
                    .unwrap_or("for no reason given")
                    .trim()
            ),
            remedy: format!(
                "run it where there is an NVIDIA GPU with a driver for this version of CUDA, or {leave_out}"
            ),
        },
    }
}

/// The provider that is loaded and the library that it misses, in `… Failed to load library
/// /lib/libonnxruntime_providers_cuda.so with error: libcudart.so.13: cannot open shared object file: No such file or directory`.
fn missing(message: &str) -> Option<(&'static str, &str)> {
    let (_, rest) = message.split_once("Failed to load library ")?;
    let (file, rest) = rest.split_once(" with error: ")?;
    let (library, _) = rest.split_once(": cannot open shared object file")?;
    let provider = match file.contains("providers_tensorrt") {
        true => Provider::TensorRt,
        false => Provider::Cuda,
    };
    Some((provider.name(), library))
}

/// How a library comes to be found.
fn bring(library: &str) -> String {
    match library.contains("libonnxruntime_providers") {
        true => "put that file, of the same build, beside libonnxruntime.so".to_owned(),
        false => format!(
            "install {} in the version that has {library} and put their folder on LD_LIBRARY_PATH",
            package(library)
        ),
    }
}

/// What a library comes with.
fn package(library: &str) -> &'static str {
    let is = |prefix: &str| library.starts_with(prefix);
    if is("libcuda.so") {
        "the libraries of NVIDIA's driver"
    } else if is("libcudnn") {
        "cuDNN's libraries"
    } else if is("libnvinfer") || is("libnvonnxparser") {
        "TensorRT's libraries"
    } else {
        "CUDA's libraries"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(provider: Provider, message: &str) -> String {
        unloadable(provider, "1.31.1", message).to_string()
    }

    /// The message on a `library` that the provider's file `of` misses.
    fn message(of: &str, library: &str) -> String {
        format!(
            "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:2351 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library /opt/rt/libonnxruntime_providers_{of}.so with error: {library}: cannot open shared object file: No such file or directory\n"
        )
    }

    #[test]
    fn a_missing_library_is_named_with_its_provider_and_what_brings_it() {
        assert_eq!(
            told(Provider::Cuda, &message("cuda", "libcublasLt.so.13")),
            "onnxruntime 1.31.1 cannot load its CUDAExecutionProvider: there is no libcublasLt.so.13 here; install CUDA's libraries in \
             the version that has libcublasLt.so.13 and put their folder on LD_LIBRARY_PATH, or leave ep=cuda out"
        );
        for (of, library, named) in [
            (
                "tensorrt",
                "libnvinfer.so.10",
                [
                    "its TensorrtExecutionProvider",
                    "install TensorRT's libraries in ",
                ],
            ),
            (
                "tensorrt",
                "libcudnn.so.9",
                [
                    "its TensorrtExecutionProvider",
                    "install cuDNN's libraries in ",
                ],
            ),
            (
                "cuda",
                "libcuda.so.1",
                [
                    "its CUDAExecutionProvider",
                    "install the libraries of NVIDIA's driver in ",
                ],
            ),
        ] {
            let told = told(Provider::TensorRt, &message(of, library));
            assert!(named.iter().all(|part| told.contains(part)), "{told}");
            assert!(
                told.contains(&format!("there is no {library} here")),
                "{told}"
            );
            assert!(told.ends_with("or leave ep=tensorrt out"), "{told}");
        }
    }

    #[test]
    fn a_provider_whose_own_file_is_missing_is_told_where_to_put_it() {
        let file = "/opt/rt/libonnxruntime_providers_cuda.so";
        let told = told(Provider::Cuda, &message("cuda", file));
        assert!(
            told.ends_with(&format!(
                "there is no {file} here; put that file, of the same build, beside libonnxruntime.so, or leave ep=cuda out"
            )),
            "{told}"
        );
    }

    #[test]
    fn another_failure_is_told_in_one_line_of_onnx_runtimes_words() {
        assert_eq!(
            told(
                Provider::Cuda,
                "CUDA failure 100: no CUDA-capable device is detected\nat line 5\n"
            ),
            "onnxruntime 1.31.1 cannot set up its CUDAExecutionProvider: CUDA failure 100: no CUDA-capable device is detected; \
             run it where there is an NVIDIA GPU with a driver for this version of CUDA, or leave ep=cuda out"
        );
        assert!(missing("Failed to load library x with error: y: undefined symbol: z").is_none());
    }
}
