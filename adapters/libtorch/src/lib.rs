//! libtorch: a graph as ATen calls, or TorchScript.
#![forbid(unsafe_code)]
