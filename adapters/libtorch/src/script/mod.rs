//! TorchScript: traced from a graph's eager program, or read from a file.

use tare_adapter_api::{AdapterError, LoadRequest, Loaded};

use crate::settings::Settings;

pub(crate) fn load(
    _request: &LoadRequest,
    _settings: Settings,
) -> Result<Box<dyn Loaded>, AdapterError> {
    Err(AdapterError::Unsupported(
        "libtorch executes mode=eager only".to_owned(),
    ))
}
