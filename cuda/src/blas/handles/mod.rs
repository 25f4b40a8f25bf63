//! What cuBLASLt makes and destroys.

mod sys;

pub(super) use sys::{Description, Layout, Preference};
pub use sys::{Library, product_library_version};
