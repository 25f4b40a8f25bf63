//! What an adapter is asked in this suite: one thread on the host's processor, no options.

use std::num::NonZeroUsize;
use std::path::Path;

use tare_adapter_api::{Device, LoadRequest, Options, OutputSpec, Tensor, TensorSpec};

/// To load `path` for these inputs, whose names are given in the same order.
pub(crate) fn request(
    path: &Path,
    names: &[String],
    inputs: &[Tensor],
    outputs: &[OutputSpec],
) -> LoadRequest {
    LoadRequest {
        model: path.to_owned(),
        inputs: names
            .iter()
            .zip(inputs)
            .map(|(name, input)| TensorSpec {
                name: name.clone(),
                dtype: input.dtype(),
                shape: input.shape().to_vec(),
            })
            .collect(),
        outputs: outputs.to_vec(),
        options: Options::new(),
        threads: NonZeroUsize::MIN,
        device: Device::Cpu,
        precision: None,
    }
}
