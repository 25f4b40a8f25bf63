//! The buffers that CUPTI writes records into.

mod sys;

pub(super) use sys::{Buffers, CALLBACKS, own_bytes};
