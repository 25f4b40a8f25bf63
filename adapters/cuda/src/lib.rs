//! A model as a static plan, for an adapter with almost no framework: all that can be done for one without a GPU.
//!
//! The way of a model:
//!
//! 1. [`lower`]: the graph at concrete shapes, constants folded, becomes a [`draft::Draft`]: plain steps over buffers.
//!    Operators that only rearrange become strided views and cost nothing.
//! 2. [`fuse`]: passes over the draft, each a function of its own, that make one step of several. What a pass does not
//!    recognise stays as plain steps, which compute the same.
//! 3. [`layout`]: copies where a step's operands lie as it cannot read them.
//!    [`mod@narrow`] holds floats in 16 bits where that is asked for.
//! 4. [`plan`]: the buffers between steps get places in one arena ([`memory`]), the steps their costs. A [`plan::Plan`] is
//!    data; `tare model plan` prints it.
//! 5. [`mod@reference`] executes plans on the host, under the conformance suite.
//! 6. [`kernels`] writes a plan as CUDA C++ and launches of it.
//! 7. [`Cuda`] executes them on a GPU.
//!
//! Steps hold floats, i64, i32 and bool, and compute products, normalisations and attention in 32 bits. A model with an operator
//! that is lacked, with other types, or with shapes that are known only when it runs, is refused by name.
#![deny(unsafe_code)]

pub mod draft;
pub mod expression;
pub mod fuse;
mod gpu;
pub mod kernels;
pub mod layout;
pub mod lower;
pub mod memory;
pub mod narrow;
pub mod plan;
pub mod reference;
mod resolving;
pub mod step;
pub mod view;

use tare_adapter_api::{AdapterError, Tensor};
use tare_models::Resolved;

use crate::plan::Plan;

pub use gpu::{Cuda, compile_for};
pub use narrow::Held;

const NAME: &str = "cuda";

/// How much is fused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fusion {
    /// Nothing: a step or several for each operator that is no view.
    None,
    /// All that the passes of [`fuse`] recognise.
    #[default]
    Full,
}

/// The plan of a graph at concrete shapes, and its constants in the order of their numbers; between steps floats are held as
/// `held` says.
///
/// # Errors
/// Those of [`lower::lower`].
pub fn plan_of(
    resolved: &Resolved,
    fusion: Fusion,
    held: Held,
) -> Result<(Plan, Vec<Tensor>), AdapterError> {
    let mut draft = lower::lower(resolved)?;
    if fusion == Fusion::Full {
        draft = fuse::all(draft);
    }
    draft = narrow::narrow(layout::lay_out(draft), held);
    if fusion == Fusion::Full {
        draft = fuse::chains(draft);
    }
    Ok(Plan::of(draft))
}
