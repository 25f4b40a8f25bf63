//! Which way a model is executed, and refusing before anything is timed what libtorch cannot do.

use tare_adapter_api::{
    AdapterError, DataType, Device, LoadRequest, Loaded, ModelFormat, Precision, refuse_batches,
};
use tch::{Cuda, Kind};

use crate::NAME;
use crate::eager;
use crate::kind;
use crate::lower::Target;
use crate::runtime;
use crate::script;
use crate::settings::{Mode, Settings};

/// Reads the model as its format and the mode ask.
pub(crate) fn load(request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
    let settings = Settings::of(request)?;
    refuse_cell(request, settings)?;
    runtime::prepare(settings, request.threads)?;
    match settings.mode {
        Mode::Eager => Ok(Box::new(eager::load(request, settings)?)),
        Mode::Script(preparation) => script::load(request, settings, preparation),
    }
}

/// Whether device, precision, types and operators can be had; the weights are left alone.
pub(crate) fn accepts(request: &LoadRequest) -> Result<(), AdapterError> {
    refuse_cell(request, Settings::of(request)?)?;
    match request.format {
        ModelFormat::Onnx => eager::accepts(request),
        ModelFormat::TorchScript => Ok(()),
    }
}

/// Where tensors lie.
pub(crate) fn device(request: &LoadRequest) -> tch::Device {
    match request.device {
        Device::Cpu => tch::Device::Cpu,
        Device::Cuda(index) => tch::Device::Cuda(index as usize),
    }
}

/// Where a TorchScript module's tensors lie, and the kind that its 32-bit floats were cast to.
pub(crate) fn target(request: &LoadRequest) -> Result<Target, AdapterError> {
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
    Ok(Target {
        device: device(request),
        float,
    })
}

fn refuse_cell(request: &LoadRequest, settings: Settings) -> Result<(), AdapterError> {
    refuse_device(request.device)?;
    if let Mode::Script(_) = settings.mode {
        refuse_batches(&format!("{NAME} with mode=script"), request)?;
    }
    let of_file = [None, Some(Precision::Fp32), Some(Precision::Tf32)];
    if request.format == ModelFormat::TorchScript && !of_file.contains(&request.precision) {
        return Err(AdapterError::Unsupported(
            "libtorch executes a TorchScript file in its own precision: leave --precision out"
                .to_owned(),
        ));
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
