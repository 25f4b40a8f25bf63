//! One request over borrowed host tensors: nothing of a module refers to them once it is over.
#![allow(unsafe_code)]

use tare_adapter_api::{AdapterError, Tensor as HostTensor};
use tch::{TchError, Tensor};

use crate::eager::{Feed, brought_out};
use crate::shim::{Module, told};

/// An input of a module.
pub(super) struct Entry {
    pub(super) feed: Feed,
    /// Whether the module must have a copy of its own, as it may write to it or keep it.
    pub(super) copies: bool,
}

/// Executes `module` on `inputs`, which must fit the specifications that `entries` were made from.
///
/// The outputs are on the host, and none lies in the bytes of `inputs`.
pub(super) fn execute(
    module: &Module,
    entries: &mut [Entry],
    inputs: &[HostTensor],
) -> Result<Vec<Tensor>, AdapterError> {
    let tensors = entries.iter_mut().zip(inputs).map(|(entry, input)| {
        // SAFETY: what refers to the bytes is dropped before this function returns: the module neither keeps nor writes
        // to an input that is no copy, and outputs that lie in the bytes are copied.
        let tensor = unsafe { entry.feed.tensor(input) }?;
        match entry.copies {
            true => tensor.f_detach_copy(),
            false => Ok(tensor),
        }
    });
    let tensors = tensors.collect::<Result<Vec<Tensor>, TchError>>();
    let tensors = tensors.map_err(|error| AdapterError::Run(told(&error)))?;
    let outputs = module.run(&tensors);
    let outputs = outputs.map_err(|error| AdapterError::Run(error.to_string()))?;
    let own = outputs
        .into_iter()
        .map(|output| match brought_out(&output, inputs) {
            Ok(own) => Ok(own.unwrap_or(output)),
            Err(error) => Err(AdapterError::Run(told(&error))),
        });
    own.collect()
}
