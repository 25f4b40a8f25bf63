//! The embedded adapter: rten, a pure Rust runtime that is compiled into this program.
//!
//! A session has a thread pool of its own with exactly the threads asked for, and executes on it. Packing the weights at
//! load is the exception: rten does that in its process-wide pool, whose size it reads from `RTEN_NUM_THREADS` once
//! ([`Adapter::environment`] asks for it).
//!
//! rten has 32-bit integers and floats and 8-bit integers. Inputs of the model's 64-bit integers, booleans and doubles are
//! converted within the request, as every user of rten must; an integer that does not fit 32 bits fails the request.
//! Outputs come back with the type that the model declares, converted outside the timed bracket.
#![forbid(unsafe_code)]

mod capture;
mod input;
mod load;
mod operators;
mod output;
mod pool;
mod profile;
mod session;
mod settings;
mod softmax;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;

use tare_adapter_api::{
    Adapter, AdapterError, LoadRequest, Loaded, Options, Readiness, check_version,
};

use crate::load::RtenModel;
use crate::settings::Settings;

const NAME: &str = "rten";

/// The version of the library that is compiled in.
const VERSION: &str = "0.27.0";

/// rten on the host's processor, in 32-bit floating point.
///
/// Options: `prepack=true|false` (copies of the weights in the layout that the kernels want; default true),
/// `optimize=true|false` (rten's graph optimisations; default true).
#[derive(Debug, Clone, Copy, Default)]
pub struct Rten;

impl Adapter for Rten {
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
        Ok(Box::new(RtenModel::load(request)?))
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        load::refuse_cell(request)?;
        operators::refuse_lacked(&request.model)?;
        softmax::refuse_flattening(request)
    }

    fn environment(&self, threads: NonZeroUsize) -> Vec<(&'static str, String)> {
        vec![("RTEN_NUM_THREADS", threads.to_string())]
    }
}
