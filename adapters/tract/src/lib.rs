//! tract, a second pure-Rust framework, compiled in on request because it is slow to compile.
//!
//! With one thread tract executes on the caller's; with more, each session has a pool of its own with exactly the threads
//! asked for, and executes on it.
//!
//! A tensor of tract owns its memory, so each request copies its inputs into tensors that the session keeps: no user of
//! tract can do without that copy. Outputs are tract's own and are converted outside the timed bracket; the type TDim, in
//! which tract computes with sizes, becomes the 64-bit integer that the model declares.
//!
//! tract was made for streams and carries the hidden state of recurrent operators from one request to the next. ONNX starts
//! each request anew, and so does this adapter: such operators are told at load to reset themselves.
#![forbid(unsafe_code)]

mod cell;
mod executor;
mod input;
mod load;
mod operators;
mod output;
mod profile;
mod session;
mod settings;
mod shape;
mod stateless;
#[cfg(test)]
mod tests;

use tare_adapter_api::{
    Adapter, AdapterError, LoadRequest, Loaded, Options, Readiness, check_version,
};

use crate::load::TractModel;
use crate::settings::Settings;

const NAME: &str = "tract";

/// The version of the library that is compiled in.
const VERSION: &str = "0.23.9";

/// tract on the host's processor, in the file's own arithmetic.
///
/// Options: `optimize=true|false` (tract's choice of kernels and layouts and its fusion; default true; without it the
/// simplified graph is executed as it is).
#[derive(Debug, Clone, Copy, Default)]
pub struct Tract;

impl Adapter for Tract {
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
        Ok(Box::new(TractModel::load(request)?))
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        cell::refuse_cell(request)?;
        operators::refuse_lacked(&request.model)?;
        match request.largest_batch {
            None => Ok(()),
            Some(_) => refuse_closed(request),
        }
    }
}

/// Refuses a model that tract can prepare for one batch and not while it is open; whether it can, only preparing it tells.
fn refuse_closed(request: &LoadRequest) -> Result<(), AdapterError> {
    let Err(error) = TractModel::load(request) else {
        return Ok(());
    };
    let closed = LoadRequest {
        largest_batch: None,
        ..request.clone()
    };
    match TractModel::load(&closed) {
        Err(_) => Ok(()),
        Ok(_) => Err(AdapterError::Unsupported(format!(
            "tract cannot prepare the model for requests of several batches ({error}): ask for a scenario whose requests \
             have one batch, such as fixed-batch"
        ))),
    }
}
