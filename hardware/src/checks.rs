//! Checks of the environment that a measurement is made in: what disturbs it, why that matters, what to do about it.
//!
//! What stands still is read by [`standing()`], what happens while something is measured by [`Watch`], both from the
//! outside. Each finding names its check; [`CHECKS`] lists them all, [`doubts()`] says which findings a record carries,
//! [`refused()`] which ones a strict run does not accept.

mod catalogue;
mod doubts;
mod gpu;
mod judged;
mod render;
mod standing;
mod strict;
mod watch;

pub use catalogue::{CHECKS, Check, check_named};
pub use doubts::{doubts, refused};
pub(crate) use gpu::gpu_at;
pub use gpu::{
    GpuState, GpuWatch, ORDER as GPU_ORDER, Slowed, gpu_findings, gpu_of, is_gpu, is_of_gpu,
    visible_gpus,
};
pub use render::{render_findings, render_strict};
pub use standing::{
    Situation, allowed_cpus, allowed_cpus_by_core, standing, standing_beside, timer_resolution,
};
pub use strict::{strict_names, strict_set};
pub use watch::Watch;
