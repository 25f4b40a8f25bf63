//! A model lowered to a program, whose sessions share its weights.

use std::num::NonZeroUsize;

use tare_adapter_api::{
    AdapterError, LoadRequest, Loaded, OutputSpec, RuntimeFacts, Session, TensorSpec,
};
use tare_models::{Model, Resolved, resolve};

use super::lower::program;
use super::program::Program;
use super::session::EagerSession;
use crate::load;
use crate::lower::{Scope, Target};
use crate::rewrite::rewrite;
use crate::runtime;
use crate::settings::Settings;

/// A model in libtorch's memory.
pub(crate) struct EagerModel {
    pub(crate) program: Program,
    pub(crate) inputs: Vec<TensorSpec>,
    pub(crate) outputs: Vec<OutputSpec>,
    pub(crate) target: Target,
    /// The first value whose shape only a request decides.
    pub(crate) open_shape: Option<String>,
    pub(super) threads: NonZeroUsize,
    pub(super) settings: Settings,
}

/// Reads and lowers the file; nothing of it is kept but libtorch's own copy of the weights.
pub(crate) fn load(request: &LoadRequest, settings: Settings) -> Result<EagerModel, AdapterError> {
    let target = load::target(request)?;
    let model =
        Model::open(&request.model).map_err(|error| AdapterError::Load(error.to_string()))?;
    load::refuse_unknown(model.graph(), request)?;
    let mut resolved = resolve(model.graph(), &request.inputs)
        .map_err(|error| AdapterError::Load(error.to_string()))?;
    drop(model);
    load::reorder(&mut resolved.graph, request);
    let open_shape = open_shape(&resolved);
    rewrite(&mut resolved);
    let scope = Scope::new(&resolved.graph, &resolved, target);
    let program = program(&scope)?;
    Ok(EagerModel {
        program,
        inputs: request.inputs.clone(),
        outputs: load::outputs(&resolved.graph),
        target,
        open_shape,
        threads: request.threads,
        settings,
    })
}

impl Loaded for EagerModel {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(EagerSession::new(self)?))
    }

    fn runtime(&self) -> RuntimeFacts {
        runtime::facts(self.settings, Some(self.program.calls))
    }
}

fn open_shape(resolved: &Resolved) -> Option<String> {
    let nodes = resolved.graph.nodes.iter();
    let mut values = nodes.flat_map(|node| node.outputs.iter().flatten());
    let open = values.find(|value| !resolved.types.contains_key(value))?;
    Some(resolved.graph.name_of(*open).to_owned())
}
