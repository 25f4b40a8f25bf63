//! Which input of tract's graph is which of the request's, and the shape that it is fixed to.

use tare_adapter_api::{AdapterError, TensorSpec};
use tract_onnx::prelude::{InferenceFact, InferenceModel};
use tract_onnx::tract_hir::infer::{DimFact, Factoid};
use tract_onnx::tract_hir::internal::DimLike;

use crate::input::datum_type;

/// For each input of the graph, its place in `given`.
///
/// # Errors
/// `Load`, naming an input that only one of them has.
pub(crate) fn order(
    model: &InferenceModel,
    given: &[TensorSpec],
) -> Result<Vec<usize>, AdapterError> {
    let names: Vec<&str> = model
        .inputs
        .iter()
        .map(|outlet| model.node(outlet.node).name.as_str())
        .collect();
    if let Some(spec) = given
        .iter()
        .find(|spec| !names.contains(&spec.name.as_str()))
    {
        return Err(AdapterError::Load(format!(
            "the model has no input '{}'",
            spec.name
        )));
    }
    let place = |name: &&str| {
        let place = given.iter().position(|spec| spec.name == **name);
        place.ok_or_else(|| {
            AdapterError::Load(format!(
                "the model needs input '{name}', which was not given"
            ))
        })
    };
    names.iter().map(place).collect()
}

/// The graph with the shapes of `specs`, at the places in `order`.
///
/// # Errors
/// `Load`, naming an input whose type or shape the file rules out.
pub(crate) fn fix(
    mut model: InferenceModel,
    order: &[usize],
    specs: &[TensorSpec],
) -> Result<InferenceModel, AdapterError> {
    for (index, place) in order.iter().enumerate() {
        let spec = &specs[*place];
        let said = |error| AdapterError::Load(format!("input '{}': {error:#}", spec.name));
        let declared = model.input_fact(index).map_err(said)?;
        let asked = datum_type(spec.dtype).filter(|_| allows(declared, spec));
        let asked = asked.ok_or_else(|| ruled_out(declared, spec))?;
        let fact = InferenceFact::dt_shape(asked, spec.shape.as_slice());
        model.set_input_fact(index, fact).map_err(said)?;
    }
    Ok(model)
}

fn allows(declared: &InferenceFact, spec: &TensorSpec) -> bool {
    let dtype = declared.datum_type.concretize();
    if dtype.is_some_and(|dtype| Some(dtype) != datum_type(spec.dtype)) {
        return false;
    }
    let dims: Vec<&DimFact> = declared.shape.dims().collect();
    let free = |dim: &DimFact, size: usize| {
        let fixed = dim.concretize().and_then(|dim| dim.to_usize().ok());
        fixed.is_none_or(|fixed| fixed == size)
    };
    declared.shape.is_open()
        || dims.len() == spec.shape.len()
            && dims
                .iter()
                .zip(&spec.shape)
                .all(|(dim, size)| free(dim, *size))
}

fn ruled_out(declared: &InferenceFact, spec: &TensorSpec) -> AdapterError {
    AdapterError::Load(format!(
        "input '{}' was asked for with shape {:?} of {} but the file declares {declared:?}",
        spec.name, spec.shape, spec.dtype
    ))
}
