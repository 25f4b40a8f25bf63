//! Products of matrices by cuBLASLt.

mod sys;

pub(super) use sys::{Library, Product};
