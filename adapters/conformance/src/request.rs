//! What an adapter is asked in this suite: one thread on the host's processor, no options.

use std::path::Path;

use tare_adapter_api::{LoadRequest, OutputSpec, Tensor, TensorSpec};

/// To load `path` for these inputs, whose names are given in the same order.
pub(crate) fn request(
    path: &Path,
    names: &[String],
    inputs: &[Tensor],
    outputs: &[OutputSpec],
) -> LoadRequest {
    let inputs = names.iter().zip(inputs).map(|(name, input)| TensorSpec {
        name: name.clone(),
        dtype: input.dtype(),
        shape: input.shape().to_vec(),
    });
    LoadRequest::new(path.to_owned(), inputs.collect(), outputs.to_vec())
}
