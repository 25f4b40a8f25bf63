//! Which input of tract's graph is which of the request's, and the shape that it is fixed to.

use tare_adapter_api::{AdapterError, TensorSpec};
use tract_onnx::prelude::{InferenceFact, InferenceModel, TDim, ToDim};
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

/// The graph with the shapes of `specs`, at the places in `order`; where batches are several, the first axis of each input
/// stays open, the same for all.
///
/// # Errors
/// `Load`, naming an input whose type or shape the file rules out.
pub(crate) fn fix(
    mut model: InferenceModel,
    order: &[usize],
    specs: &[TensorSpec],
    has_several_batches: bool,
) -> Result<InferenceModel, AdapterError> {
    let batch = has_several_batches.then(|| batch_of(&model));
    for (index, place) in order.iter().enumerate() {
        let spec = &specs[*place];
        let said = |error| AdapterError::Load(format!("input '{}': {error:#}", spec.name));
        let declared = model.input_fact(index).map_err(said)?;
        let asked = datum_type(spec.dtype).filter(|_| allows(declared, spec, batch.is_some()));
        let asked = asked.ok_or_else(|| ruled_out(declared, spec))?;
        let mut dims: Vec<TDim> = spec.shape.iter().map(|size| size.to_dim()).collect();
        if let Some((first, batch)) = dims.first_mut().zip(batch.as_ref()) {
            *first = batch.clone();
        }
        let fact = InferenceFact::dt_shape(asked, dims);
        model.set_input_fact(index, fact).map_err(said)?;
    }
    Ok(model)
}

/// The symbol of the first input's first axis, or a new one.
fn batch_of(model: &InferenceModel) -> TDim {
    let declared = model.input_fact(0).ok();
    let first = declared.and_then(|fact| fact.shape.dims().next()?.concretize());
    let named = first.filter(|dim| matches!(dim, TDim::Sym(_)));
    named.unwrap_or_else(|| model.symbols.new_with_prefix("batch").to_dim())
}

fn allows(declared: &InferenceFact, spec: &TensorSpec, has_several_batches: bool) -> bool {
    if has_several_batches && spec.shape.is_empty() {
        return false;
    }
    let dtype = declared.datum_type.concretize();
    if dtype.is_some_and(|dtype| Some(dtype) != datum_type(spec.dtype)) {
        return false;
    }
    let dims: Vec<&DimFact> = declared.shape.dims().collect();
    let fixed = |dim: &DimFact| dim.concretize().and_then(|dim| dim.to_usize().ok());
    let free = |dim: &DimFact, size: usize| fixed(dim).is_none_or(|fixed| fixed == size);
    if has_several_batches && dims.first().is_some_and(|first| fixed(first).is_some()) {
        return false;
    }
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
