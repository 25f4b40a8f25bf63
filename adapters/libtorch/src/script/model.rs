//! A TorchScript module made ready, whose sessions share its weights.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use tare_adapter_api::{
    AdapterError, LoadRequest, Loaded, OutputSpec, RuntimeFacts, Session, TensorSpec,
};

use super::session::ScriptSession;
use crate::load;
use crate::lower::Target;
use crate::runtime;
use crate::settings::Settings;
use crate::shim::{Module, ShimError};

/// A module in libtorch's memory.
pub(super) struct ScriptModel {
    pub(super) module: Module,
    pub(super) inputs: Vec<TensorSpec>,
    /// Whether each input must be copied before the module may have it.
    pub(super) copies: Vec<bool>,
    /// Held by the session that executes, where the module may keep values from one request to the next.
    pub(super) turn: Option<Mutex<()>>,
    /// `None` where the file declares none: outputs are then as they come.
    pub(super) outputs: Option<Vec<OutputSpec>>,
    pub(super) target: Target,
    pub(super) threads: NonZeroUsize,
    pub(super) settings: Settings,
}

impl ScriptModel {
    /// # Errors
    /// `Load` where libtorch cannot say what the module does with its inputs.
    pub(super) fn new(
        module: Module,
        outputs: Option<Vec<OutputSpec>>,
        request: &LoadRequest,
        settings: Settings,
    ) -> Result<Self, AdapterError> {
        let copies = (0..request.inputs.len()).map(|index| module.may_disturb(index));
        let copies = copies.collect::<Result<Vec<bool>, _>>();
        let refused = |error: ShimError| AdapterError::Load(error.to_string());
        let copies = copies.map_err(refused)?;
        let remembers = module.may_remember().map_err(refused)?;
        Ok(Self {
            turn: remembers.then(Mutex::default),
            copies,
            module,
            inputs: request.inputs.clone(),
            outputs,
            target: load::target(request)?,
            threads: request.threads,
            settings,
        })
    }
}

impl Loaded for ScriptModel {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(ScriptSession::new(self)?))
    }

    fn runtime(&self) -> RuntimeFacts {
        runtime::facts(self.settings, None)
    }
}
