//! Work that is recorded once and started as one.

mod sys;

pub use sys::Graph;
