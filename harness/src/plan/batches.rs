//! Whether requests to a model may have several batches: another batch must change the first axis of each input, and no more.

use tare_adapter_api::ModelFormat;
use tare_models::{Inputs, ShapeRequest, TensorSpec, bind, resolve};

use super::PlanError;
use super::opened::Opened;

/// A model at the cell's own batch.
pub struct Own<'a> {
    /// The model.
    pub model: &'a Opened<'a>,
    /// The sizes asked for.
    pub request: &'a ShapeRequest,
    /// The shapes that they give.
    pub specs: &'a [TensorSpec],
    /// What requests are fed.
    pub inputs: &'a Inputs,
}

impl Own<'_> {
    /// Whether the model takes every batch from 1 to `largest`, judged by these two beside the cell's own.
    ///
    /// # Errors
    /// `OneBatch`, naming what another batch would change beside the first axes, or what then does not fit.
    pub fn takes(&self, largest: usize) -> Result<(), PlanError> {
        let others = [1, largest].into_iter();
        let refused = |reason: String| PlanError::OneBatch {
            model: self.model.choice.name.clone(),
            largest,
            reason,
        };
        others
            .filter(|batch| Some(*batch) != self.request.batch)
            .try_for_each(|batch| self.takes_one(batch))
            .map_err(refused)
    }

    fn takes_one(&self, batch: usize) -> Result<(), String> {
        let request = ShapeRequest {
            batch: Some(batch),
            ..self.request.clone()
        };
        let graph = self.model.graph();
        let specs = bind(graph, &request).map_err(|error| error.to_string())?;
        let pairs = self.specs.iter().zip(&specs);
        pairs
            .filter_map(|(own, other)| changed(own, other, batch))
            .next()
            .map_or(Ok(()), Err)?;
        let failed = |error: &dyn std::fmt::Display| format!("at a batch of {batch}: {error}");
        let resolved = match self.model.format() {
            ModelFormat::Onnx => Some(resolve(graph, &specs).map_err(|error| failed(&error))?),
            ModelFormat::TorchScript => None,
        };
        let types = |value| resolved.as_ref()?.types.get(&value).cloned();
        let inputs = Inputs::new(graph, &specs, &types, 0);
        let inputs = inputs.map_err(|error| failed(&error))?;
        let plans = self.inputs.describe().iter().zip(inputs.describe());
        let other = plans
            .into_iter()
            .find(|(own, other)| own.values != other.values);
        other.map_or(Ok(()), |(own, other)| {
            Err(format!(
                "input '{}' takes {} at the batch of the cell and {} at a batch of {batch}",
                own.spec.name, own.values, other.values
            ))
        })
    }
}

/// What is not as it should be at another batch.
fn changed(own: &TensorSpec, other: &TensorSpec, batch: usize) -> Option<String> {
    let rest = |spec: &TensorSpec| spec.shape.get(1..).map(<[usize]>::to_vec);
    if other.shape.first() != Some(&batch) {
        return Some(format!(
            "the batch is not the first axis of input '{}', which is {:?} at a batch of {batch}",
            own.name, other.shape
        ));
    }
    (rest(own) != rest(other)).then(|| {
        format!(
            "input '{}' is {:?} at a batch of {batch} and {:?} at that of the cell: more than its first axis changes",
            own.name, other.shape, own.shape
        )
    })
}
