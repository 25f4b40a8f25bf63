//! A device's context, its stream, its memory and its clock, as NVIDIA's driver has them.

mod sys;

pub(super) use sys::{Context, Failed, Memory, Pinned, Stream, checked};
