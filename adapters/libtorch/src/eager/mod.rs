//! Operator by operator: the folded graph as a list of steps, each a few ATen calls.

mod ffi;
mod lower;
mod model;
mod output;
mod program;
mod session;

pub(crate) use model::load;
