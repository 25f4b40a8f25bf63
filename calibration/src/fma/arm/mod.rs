//! Kernels on the vector registers of aarch64.

mod sys;

pub(crate) use sys::*;
