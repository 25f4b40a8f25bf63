//! The kernels on a device, each launched with the arguments that it takes.

mod sys;

pub(super) use sys::{Fma, Kernels};
