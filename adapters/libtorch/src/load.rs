//! Which way a model is executed, and refusing before anything is timed what libtorch cannot do.

use std::collections::BTreeSet;

use tare_adapter_api::{
    AdapterError, DataType, Device, LackedOperator, LoadRequest, Loaded, ModelFormat, OutputSpec,
    Precision,
};
use tare_models::{Declared, Graph, Model};
use tch::{Cuda, Kind};

use crate::NAME;
use crate::eager;
use crate::kind;
use crate::lower::{self, Target};
use crate::runtime;
use crate::script;
use crate::settings::{Mode, Settings};

/// Reads the model as its format and the mode ask.
pub(crate) fn load(request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
    let settings = Settings::of(request)?;
    refuse_cell(request)?;
    runtime::prepare(settings, request.threads)?;
    match settings.mode {
        Mode::Eager => Ok(Box::new(eager::load(request, settings)?)),
        Mode::Script(preparation) => script::load(request, settings, preparation),
    }
}

/// Whether device, precision, types and operators can be had; the weights are left alone.
pub(crate) fn accepts(request: &LoadRequest) -> Result<(), AdapterError> {
    Settings::of(request)?;
    refuse_cell(request)?;
    match request.format {
        ModelFormat::Onnx => match Model::open(&request.model) {
            Ok(model) => refuse_lacked(model.graph()),
            Err(_) => Ok(()),
        },
        ModelFormat::TorchScript => Ok(()),
    }
}

/// Where and in which arithmetic the model is to be executed.
pub(crate) fn target(request: &LoadRequest) -> Result<Target, AdapterError> {
    let device = match request.device {
        Device::Cpu => tch::Device::Cpu,
        Device::Cuda(index) => tch::Device::Cuda(index as usize),
    };
    let float = match request.precision {
        None | Some(Precision::Fp32 | Precision::Tf32) => Kind::Float,
        Some(Precision::Fp16) => Kind::Half,
        Some(Precision::Bf16) => Kind::BFloat16,
        Some(Precision::Int8) => {
            return Err(AdapterError::Unsupported(
                "libtorch quantises no model by itself: give a quantised file instead of --precision int8"
                    .to_owned(),
            ));
        }
    };
    Ok(Target { device, float })
}

/// Refuses inputs and outputs that the model has not.
pub(crate) fn refuse_unknown(graph: &Graph, request: &LoadRequest) -> Result<(), AdapterError> {
    let has = |declared: &[Declared], name: &str| declared.iter().any(|one| one.name == name);
    let inputs = request.inputs.iter().map(|spec| &spec.name);
    let outputs = request.outputs.iter().map(|spec| &spec.name);
    let input = inputs.filter(|name| !has(&graph.inputs, name));
    let output = outputs.filter(|name| !has(&graph.outputs, name));
    match input.chain(output).next() {
        None => Ok(()),
        Some(name) => Err(AdapterError::Load(format!(
            "the model has no input or output '{name}'"
        ))),
    }
}

/// Puts the inputs, and the outputs where some are named, into the request's order; others are left out.
pub(crate) fn reorder(graph: &mut Graph, request: &LoadRequest) {
    let inputs = request.inputs.iter().map(|spec| &spec.name);
    graph.inputs = picked(&graph.inputs, inputs);
    if !request.outputs.is_empty() {
        let outputs = request.outputs.iter().map(|spec| &spec.name);
        graph.outputs = picked(&graph.outputs, outputs);
    }
}

fn picked<'a>(declared: &[Declared], names: impl Iterator<Item = &'a String>) -> Vec<Declared> {
    let find = |name: &String| declared.iter().find(|one| one.name == *name).cloned();
    names.filter_map(find).collect()
}

/// What comes out.
pub(crate) fn outputs(graph: &Graph) -> Vec<OutputSpec> {
    let declared = graph.outputs.iter().map(|output| OutputSpec {
        name: output.name.clone(),
        dtype: output.dtype,
    });
    declared.collect()
}

fn refuse_cell(request: &LoadRequest) -> Result<(), AdapterError> {
    refuse_device(request.device)?;
    target(request)?;
    let cpu = request.device == Device::Cpu;
    if let Some(precision) = request
        .precision
        .filter(|asked| cpu && *asked != Precision::Fp32)
    {
        return Err(AdapterError::Unsupported(format!(
            "libtorch casts no model to {precision} on the cpu: leave --precision out, or ask for --device cuda:0"
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
        .find(|(_, _, dtype)| kind::kind(*dtype).is_none())
    {
        None => Ok(()),
        Some((kind, name, dtype)) => {
            Err(AdapterError::Unsupported(refused_type(kind, name, dtype)))
        }
    }
}

fn refused_type(kind: &str, name: &str, dtype: DataType) -> String {
    format!(
        "libtorch computes with no {dtype}, which {kind} '{name}' needs: use f32, f64, f16, bf16, i64, i32, i16, i8, u8 or bool"
    )
}

fn refuse_device(device: Device) -> Result<(), AdapterError> {
    let Device::Cuda(index) = device else {
        return Ok(());
    };
    let count = if Cuda::is_available() {
        Cuda::device_count()
    } else {
        0
    };
    if i64::from(index) < count {
        return Ok(());
    }
    Err(AdapterError::Unsupported(format!(
        "libtorch finds {count} GPUs here, so there is no {device}: ask for --device cpu, or run where a libtorch with CUDA is"
    )))
}

fn refuse_lacked(graph: &Graph) -> Result<(), AdapterError> {
    let lacked = graph
        .nodes
        .iter()
        .filter(|node| lower::find(&node.domain, &node.op_type).is_none())
        .map(|node| LackedOperator {
            op_type: node.op_type.clone(),
            domain: node.domain.clone(),
            opset: graph.opsets.get(&node.domain).copied(),
        });
    let operators: BTreeSet<LackedOperator> = lacked.collect();
    if operators.is_empty() {
        return Ok(());
    }
    Err(AdapterError::Lacks {
        adapter: NAME,
        operators: operators.into_iter().collect(),
    })
}
