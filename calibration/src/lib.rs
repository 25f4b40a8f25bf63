//! What the machine can do, measured on it: arithmetic, bandwidth, clocks, and a short probe of what it gives at a moment.
//!
//! - [`calibrate`]: everything, in under a minute; [`needed`]: what one run lacks, in seconds.
//! - [`Prober`], [`answer`]: what the machine gives now, in a process beside the worker.
//! - [`gpu`]: what a GPU can do, in a process that loads its libraries.
//! - [`cell_peaks`], [`device_peaks`], [`level`]: pure functions from these to what the floor of a cell is computed from.
//! - [`cache`]: peaks on disk; [`render`]: peaks as tables.
#![deny(unsafe_code)]

mod adds;
mod assemble;
mod barrier;
pub mod cache;
mod calibrate;
mod cell;
mod fma;
mod gemm;
pub mod gpu;
mod lane;
mod levels;
mod pin;
mod plan;
mod precision;
mod probe;
mod prober;
mod render;
mod rounds;
mod spread;
mod stream;
mod target;
mod team;
mod theory;
mod timing;

pub use calibrate::{BUILD, METHOD, Need, Options, calibrate, lacks, needed};
pub use cell::{Beside, Corrected, NoPeaks, cell_peaks, corrected, device_peaks};
pub use levels::{Chosen, DRAM, level};
pub use pin::{allowed_cpus, pin_to};
pub use precision::{Precision, UnknownPrecision};
pub use probe::{ProbeError, ProbeRequest, answer, parse_answer, probe};
pub use prober::Prober;
pub use render::render;
pub use rounds::Progress;
pub use stream::WorkingSet;
pub use target::Target;
