//! A model lowered to a program, whose sessions share its weights.

use std::num::NonZeroUsize;

use tare_adapter_api::{
    AdapterError, LoadRequest, Loaded, OutputSpec, RuntimeFacts, Session, TensorSpec,
};
use tare_models::{Model, resolve};

use super::lower::program;
use super::program::Program;
use super::session::EagerSession;
use crate::load;
use crate::lower::{Scope, Target};
use crate::settings::Settings;

/// A model in libtorch's memory.
pub(crate) struct EagerModel {
    pub(super) program: Program,
    pub(super) inputs: Vec<TensorSpec>,
    pub(super) outputs: Vec<OutputSpec>,
    pub(super) target: Target,
    pub(super) threads: NonZeroUsize,
    settings: Settings,
}

/// Reads and lowers the file; nothing of it is kept but libtorch's own copy of the weights.
pub(crate) fn load(request: &LoadRequest, settings: Settings) -> Result<EagerModel, AdapterError> {
    let target = load::target(request)?;
    let model =
        Model::open(&request.model).map_err(|error| AdapterError::Load(error.to_string()))?;
    let resolved = resolve(model.graph(), &request.inputs)
        .map_err(|error| AdapterError::Load(error.to_string()))?;
    drop(model);
    let scope = Scope::new(&resolved.graph, &resolved, target);
    let program = program(&scope)?;
    Ok(EagerModel {
        program,
        inputs: request.inputs.clone(),
        outputs: load::outputs(&resolved.graph, request)?,
        target,
        threads: request.threads,
        settings,
    })
}

impl Loaded for EagerModel {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(EagerSession::new(self)?))
    }

    fn runtime(&self) -> RuntimeFacts {
        RuntimeFacts {
            dispatched_calls: Some(self.program.calls),
            ..self.settings.facts()
        }
    }
}
