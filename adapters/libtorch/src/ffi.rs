//! A tensor that threads may share.
#![allow(unsafe_code)]

use std::ops::Deref;

use tch::Tensor;

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
