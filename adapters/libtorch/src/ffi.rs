//! Tensors that threads may share, and tensors made from a host tensor's bytes without a copy between.
#![allow(unsafe_code)]

use std::ops::Deref;

use tare_adapter_api::Tensor as HostTensor;
use tch::{Device, Kind, TchError, Tensor};

/// A tensor that nothing writes to.
pub(crate) struct Shared(Tensor);

// SAFETY: libtorch counts references atomically and lets threads read one tensor at the same time; `Shared` gives out
// no way to write but the binding's in-place operators, which need `&mut Tensor`.
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

/// What `make` makes of the values of `host`, which it sees as a tensor of this kind without a copy.
///
/// # Errors
/// Those of `make`, and where the kind has not the width of the host tensor's type.
pub(crate) fn made_from(
    host: &HostTensor,
    kind: Kind,
    make: impl FnOnce(&Tensor) -> Result<Tensor, TchError>,
) -> Result<Tensor, TchError> {
    let bytes = host.bytes();
    let shape: Vec<i64> = host.shape().iter().map(|size| *size as i64).collect();
    let width = kind.elt_size_in_bytes();
    let fits = host.len() * width == bytes.len();
    if !fits || !(bytes.as_ptr() as usize).is_multiple_of(width) {
        return make(&Tensor::f_from_data_size(bytes, &shape, kind)?);
    }
    // SAFETY: the bytes are as many as the shape needs, aligned, and live until this function returns; what is returned
    // does not lie in them.
    let view = unsafe { Tensor::f_from_blob(bytes.as_ptr(), &shape, &[], kind, Device::Cpu) }?;
    let made = make(&view)?;
    match lies_in(&made, host) {
        true => made.f_detach_copy(),
        false => Ok(made),
    }
}

/// Whether the tensor's first element is among the host tensor's bytes.
pub(crate) fn lies_in(tensor: &Tensor, host: &HostTensor) -> bool {
    let bytes = host.bytes().as_ptr_range();
    bytes.contains(&tensor.data_ptr().cast_const().cast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_from_host_bytes_does_not_lie_in_them() {
        let host = HostTensor::from_values(vec![2, 2], vec![1.0f32, 2.0, 3.0, 4.0]).expect("fits");
        for turned in [false, true] {
            let made = made_from(&host, Kind::Float, |view| {
                assert!(lies_in(view, &host));
                if turned {
                    view.f_tr()
                } else {
                    Ok(view.shallow_clone())
                }
            });
            let made = made.expect("made");
            assert!(!lies_in(&made, &host));
            let expected = if turned {
                [1.0, 3.0, 2.0, 4.0]
            } else {
                [1.0, 2.0, 3.0, 4.0]
            };
            let values: Vec<f32> = Vec::try_from(made.reshape([-1])).expect("floats");
            assert_eq!(values, expected);
        }
    }

    #[test]
    fn bytes_that_are_not_aligned_are_read_all_the_same() {
        let mut bytes = [0u8; 9];
        bytes[1..5].copy_from_slice(&1.5f32.to_le_bytes());
        bytes[5..9].copy_from_slice(&(-2.0f32).to_le_bytes());
        for start in [0, 1] {
            let shifted: Vec<u8> = [vec![0; start], bytes[1..].to_vec()].concat();
            let owned = tare_adapter_api::Tensor::from_values(vec![8 + start], shifted);
            let slice = owned.expect("fits").bytes().slice(start..);
            let host = HostTensor::from_bytes(tare_adapter_api::DataType::F32, vec![2], slice);
            let made = made_from(&host.expect("fits"), Kind::Float, Tensor::f_neg);
            let values: Vec<f32> = Vec::try_from(made.expect("made")).expect("floats");
            assert_eq!(values, [-1.5, 2.0]);
        }
    }
}
