//! libtorch's tensors as host tensors of the element type that the model declares.

use tare_adapter_api::{AdapterError, OutputSpec, Tensor as HostTensor};
use tch::{TchError, Tensor};

use crate::kind;
use crate::shim::told;

/// A copy of the output on the host, of the declared type.
pub(crate) fn tensor(
    spec: &OutputSpec,
    tensor: Option<&Tensor>,
) -> Result<HostTensor, AdapterError> {
    let failed = |reason: String| AdapterError::Run(format!("output '{}': {reason}", spec.name));
    let tensor = tensor.ok_or_else(|| failed("nothing was computed".to_owned()))?;
    let wanted = kind::kind(spec.dtype)
        .ok_or_else(|| failed(format!("libtorch computes with no {}", spec.dtype)))?;
    let bytes = tensor
        .f_to_kind(wanted)
        .and_then(|tensor| tensor.f_contiguous())
        .and_then(|tensor| bytes(&tensor))
        .map_err(|error| failed(told(&error)))?;
    let shape = tensor.size().iter().map(|size| *size as usize).collect();
    HostTensor::from_bytes(spec.dtype, shape, bytes.into())
        .map_err(|error| failed(error.to_string()))
}

fn bytes(tensor: &Tensor) -> Result<Vec<u8>, TchError> {
    let count = tensor.numel();
    let mut bytes = vec![0; count * tensor.f_kind()?.elt_size_in_bytes()];
    tensor.f_copy_data_u8(&mut bytes, count)?;
    Ok(bytes)
}
