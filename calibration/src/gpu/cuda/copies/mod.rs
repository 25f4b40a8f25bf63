//! Copies between memory of the host that stays in its place and memory of the device.

mod sys;

pub(super) use sys::Copies;
