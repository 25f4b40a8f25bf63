//! What no model can be loaded for, whatever it is: refused before anything is timed.

use tare_adapter_api::{AdapterError, DataType, Device, LoadRequest, ModelFormat, Precision};

use crate::input::datum_type;

/// Refuses another device, format or precision, and an element type that tract lacks.
///
/// # Errors
/// `Unsupported`, naming what was asked for and what would do.
pub(crate) fn refuse_cell(request: &LoadRequest) -> Result<(), AdapterError> {
    if request.format != ModelFormat::Onnx {
        return unsupported(format!(
            "tract reads ONNX, not {}: give an .onnx file",
            request.format
        ));
    }
    if request.device != Device::Cpu {
        return unsupported(format!(
            "tract executes on the cpu, not on {}: ask for --device cpu",
            request.device
        ));
    }
    refuse_types(request)?;
    match request.precision {
        None => Ok(()),
        Some(Precision::Fp32) if types(request).all(|(_, _, dtype)| dtype != DataType::F16) => {
            Ok(())
        }
        Some(precision) => unsupported(format!(
            "tract executes in the file's own precision, not in {precision}: leave --precision out"
        )),
    }
}

fn refuse_types(request: &LoadRequest) -> Result<(), AdapterError> {
    match types(request).find(|(_, _, dtype)| datum_type(*dtype).is_none()) {
        None => Ok(()),
        Some((kind, name, dtype)) => unsupported(format!(
            "tract has no {dtype}, which {kind} '{name}' needs: use f16, f32, f64, bool or integers of 8 to 64 bits"
        )),
    }
}

fn types(request: &LoadRequest) -> impl Iterator<Item = (&'static str, &str, DataType)> {
    let inputs = request.inputs.iter();
    let outputs = request.outputs.iter();
    inputs
        .map(|spec| ("input", spec.name.as_str(), spec.dtype))
        .chain(outputs.map(|spec| ("output", spec.name.as_str(), spec.dtype)))
}

fn unsupported(reason: String) -> Result<(), AdapterError> {
    Err(AdapterError::Unsupported(reason))
}
