//! Weights that the programs of one model have in common: in memory once, however many batches it is lowered for.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use tare_adapter_api::{DataType, Tensor as HostTensor};
use tch::Tensor;

use super::Refusal;
use crate::ffi::Shared;

/// Tensors by the content of the constants that they were made from.
#[derive(Default)]
pub(crate) struct Weights(Mutex<BTreeMap<Key, Shared>>);

/// A constant's type, shape and values, these as two hashes of 64 bits, and whether it was transposed.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    dtype: DataType,
    shape: Vec<usize>,
    values: [u64; 2],
    turned: bool,
}

impl Key {
    fn of(host: &HostTensor, turned: bool) -> Self {
        let values = [0_u8, 1].map(|salt| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            hasher.write(host.bytes());
            hasher.finish()
        });
        Self {
            dtype: host.dtype(),
            shape: host.shape().to_vec(),
            values,
            turned,
        }
    }
}

impl Weights {
    /// What was made of the same constant, transposed or not, or else what `make` makes.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn shared(
        &self,
        (host, turned): (&HostTensor, bool),
        make: impl FnOnce() -> Result<Tensor, Refusal>,
    ) -> Result<Shared, Refusal> {
        let key = Key::of(host, turned);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&key) {
            return Ok(known.clone());
        }
        let made = Shared::new(make()?);
        known.insert(key, made.clone());
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(values: [f32; 2]) -> HostTensor {
        HostTensor::from_values(vec![2], values.to_vec()).expect("fits")
    }

    #[test]
    fn the_same_constant_is_made_once_and_another_one_or_its_transpose_anew() {
        let weights = Weights::default();
        let address = |host: &HostTensor, turned| {
            let make = || Ok(Tensor::f_from_slice(&[1.0_f32])?);
            let shared = weights.shared((host, turned), make).expect("made");
            shared.data_ptr().addr()
        };
        let first = address(&host([1.0, 2.0]), false);
        assert_eq!(address(&host([1.0, 2.0]), false), first);
        assert_ne!(address(&host([1.0, 3.0]), false), first);
        assert_ne!(address(&host([1.0, 2.0]), true), first);
    }
}
