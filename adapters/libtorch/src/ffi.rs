//! Tensors that threads may share, and tensors made from a host tensor's bytes.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ops::Deref;

use tare_adapter_api::Tensor as HostTensor;
use tch::{Device, Kind, TchError, Tensor};

/// A tensor that nothing writes to.
pub(crate) struct Shared(Tensor);

// SAFETY: libtorch counts references atomically and lets threads read one tensor at the same time. A shallow clone of
// what `Deref` gives could be written to; only kernels get at it, those must not write to their inputs, and lowering
// refuses an operator that works in place on a constant or an input.
unsafe impl Sync for Shared {}

impl Shared {
    pub(crate) fn new(tensor: Tensor) -> Self {
        Self(tensor)
    }
}

impl Clone for Shared {
    fn clone(&self) -> Self {
        Self(self.0.shallow_clone())
    }
}

impl Deref for Shared {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.0
    }
}

/// A copy of the values of `host`, of the kind that holds its type.
///
/// # Errors
/// What libtorch says, and where the kind has not the width of the host tensor's type.
pub(crate) fn copy_of(host: &HostTensor, kind: Kind) -> Result<Tensor, TchError> {
    let bytes = host.bytes();
    let copy = Tensor::f_empty([bytes.len() as i64], (Kind::Uint8, Device::Cpu))?;
    filled(copy, bytes)?
        .f_view_dtype(kind)?
        .f_reshape(shape_of(host))
}

fn filled(mut onto: Tensor, bytes: &[u8]) -> Result<Tensor, TchError> {
    let length = [bytes.len() as i64];
    // SAFETY: octets need no alignment, are as many as it says, and live until this function returns.
    let view =
        unsafe { Tensor::f_from_blob(bytes.as_ptr(), &length, &[], Kind::Uint8, Device::Cpu) }?;
    onto.f_copy_(&view)?;
    Ok(onto)
}

fn shape_of(host: &HostTensor) -> Vec<i64> {
    host.shape().iter().map(|size| *size as i64).collect()
}

/// Memory in which the bytes of one host tensor after another are aligned, as files seldom have them.
#[derive(Default)]
pub(crate) struct Staging(RefCell<Option<Tensor>>);

impl Staging {
    /// What `make` makes of the values of `host`, which it sees as a tensor of this kind.
    ///
    /// # Errors
    /// Those of `make`, and where the kind has not the width of the host tensor's type.
    pub(crate) fn made_from(
        &self,
        host: &HostTensor,
        kind: Kind,
        make: impl FnOnce(&Tensor) -> Result<Tensor, TchError>,
    ) -> Result<Tensor, TchError> {
        let length = host.bytes().len() as i64;
        let mut kept = self.0.borrow_mut();
        let fits = kept.as_ref().filter(|kept| kept.numel() as i64 >= length);
        let staging = match fits {
            Some(staging) => staging.shallow_clone(),
            None => Tensor::f_empty([length], (Kind::Uint8, Device::Cpu))?,
        };
        let staged = filled(staging.f_narrow(0, 0, length)?, host.bytes())?;
        let made = make(&staged.f_view_dtype(kind)?.f_reshape(shape_of(host))?)?;
        let start = staging.data_ptr() as usize;
        let within = start..start + staging.numel();
        *kept = Some(staging);
        match within.contains(&(made.data_ptr() as usize)) {
            true => made.f_detach_copy(),
            false => Ok(made),
        }
    }
}

/// Whether the tensor's first element is among the host tensor's bytes.
pub(crate) fn lies_in(tensor: &Tensor, host: &HostTensor) -> bool {
    let bytes = host.bytes().as_ptr_range();
    bytes.contains(&tensor.data_ptr().cast_const().cast())
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::DataType;

    use super::*;

    fn square(values: [f32; 4]) -> HostTensor {
        HostTensor::from_values(vec![2, 2], values.to_vec()).expect("fits")
    }

    fn floats(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor.reshape([-1])).expect("floats")
    }

    #[test]
    fn what_is_made_in_one_place_stays_when_the_next_is_made() {
        let staging = Staging::default();
        let hosts = [square([1.0, 2.0, 3.0, 4.0]), square([5.0, 6.0, 7.0, 8.0])];
        let turned = hosts.each_ref().map(|host| {
            let made = staging.made_from(host, Kind::Float, |view| view.f_transpose(0, 1));
            made.expect("made")
        });
        assert_eq!(floats(&turned[0]), [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(floats(&turned[1]), [5.0, 7.0, 6.0, 8.0]);
    }

    #[test]
    fn a_place_grows_for_what_is_longer_and_serves_what_is_shorter() {
        let staging = Staging::default();
        for length in [1, 9, 4, 0] {
            let values: Vec<i64> = (0..length).collect();
            let host = HostTensor::from_values(vec![values.len()], values.clone());
            let host = host.expect("fits");
            let made = staging.made_from(&host, Kind::Int64, |view| view.f_neg());
            let made: Vec<i64> = Vec::try_from(made.expect("made")).expect("integers");
            assert_eq!(made, values.iter().map(|value| -value).collect::<Vec<_>>());
        }
    }

    #[test]
    fn bytes_that_are_not_aligned_are_copied_as_they_are() {
        let values = [1.5f32, -2.0];
        let shifted: Vec<u8> = [0u8]
            .into_iter()
            .chain(values.iter().flat_map(|value| value.to_le_bytes()))
            .collect();
        let owned = HostTensor::from_values(vec![9], shifted).expect("fits");
        let host = HostTensor::from_bytes(DataType::F32, vec![2], owned.bytes().slice(1..));
        let copy = copy_of(&host.expect("fits"), Kind::Float).expect("copied");
        assert_eq!(floats(&copy), values);
        let scalar = HostTensor::from_values(vec![], vec![7i16]).expect("fits");
        let copy = copy_of(&scalar, Kind::Int16).expect("copied");
        assert_eq!((copy.size(), copy.int64_value(&[])), (vec![], 7));
    }

    #[test]
    fn a_kind_of_another_width_is_an_error() {
        let host = HostTensor::from_values(vec![3], vec![1i16, 2, 3]).expect("fits");
        assert!(copy_of(&host, Kind::Float).is_err());
    }
}
