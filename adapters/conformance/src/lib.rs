//! The one suite that every adapter passes: ONNX's own node tests, the zoo, and the contract of the traits.
//!
//! An adapter's test calls [`contract`], [`zoo`], [`threads`], [`batches`] and [`node_cases`] with itself, and prints the
//! reports. What it cannot do is either refused by name when the model is loaded, and listed as [`refused_as_listed`] compares it, or stands
//! with a reason in its [`IgnoreList`].
//!
//! Outputs are compared by [`tolerance`]: |a − b| ≤ atol + rtol·|b|, NaN equal to NaN.
//!
//! | element type | rtol | atol | |
//! |---|---|---|---|
//! | f32, f64 | 1e-3 | 1e-7 | the defaults of ONNX's own test runner |
//! | f16 | 1e-2 | 1e-3 | ten bits of fraction, accumulated in any order |
//! | bf16 | 5e-2 | 1e-2 | seven bits of fraction |
//! | every other | 0 | 0 | equal bytes |
#![forbid(unsafe_code)]

mod batches;
mod case;
mod compare;
mod contract;
mod declared;
mod ignore;
mod list;
mod node;
mod quiet;
mod refused;
mod request;
mod small;
mod tensor_file;
mod threads;
mod zoo;

pub use batches::{Batching, batches};
pub use compare::{Difference, compare, tolerance};
pub use contract::{Kind, contract};
pub use ignore::IgnoreList;
pub use list::ListError;
pub use node::{NODE_TESTS, NodeReport, node_cases};
pub use refused::{RefusedError, WRITE, refused_as_listed};
pub use threads::threads;
pub use zoo::zoo;
