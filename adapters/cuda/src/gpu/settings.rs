//! The adapter's options, and what no model can be loaded for.

use std::num::NonZeroUsize;

use tare_adapter_api::{
    AdapterError, Device, LoadRequest, Options, Precision, RuntimeFacts, check_options, choice,
    flag, refuse_batches,
};
use tare_cuda::{Math, device_count};

use super::libraries::Found;
use super::{NAME, VERSION};
use crate::{Fusion, Held};

const MODE: &str = "mode";
const FUSION: &str = "fusion";
const SEARCH: &str = "search";

/// What mends an option that is refused.
pub(super) const REMEDY: &str = "use mode=graph|stream, fusion=true|false, search=true|false";

/// How a request is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// By one call for all that it does.
    Graph,
    /// By a call a step.
    Stream,
}

const MODES: [(&str, Mode); 2] = [("graph", Mode::Graph), ("stream", Mode::Stream)];

/// The options as they were understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) mode: Mode,
    pub(super) fusion: Fusion,
    pub(super) search: bool,
}

impl Settings {
    pub(super) fn read(options: &Options) -> Result<Self, AdapterError> {
        check_options(NAME, options, &[MODE, FUSION, SEARCH])?;
        let fusion = flag(NAME, options, FUSION, true)?;
        Ok(Self {
            mode: choice(NAME, options, MODE, &MODES, Mode::Graph)?,
            fusion: if fusion { Fusion::Full } else { Fusion::None },
            search: flag(NAME, options, SEARCH, true)?,
        })
    }

    pub(super) fn facts(&self, found: &Found) -> RuntimeFacts {
        let mode = MODES.iter().find(|(_, mode)| *mode == self.mode);
        let option = |key: &str, value: String| (key.to_owned(), value);
        RuntimeFacts {
            name: NAME.to_owned(),
            version: VERSION.to_owned(),
            library_sha256: None,
            dispatched_calls: None,
            options: [
                option(MODE, mode.map_or("", |(word, _)| word).to_owned()),
                option(FUSION, (self.fusion == Fusion::Full).to_string()),
                option(SEARCH, self.search.to_string()),
                option("nvrtc", found.nvrtc.clone()),
                option("cublaslt", found.cublaslt.clone()),
            ]
            .into(),
        }
    }
}

/// How floats are held between steps, and how products multiply them.
pub(super) fn arithmetic(precision: Option<Precision>) -> Result<(Held, Math), AdapterError> {
    match precision {
        None | Some(Precision::Fp32) => Ok((Held::F32, Math::Fp32)),
        Some(Precision::Tf32) => Ok((Held::F32, Math::Tf32)),
        Some(Precision::Fp16) => Ok((Held::F16, Math::Fp16)),
        Some(Precision::Bf16) => Ok((Held::Bf16, Math::Bf16)),
        Some(Precision::Int8) => Err(AdapterError::Unsupported(format!(
            "{NAME} has no int8: ask for fp32, tf32, fp16 or bf16"
        ))),
    }
}

/// The number of the GPU that is asked for.
pub(super) fn ordinal(request: &LoadRequest) -> Result<u32, AdapterError> {
    match request.device {
        Device::Cuda(ordinal) => Ok(ordinal),
        device => Err(AdapterError::Unsupported(format!(
            "{NAME} executes on a GPU, not on the {device}: ask for --device cuda:0"
        ))),
    }
}

/// Refuses a GPU that the driver does not have; a driver that is not there is left to loading.
pub(super) fn refuse_absent(request: &LoadRequest) -> Result<(), AdapterError> {
    let ordinal = ordinal(request)?;
    let there = |count: u32| match count {
        0 => "no GPU: run where one is".to_owned(),
        1 => "one GPU: ask for --device cuda:0".to_owned(),
        count => format!(
            "{count} GPUs: ask for --device cuda:0 to cuda:{}",
            count - 1
        ),
    };
    match device_count() {
        Ok(count) if ordinal >= count => Err(AdapterError::Unsupported(format!(
            "{NAME} finds no {}: the driver has {}",
            request.device,
            there(count)
        ))),
        _ => Ok(()),
    }
}

/// Refuses what no model can be loaded for.
pub(super) fn refuse_cell(request: &LoadRequest) -> Result<(), AdapterError> {
    ordinal(request)?;
    arithmetic(request.precision)?;
    if request.threads != NonZeroUsize::MIN {
        return Err(AdapterError::Unsupported(format!(
            "{NAME} is driven by one thread, not by {}: ask for --threads 1",
            request.threads
        )));
    }
    refuse_batches(NAME, request)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn request(device: Device) -> LoadRequest {
        LoadRequest {
            device,
            ..LoadRequest::new(PathBuf::new(), Vec::new(), Vec::new())
        }
    }

    #[test]
    fn a_cell_that_no_gpu_serves_is_refused_with_what_would_do() {
        let refused = |request: &LoadRequest| refuse_cell(request).unwrap_err().to_string();
        assert_eq!(
            refused(&request(Device::Cpu)),
            "cuda executes on a GPU, not on the cpu: ask for --device cuda:0"
        );
        let mut whole = request(Device::Cuda(0));
        whole.precision = Some(Precision::Int8);
        assert_eq!(
            refused(&whole),
            "cuda has no int8: ask for fp32, tf32, fp16 or bf16"
        );
        let mut many = request(Device::Cuda(0));
        many.threads = NonZeroUsize::MIN.saturating_add(1);
        assert_eq!(
            refused(&many),
            "cuda is driven by one thread, not by 2: ask for --threads 1"
        );
        assert_eq!(refuse_cell(&request(Device::Cuda(3))), Ok(()));
    }

    #[test]
    fn options_have_defaults_and_wrong_ones_are_refused() {
        let read = |text: &[(&str, &str)]| {
            let options = text
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Settings::read(&options.collect())
        };
        let default = Settings {
            mode: Mode::Graph,
            fusion: Fusion::Full,
            search: true,
        };
        assert_eq!(read(&[]), Ok(default));
        let other = Settings {
            mode: Mode::Stream,
            fusion: Fusion::None,
            search: false,
        };
        let all = [("mode", "stream"), ("fusion", "false"), ("search", "false")];
        assert_eq!(read(&all), Ok(other));
        let error = read(&[("mode", "eager")]).unwrap_err().to_string();
        assert_eq!(
            error,
            "adapter 'cuda' refuses option 'mode=eager': use graph or stream"
        );
        assert!(read(&[("streams", "2")]).is_err());
    }
}
