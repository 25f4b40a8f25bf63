//! Quantities with their unit, so that no bare number of anything crosses a function.
#![forbid(unsafe_code)]

mod bytes;
mod flops;
mod nanoseconds;
mod parse;
mod rate;

pub use bytes::Bytes;
pub use flops::Flops;
pub use nanoseconds::Nanoseconds;
pub use parse::QuantityError;
pub use rate::{BytesPerSecond, FlopsPerSecond, Hertz, Rate};
