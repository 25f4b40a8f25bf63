//! Quantities with their unit, so that no bare number of anything crosses a function.
#![forbid(unsafe_code)]

mod bytes;
mod flops;
mod joules;
mod nanoseconds;
mod parse;
mod rate;
mod signed;
mod watts;

pub use bytes::Bytes;
pub use flops::Flops;
pub use joules::Joules;
pub use nanoseconds::Nanoseconds;
pub use parse::QuantityError;
pub use rate::{BytesPerSecond, FlopsPerSecond, Hertz, Rate};
pub use signed::SignedNanoseconds;
pub use watts::Watts;
