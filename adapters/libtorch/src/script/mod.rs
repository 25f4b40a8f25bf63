//! TorchScript: traced from a graph's eager program, or read from a file.
//!
//! libtorch's executor looks at the tensors of the first request and compiles for them in the second: the first
//! inference and the warm-up of a measurement hold both, as they would with `torch.jit` in Python. Nothing is executed
//! at load but what tracing needs.

#[path = "ffi.rs"]
mod feed;
mod file;
mod model;
mod session;
#[cfg(test)]
mod tests;
mod trace;

use tare_adapter_api::{AdapterError, LoadRequest, Loaded, ModelFormat};

use self::model::ScriptModel;
use crate::eager;
use crate::settings::{Preparation, Settings};
use crate::shim::{Module, ShimError};

/// The module that the request asks for, prepared as the settings say.
pub(crate) fn load(
    request: &LoadRequest,
    settings: Settings,
    preparation: Preparation,
) -> Result<Box<dyn Loaded>, AdapterError> {
    let (module, outputs) = match request.format {
        ModelFormat::TorchScript => (file::read(request)?, None),
        ModelFormat::Onnx => {
            let model = eager::load(request, settings)?;
            (trace::module(&model)?, Some(model.outputs))
        }
    };
    let module = prepared(module, preparation)
        .map_err(|error| AdapterError::Load(format!("'{}': {error}", request.model.display())))?;
    Ok(Box::new(ScriptModel::new(
        module, outputs, request, settings,
    )?))
}

fn prepared(module: Module, preparation: Preparation) -> Result<Module, ShimError> {
    let module = match preparation.freeze {
        true => module.freeze()?,
        false => module,
    };
    match preparation.optimize {
        true => module.optimize(),
        false => Ok(module),
    }
}
