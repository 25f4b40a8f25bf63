//! From a request to load a model to its plan and weights, and what is refused before.

use std::num::NonZeroUsize;

use tare_adapter_api::{
    AdapterError, Device, LoadRequest, Loaded, Precision, RuntimeFacts, Session, TensorSpec,
    refuse_batches,
};

use super::session::PlanSession;
use super::{NAME, facts, fusion};
use crate::resolving::Planned;
use crate::{Fusion, Held};

/// A plan, its constants, and what requests look like.
pub(super) struct LoadedPlan {
    pub(super) planned: Planned,
    /// In the order of requests.
    pub(super) inputs: Vec<TensorSpec>,
    fusion: bool,
}

impl LoadedPlan {
    pub(super) fn load(request: &LoadRequest) -> Result<Self, AdapterError> {
        let fusion = fusion(&request.options)?;
        refuse_cell(request)?;
        let kind = if fusion { Fusion::Full } else { Fusion::None };
        Ok(Self {
            planned: Planned::of(request, kind, Held::F32)?,
            inputs: request.inputs.clone(),
            fusion,
        })
    }
}

impl Loaded for LoadedPlan {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(PlanSession::new(self)))
    }

    fn runtime(&self) -> RuntimeFacts {
        facts(self.fusion)
    }
}

/// Refuses what no model can be loaded for.
pub(super) fn refuse_cell(request: &LoadRequest) -> Result<(), AdapterError> {
    if request.device != Device::Cpu {
        return Err(AdapterError::Unsupported(format!(
            "{NAME} executes on the cpu, not on {}: ask for --device cpu",
            request.device
        )));
    }
    if let Some(precision) = request.precision.filter(|asked| *asked != Precision::Fp32) {
        return Err(AdapterError::Unsupported(format!(
            "{NAME} executes in fp32, not in {precision}: leave --precision out"
        )));
    }
    if request.threads != NonZeroUsize::MIN {
        return Err(AdapterError::Unsupported(format!(
            "{NAME} executes on one thread, not on {}: ask for --threads 1",
            request.threads
        )));
    }
    refuse_batches(NAME, request)
}
