//! Compiled kernels, loaded and launched.

mod sys;

pub use sys::{ADDRESSES, Kernel, Module};
