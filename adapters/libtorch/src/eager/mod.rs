//! Operator by operator: the folded graph as a list of steps, each a few ATen calls.

mod ffi;
mod lower;
mod model;
mod open;
mod output;
mod program;
mod session;
mod several;

pub(crate) use ffi::{Feed, brought_out};
#[cfg(test)]
pub(crate) use lower::program as lowered;
pub(crate) use model::{EagerModel, accepts, load};
pub(crate) use output::tensor as host_tensor;
