//! Kernels on the matrix registers of x86-64.

mod sys;

pub(crate) use sys::*;
