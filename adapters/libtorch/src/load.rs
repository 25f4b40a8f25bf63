//! Which way a model is executed, and refusing before anything is timed what libtorch cannot do.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Once;

use tare_adapter_api::{
    AdapterError, DataType, Device, LackedOperator, LoadRequest, Loaded, ModelFormat, OutputSpec,
    Precision,
};
use tare_models::{Graph, Model};
use tch::{Cuda, Kind};

use crate::NAME;
use crate::eager;
use crate::kind;
use crate::lower::{self, Target};
use crate::script;
use crate::settings::{Mode, Settings};

/// Reads the model as its format and the mode ask.
pub(crate) fn load(request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
    let settings = Settings::of(request)?;
    refuse_cell(request)?;
    use_threads(request.threads);
    match (request.format, settings.mode) {
        (ModelFormat::Onnx, Mode::Eager) => Ok(Box::new(eager::load(request, settings)?)),
        (ModelFormat::Onnx, Mode::Script(_)) | (ModelFormat::TorchScript, _) => {
            script::load(request, settings)
        }
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

/// What comes out, as the request or else the file declares it.
pub(crate) fn outputs(
    graph: &Graph,
    request: &LoadRequest,
) -> Result<Vec<OutputSpec>, AdapterError> {
    let declared = graph.outputs.iter().map(|output| OutputSpec {
        name: output.name.clone(),
        dtype: output.dtype,
    });
    let declared: Vec<OutputSpec> = declared.collect();
    let unknown = request
        .outputs
        .iter()
        .find(|asked| !declared.iter().any(|output| output.name == asked.name));
    match unknown {
        Some(asked) => Err(AdapterError::Load(format!(
            "the model has no output '{}'",
            asked.name
        ))),
        None => Ok(declared),
    }
}

/// Lets this many threads of the process execute operators, and one of them at a time.
pub(crate) fn use_threads(threads: NonZeroUsize) {
    static ONE_OPERATOR_AT_A_TIME: Once = Once::new();
    ONE_OPERATOR_AT_A_TIME.call_once(|| tch::set_num_interop_threads(1));
    tch::set_num_threads(i32::try_from(threads.get()).unwrap_or(i32::MAX));
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
