//! Reading an ONNX file for a request, and refusing what of it cannot be executed.

use std::collections::{BTreeMap, BTreeSet};

use tare_adapter_api::{
    AdapterError, DataType, Device, LackedOperator, LoadRequest, OutputSpec, Precision,
};
use tare_models::{Declared, Graph, Model, Resolved, resolve};
use tch::Kind;

use crate::NAME;
use crate::load;
use crate::lower::{Target, find};

/// A file's graph at the request's shapes, its operators all known here.
pub(super) struct Opened {
    pub(super) resolved: Resolved,
    pub(super) target: Target,
}

/// # Errors
/// `Load` where the file cannot be read or does not fit the request, `Lacks` and `Unsupported` where it can but libtorch
/// cannot execute it as asked.
pub(super) fn open(request: &LoadRequest) -> Result<Opened, AdapterError> {
    let failed = |error: &dyn std::fmt::Display| AdapterError::Load(error.to_string());
    let model = Model::open(&request.model).map_err(|error| failed(&error))?;
    refuse_unknown(model.graph(), request)?;
    let mut resolved = resolve(model.graph(), &request.inputs).map_err(|error| failed(&error))?;
    drop(model);
    refuse_lacked(&resolved.graph)?;
    reorder(&mut resolved.graph, request);
    let target = Target {
        device: load::device(request),
        float: float(request, precision(&resolved))?,
    };
    Ok(Opened { resolved, target })
}

/// Refuses inputs and outputs that the model has not.
fn refuse_unknown(graph: &Graph, request: &LoadRequest) -> Result<(), AdapterError> {
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
fn reorder(graph: &mut Graph, request: &LoadRequest) {
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

/// What comes out, in order.
pub(super) fn outputs(graph: &Graph) -> Vec<OutputSpec> {
    let declared = graph.outputs.iter().map(|output| OutputSpec {
        name: output.name.clone(),
        dtype: output.dtype,
    });
    declared.collect()
}

fn refuse_lacked(graph: &Graph) -> Result<(), AdapterError> {
    let nodes = graph.nodes.iter();
    let lacked = nodes.filter(|node| find(&node.domain, &node.op_type).is_none());
    let lacked = lacked.map(|node| LackedOperator {
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

/// The floating-point type of most of the constants' elements; without such, that of the first input that has one.
fn precision(resolved: &Resolved) -> DataType {
    let mut elements: BTreeMap<DataType, usize> = BTreeMap::new();
    for tensor in resolved.graph.constants.values() {
        if tensor.dtype().is_float() {
            *elements.entry(tensor.dtype()).or_default() += tensor.len();
        }
    }
    let most = elements.into_iter().max_by_key(|(_, count)| *count);
    let inputs = resolved.graph.inputs.iter().map(|input| input.dtype);
    let of_inputs = || inputs.clone().find(|dtype| dtype.is_float());
    most.map(|(dtype, _)| dtype)
        .or_else(of_inputs)
        .unwrap_or(DataType::F32)
}

/// What stands for the file's 32-bit floats: another kind only on a device, where the whole model is cast.
fn float(request: &LoadRequest, file: DataType) -> Result<Kind, AdapterError> {
    let Some(asked) = request.precision else {
        return Ok(Kind::Float);
    };
    let on_device = request.device != Device::Cpu;
    match (asked, file) {
        (Precision::Fp32 | Precision::Tf32, DataType::F32)
        | (Precision::Fp16, DataType::F16)
        | (Precision::Bf16, DataType::Bf16) => Ok(Kind::Float),
        (Precision::Fp16, DataType::F32) if on_device => Ok(Kind::Half),
        (Precision::Bf16, DataType::F32) if on_device => Ok(Kind::BFloat16),
        (Precision::Fp16 | Precision::Bf16, DataType::F32) => {
            Err(AdapterError::Unsupported(format!(
                "libtorch casts a model to {asked} on a GPU only: leave --precision out, or ask for --device cuda:0"
            )))
        }
        _ => Err(AdapterError::Unsupported(format!(
            "libtorch casts no model of {file} to {asked}: leave --precision out, or give a file of that precision"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::path::PathBuf;

    use super::*;

    fn asked(precision: Precision, device: Device) -> LoadRequest {
        LoadRequest {
            precision: Some(precision),
            device,
            threads: NonZeroUsize::MIN,
            ..LoadRequest::new(PathBuf::new(), vec![], vec![])
        }
    }

    #[test]
    fn a_model_is_cast_on_a_device_only() {
        let gpu = Device::Cuda(0);
        let kind = |precision, device, file| float(&asked(precision, device), file);
        assert_eq!(kind(Precision::Fp16, gpu, DataType::F32), Ok(Kind::Half));
        assert_eq!(
            kind(Precision::Bf16, gpu, DataType::F32),
            Ok(Kind::BFloat16)
        );
        assert_eq!(
            kind(Precision::Fp16, Device::Cpu, DataType::F16),
            Ok(Kind::Float)
        );
        let refusal = kind(Precision::Fp16, Device::Cpu, DataType::F32).expect_err("cpu");
        assert_eq!(
            refusal.to_string(),
            "libtorch casts a model to fp16 on a GPU only: leave --precision out, or ask for --device cuda:0"
        );
        let refusal = kind(Precision::Int8, gpu, DataType::F32).expect_err("integers");
        assert_eq!(
            refusal.to_string(),
            "libtorch casts no model of f32 to int8: leave --precision out, or give a file of that precision"
        );
    }
}
