//! Reading a model and preparing it for the shapes asked for.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tare_adapter_api::{
    AdapterError, LoadRequest, Loaded, OutputSpec, RuntimeFacts, Session, TensorSpec,
};
use tract_onnx::prelude::{
    Framework, InferenceModel, InferenceModelExt, IntoRunnable, TractResult, TypedModel,
    TypedSimplePlan,
};

use crate::cell::refuse_cell;
use crate::operators;
use crate::session::TractSession;
use crate::settings::Settings;
use crate::shape;
use crate::stateless::reset_every_request;

/// A model in tract's memory, prepared for one shape of each input, but for the batch where that is left open.
pub(crate) struct TractModel {
    pub(crate) plan: Arc<TypedSimplePlan>,
    pub(crate) inputs: Vec<TensorSpec>,
    pub(crate) largest_batch: Option<NonZeroUsize>,
    /// For each input of tract's graph, its place in `inputs`.
    pub(crate) order: Vec<usize>,
    pub(crate) outputs: Vec<OutputSpec>,
    pub(crate) threads: NonZeroUsize,
    settings: Settings,
}

impl TractModel {
    pub(crate) fn load(request: &LoadRequest) -> Result<Self, AdapterError> {
        let settings = Settings::read(&request.options)?;
        refuse_cell(request)?;
        let failed = |reason: String| {
            let refusal = operators::refuse_lacked(&request.model).err();
            let told = format!("'{}': {reason}", request.model.display());
            refusal.unwrap_or(AdapterError::Load(told))
        };
        let read = attempt(|| {
            tract_onnx::onnx()
                .with_ignore_value_info(true)
                .model_for_path(&request.model)
        });
        let model = read.map_err(failed)?;
        let order = shape::order(&model, &request.inputs)?;
        let shaped = shape::fix(
            model,
            &order,
            &request.inputs,
            request.largest_batch.is_some(),
        )?;
        let plan = attempt(|| prepare(shaped, settings)).map_err(failed)?;
        Ok(Self {
            plan,
            inputs: request.inputs.clone(),
            largest_batch: request.largest_batch,
            order,
            outputs: request.outputs.clone(),
            threads: request.threads,
            settings,
        })
    }
}

impl Loaded for TractModel {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(TractSession::new(self)?))
    }

    fn runtime(&self) -> RuntimeFacts {
        self.settings.facts()
    }
}

/// Runs `step` of loading; tract panics over some models, which is an error like any other.
fn attempt<R>(step: impl FnOnce() -> TractResult<R>) -> Result<R, String> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(done) => done.map_err(|error| format!("{error:#}")),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            Err(format!(
                "tract panicked: {}",
                text.unwrap_or("without a message")
            ))
        }
    }
}

fn prepare(model: InferenceModel, settings: Settings) -> TractResult<Arc<TypedSimplePlan>> {
    let mut model: TypedModel = model.into_typed()?;
    reset_every_request(&mut model);
    let model = match settings.optimize {
        true => model.into_optimized()?,
        false => model.into_decluttered()?,
    };
    model.into_runnable()
}
