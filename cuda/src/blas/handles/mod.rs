//! What cuBLASLt makes and destroys.

mod sys;

pub use sys::Library;
pub(super) use sys::{Description, Layout, Preference};
