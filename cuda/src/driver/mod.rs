//! A device's context, and what is known of the device, as NVIDIA's driver has them.

mod facts;
mod sys;

pub use facts::Facts;
pub use sys::{Context, device_count, driver_version};
pub(crate) use sys::{Failed, checked, needs};
