//! NVIDIA's driver, its compiler NVRTC and cuBLASLt behind types that free what they hold, each loaded when it is asked for.
//!
//! - [`Context`]: a device. [`Stream`]: a queue of work on it; [`Event`]: a mark in one.
//! - [`Memory`] of the device and [`Pinned`] memory of the host, which streams copy between.
//! - [`compile`]: CUDA C to the device's code; [`Module`]: code, loaded; [`Kernel`]: what [`Stream::launch`] starts.
//! - [`Graph`]: what [`Stream::capture`] recorded, started at once.
//! - [`Product`]: a product of row-major matrices by cuBLASLt, in one of the [`Way`]s that it proposes.
//!
//! A library that is not there, or too old, is a [`Fault`] with a remedy. Nothing reads a clock but the device's own.
//!
//! Every call but [`Context::open`], [`compile`] and those for versions needs the context to be current on its thread, see
//! [`Context::make_current`]; where it is not, the driver refuses the call. What is dropped makes it current itself.
//!
//! A call that starts work returns before the work is done, and a fault of the work comes out of a later call. Once
//! [`Fault::is_sticky`], every call of the process fails: the device is of use to a new process only.
#![deny(unsafe_code)]

mod blas;
mod compile;
mod driver;
mod fault;
mod graph;
mod launch;
mod memory;
mod stream;

pub use blas::{
    Activation, Addresses, Element, Epilogue, Library, Math, Matrix, Product, Shape, Spans, Way,
    product_library_version,
};
pub use compile::{compile, compiler_version, options_for};
pub use driver::{Context, Facts, device_count, driver_version};
pub use fault::Fault;
pub use graph::Graph;
pub use launch::{ADDRESSES, Kernel, Module};
pub use memory::{Memory, Pinned};
pub use stream::{Event, Stream};

/// Threads share all but graphs and products, which one at a time uses.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    const fn handed_over<T: Send>() {}
    shared::<Context>();
    shared::<Stream>();
    shared::<Event>();
    shared::<Memory>();
    shared::<Pinned>();
    shared::<Module>();
    shared::<Kernel>();
    shared::<Library>();
    handed_over::<Graph>();
    handed_over::<Product>();
};
