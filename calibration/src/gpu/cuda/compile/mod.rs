//! From the source of the kernels to code of one kind of device, by NVRTC.

mod sys;

pub(super) use sys::compile;
