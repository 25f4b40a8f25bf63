//! From a request to load a model to its graph at the shapes asked for.

use tare_adapter_api::{AdapterError, LoadRequest, Tensor};
use tare_models::{Model, Resolved, resolve};

use crate::lower::refuse_lacked;
use crate::plan::Plan;
use crate::{Fusion, Held, plan_of};

/// A model's plan for the shapes of a request.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) weights: Vec<Tensor>,
    /// For each input of the plan the number of the request's.
    pub(crate) feeds: Vec<usize>,
    /// For each output asked for the number of the plan's.
    pub(crate) given: Vec<usize>,
}

impl Planned {
    pub(crate) fn of(
        request: &LoadRequest,
        fusion: Fusion,
        held: Held,
    ) -> Result<Self, AdapterError> {
        let resolved = resolved(request)?;
        let graph = &resolved.graph;
        let position = |name: &str| request.inputs.iter().position(|spec| spec.name == name);
        let feeds = graph.inputs.iter();
        let feeds = feeds.filter_map(|input| position(&input.name)).collect();
        let given = request.outputs.iter().map(|output| {
            let found = graph.outputs.iter().position(|own| own.name == output.name);
            found.ok_or_else(|| {
                AdapterError::Load(format!("the model has no output '{}'", output.name))
            })
        });
        let given = given.collect::<Result<Vec<usize>, AdapterError>>()?;
        let (plan, weights) = plan_of(&resolved, fusion, held)?;
        Ok(Self {
            plan,
            weights,
            feeds,
            given,
        })
    }
}

/// Refuses a model with operators that are lacked; one that cannot be read is left to loading.
pub(crate) fn refuse_model(request: &LoadRequest) -> Result<(), AdapterError> {
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
