//! Which versions of the libraries are here, without opening a device.

mod sys;

pub use sys::{driver_version, product_library_version};
