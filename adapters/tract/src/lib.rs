//! tract, the second pure-Rust framework.
#![forbid(unsafe_code)]
