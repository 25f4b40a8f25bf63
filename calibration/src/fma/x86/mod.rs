//! Kernels on the vector registers of x86-64.

mod sys;

pub(crate) use sys::*;
