//! Reading a model, and refusing before anything is timed what rten cannot do.

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::Path;

use rten::{Dimension, LoadError, LoadErrorKind, Model, ModelOptions, NodeId};
use tare_adapter_api::{
    AdapterError, DataType, Device, LoadRequest, Loaded, OutputSpec, Precision, RuntimeFacts,
    Session, TensorSpec,
};

use crate::input::Buffer;
use crate::operators;
use crate::session::RtenSession;
use crate::settings::Settings;

/// A model in rten's memory.
pub(crate) struct RtenModel {
    pub(crate) model: Model,
    pub(crate) inputs: Vec<TensorSpec>,
    pub(crate) largest_batch: Option<NonZeroUsize>,
    pub(crate) outputs: Vec<OutputSpec>,
    pub(crate) input_nodes: Vec<NodeId>,
    pub(crate) output_nodes: Vec<NodeId>,
    threads: NonZeroUsize,
    settings: Settings,
}

impl RtenModel {
    pub(crate) fn load(request: &LoadRequest) -> Result<Self, AdapterError> {
        let settings = Settings::read(&request.options)?;
        refuse_cell(request)?;
        let model = read(&request.model, settings)?;
        let input_nodes = nodes(&model, request.inputs.iter().map(|spec| &spec.name))?;
        let output_nodes = nodes(&model, request.outputs.iter().map(|spec| &spec.name))?;
        refuse_missing(&model, &input_nodes)?;
        for (spec, node) in request.inputs.iter().zip(&input_nodes) {
            refuse_shape(&model, spec, *node)?;
            if request.largest_batch.is_some() {
                refuse_fixed_batch(&model, &spec.name, *node)?;
            }
        }
        Ok(Self {
            model,
            inputs: request.inputs.clone(),
            largest_batch: request.largest_batch,
            outputs: request.outputs.clone(),
            input_nodes,
            output_nodes,
            threads: request.threads,
            settings,
        })
    }
}

impl Loaded for RtenModel {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(RtenSession::new(self, self.threads)?))
    }

    fn runtime(&self) -> RuntimeFacts {
        self.settings.facts()
    }
}

/// Refuses what no model can be loaded for: another device, another precision, an element type that rten lacks.
pub(crate) fn refuse_cell(request: &LoadRequest) -> Result<(), AdapterError> {
    if request.device != Device::Cpu {
        return Err(AdapterError::Unsupported(format!(
            "rten executes on the cpu, not on {}: ask for --device cpu",
            request.device
        )));
    }
    if let Some(precision) = request.precision.filter(|asked| *asked != Precision::Fp32) {
        return Err(AdapterError::Unsupported(format!(
            "rten executes in the file's fp32, not in {precision}: leave --precision out"
        )));
    }
    let inputs = request
        .inputs
        .iter()
        .map(|spec| ("input", &spec.name, spec.dtype));
    let outputs = request
        .outputs
        .iter()
        .map(|spec| ("output", &spec.name, spec.dtype));
    match inputs
        .chain(outputs)
        .find(|(_, _, dtype)| Buffer::for_type(*dtype).is_none())
    {
        None => Ok(()),
        Some((kind, name, dtype)) => {
            Err(AdapterError::Unsupported(refused_type(kind, name, dtype)))
        }
    }
}

fn refused_type(kind: &str, name: &str, dtype: DataType) -> String {
    format!(
        "rten has no {dtype}, which {kind} '{name}' needs: use f32, f64, i64, i32, i8, u8 or bool"
    )
}

/// rten takes the format from the file's name; under another name the bytes decide, and data outside the file is refused.
fn read(path: &Path, settings: Settings) -> Result<Model, AdapterError> {
    let mut options = ModelOptions::with_all_ops();
    options
        .prepack_weights(settings.prepack)
        .enable_optimization(settings.optimize);
    let named_onnx = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case(OsStr::new("onnx")));
    let model = if named_onnx {
        options.load_file(path)
    } else {
        let bytes = std::fs::read(path)
            .map_err(|error| AdapterError::Load(format!("'{}': {error}", path.display())))?;
        options.load(bytes)
    };
    model.map_err(|error| refusal(path, named_onnx, &error))
}

fn refusal(path: &Path, named_onnx: bool, error: &LoadError) -> AdapterError {
    let text = format!("'{}': {error}", path.display());
    match error.kind() {
        LoadErrorKind::OperatorInvalid => operators::refuse_lacked(path)
            .err()
            .unwrap_or_else(|| AdapterError::Unsupported(format!("rten cannot execute {text}"))),
        LoadErrorKind::ExternalDataError if !named_onnx => AdapterError::Load(format!(
            "{text}; rten reads weights in other files only beside a model whose name ends in .onnx: rename it"
        )),
        _ => AdapterError::Load(text),
    }
}

fn nodes<'a>(
    model: &Model,
    names: impl Iterator<Item = &'a String>,
) -> Result<Vec<NodeId>, AdapterError> {
    names
        .map(|name| {
            model.find_node(name).ok_or_else(|| {
                AdapterError::Load(format!("the model has no input or output '{name}'"))
            })
        })
        .collect()
}

fn refuse_missing(model: &Model, given: &[NodeId]) -> Result<(), AdapterError> {
    let missing = model.input_ids().iter().find(|id| !given.contains(id));
    match missing.and_then(|id| model.node_info(*id)) {
        None => Ok(()),
        Some(info) => Err(AdapterError::Load(format!(
            "the model needs input '{}', which was not given",
            info.name().unwrap_or("")
        ))),
    }
}

fn refuse_shape(model: &Model, spec: &TensorSpec, node: NodeId) -> Result<(), AdapterError> {
    let Some(declared) = model.node_info(node).and_then(|info| info.shape()) else {
        return Ok(());
    };
    let fits = declared.len() == spec.shape.len()
        && declared
            .iter()
            .zip(&spec.shape)
            .all(|(dim, size)| match dim {
                Dimension::Fixed(fixed) => fixed == size,
                Dimension::Symbolic(_) => true,
            });
    if fits {
        return Ok(());
    }
    Err(AdapterError::Load(format!(
        "input '{}' was asked for with shape {:?} but the file declares {declared:?}",
        spec.name, spec.shape
    )))
}

fn refuse_fixed_batch(model: &Model, name: &str, node: NodeId) -> Result<(), AdapterError> {
    let declared = model.node_info(node).and_then(|info| info.shape());
    let first = declared.as_deref().map(|dims| dims.first());
    match first {
        None | Some(Some(Dimension::Symbolic(_))) => Ok(()),
        Some(Some(Dimension::Fixed(fixed))) => Err(AdapterError::Load(format!(
            "requests of several batches were asked for but input '{name}' has the fixed first axis {fixed}"
        ))),
        Some(None) => Err(AdapterError::Load(format!(
            "requests of several batches were asked for but input '{name}' has no axis"
        ))),
    }
}
