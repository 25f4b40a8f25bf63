//! A model lowered to a program, whose sessions share its weights.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use tare_adapter_api::{
    AdapterError, LoadRequest, Loaded, OutputSpec, RuntimeFacts, Session, Tensor as HostTensor,
    TensorSpec,
};
use tare_models::Resolved;

use super::lower::program;
use super::open::{self, Opened, open};
use super::program::Program;
use super::session::EagerSession;
use crate::lower::{Scope, Target};
use crate::rewrite::rewrite;
use crate::runtime;
use crate::settings::Settings;
use crate::shim::Recorder;

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
    /// Inputs that a request ran with.
    pub(super) sample: OnceLock<Vec<HostTensor>>,
}

/// Reads and lowers the file; nothing of it is kept but libtorch's own copy of the weights.
pub(crate) fn load(request: &LoadRequest, settings: Settings) -> Result<EagerModel, AdapterError> {
    let Opened {
        mut resolved,
        target,
    } = open(request)?;
    let open_shape = open_shape(&resolved);
    rewrite(&mut resolved);
    let scope = Scope::new(&resolved.graph, &resolved, target);
    let program = program(&scope)?;
    Ok(EagerModel {
        program,
        inputs: request.inputs.clone(),
        outputs: open::outputs(&resolved.graph),
        target,
        open_shape,
        threads: request.threads,
        settings,
        sample: OnceLock::new(),
    })
}

impl EagerModel {
    /// How many calls libtorch's profiler sees in a request like the first one; `None` before it.
    fn seen_calls(&self) -> Option<u64> {
        let inputs = self.sample.get()?;
        let mut session = EagerSession::new(self).ok()?;
        let recorder = Recorder::begin().ok()?;
        session.run(inputs).ok()?;
        recorder.end().ok().map(|calls| calls.len() as u64)
    }
}

impl Loaded for EagerModel {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(EagerSession::new(self)?))
    }

    fn runtime(&self) -> RuntimeFacts {
        let calls = self.seen_calls().unwrap_or(self.program.calls);
        runtime::facts(self.settings, Some(calls))
    }
}

fn open_shape(resolved: &Resolved) -> Option<String> {
    let nodes = resolved.graph.nodes.iter();
    let mut values = nodes.flat_map(|node| node.outputs.iter().flatten());
    let open = values.find(|value| !resolved.types.contains_key(value))?;
    Some(resolved.graph.name_of(*open).to_owned())
}
