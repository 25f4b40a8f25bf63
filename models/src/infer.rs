//! Element types and shapes of an operator's outputs, from those of its inputs and the constants among them.
//!
//! Sizes are concrete, so the rules work on `usize` with every operation checked, and refuse inputs that do not fit.
//! Where `rten-shape-inference` has a rule that is exact for concrete sizes, that rule is used (`symbolic`).

mod attention;
mod context;
mod contrib;
mod convolution;
mod dims;
mod dtypes;
mod elementwise;
mod generate;
mod indexing;
mod layout;
mod matmul;
mod normalise;
mod pool;
mod recurrent;
mod reduce;
mod resample;
mod signal;
mod slicing;
mod symbolic;
mod table;

pub(crate) use attention::{heads as attention_heads, value_size};
pub(crate) use context::{Context, Failure, Known};
pub(crate) use dims::{axis_of, broadcast, elements};
pub(crate) use dtypes::dtypes;
pub(crate) use layout::{permutation, shape_range};
pub(crate) use matmul::{Einsum, transposed};
pub(crate) use reduce::reduced_axes;
pub(crate) use slicing::cuts;
pub(crate) use table::shapes;

/// The shape of each output.
pub(crate) type Shapes = Vec<Vec<usize>>;

/// What a rule gives.
pub(crate) type Inferred = Result<Shapes, Failure>;
