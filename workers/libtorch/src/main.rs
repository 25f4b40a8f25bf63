//! The worker that links libtorch.
#![forbid(unsafe_code)]

fn main() {}
