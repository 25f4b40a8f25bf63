//! From a request to load a model to its plan and weights, and what is refused before.

use std::num::NonZeroUsize;

use tare_adapter_api::{
    AdapterError, Device, LoadRequest, Loaded, Precision, RuntimeFacts, Session, Tensor,
    TensorSpec, refuse_batches,
};
use tare_models::{Model, Resolved, resolve};

use super::session::PlanSession;
use super::{NAME, facts, fusion};
use crate::lower::refuse_lacked;
use crate::plan::Plan;
use crate::{Fusion, Held, plan_of};

/// A plan, its constants, and what requests look like.
pub(super) struct LoadedPlan {
    pub(super) plan: Plan,
    pub(super) weights: Vec<Tensor>,
    /// In the order of requests.
    pub(super) inputs: Vec<TensorSpec>,
    /// For each input of the plan the number of the request's.
    pub(super) feeds: Vec<usize>,
    /// For each output asked for the number of the plan's.
    pub(super) given: Vec<usize>,
    fusion: bool,
}

impl LoadedPlan {
    pub(super) fn load(request: &LoadRequest) -> Result<Self, AdapterError> {
        let fusion = fusion(&request.options)?;
        refuse_cell(request)?;
        let resolved = resolved(request)?;
        let graph = &resolved.graph;
        let position = |name: &str| request.inputs.iter().position(|spec| spec.name == name);
        let feeds = graph
            .inputs
            .iter()
            .filter_map(|input| position(&input.name))
            .collect();
        let given = request.outputs.iter().map(|output| {
            let found = graph.outputs.iter().position(|own| own.name == output.name);
            found.ok_or_else(|| {
                AdapterError::Load(format!("the model has no output '{}'", output.name))
            })
        });
        let given = given.collect::<Result<Vec<usize>, AdapterError>>()?;
        let kind = if fusion { Fusion::Full } else { Fusion::None };
        let (plan, weights) = plan_of(&resolved, kind, Held::F32)?;
        Ok(Self {
            plan,
            weights,
            inputs: request.inputs.clone(),
            feeds,
            given,
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

/// Refuses a model with operators that are lacked; one that cannot be read is left to loading.
pub(super) fn refuse_model(request: &LoadRequest) -> Result<(), AdapterError> {
    match resolved(request) {
        Ok(resolved) => refuse_lacked(&resolved),
        Err(_) => Ok(()),
    }
}

fn resolved(request: &LoadRequest) -> Result<Resolved, AdapterError> {
    let told = |error: &dyn std::fmt::Display| {
        AdapterError::Load(format!("'{}': {error}", request.model.display()))
    };
    let model = Model::open(&request.model).map_err(|error| told(&error))?;
    let declared = |name: &str| model.graph().inputs.iter().any(|input| input.name == name);
    if let Some(other) = request.inputs.iter().find(|spec| !declared(&spec.name)) {
        return Err(told(&format!("the model has no input '{}'", other.name)));
    }
    resolve(model.graph(), &request.inputs).map_err(|error| told(&error))
}
