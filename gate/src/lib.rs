//! Whether a candidate is slower than its baseline, decided from blocks of both with a stated error rate.
//!
//! A *block* is one fresh process of each side, one after the other, and its *difference* the logarithm of the
//! candidate's figure over the baseline's. Nothing here measures, waits, or draws random numbers.
#![forbid(unsafe_code)]

mod estimate;
mod plan;
mod signed_rank;

pub use estimate::{Estimate, estimate};
pub use plan::{Decision, Errors, Look, Plan, PlanError, Step};
pub use signed_rank::{NullDistribution, SignedRanks};
