//! Pure statistics of latencies: what a set of samples says, how surely, and when it says nothing.
//!
//! Nothing here knows where the numbers come from: no clock, no randomness, no files.
//! - [`Distribution::of`]: one repeat's samples in issue order → count, mean, extremes, percentiles with intervals.
//! - [`across_repeats`]: one percentile of several repeats → its mean with Student's t interval.
//! - [`SteadyState`]: latencies one by one → whether the warm-up is over.
#![forbid(unsafe_code)]

mod binomial;
mod correlation;
mod distribution;
mod moments;
mod order;
mod percentile;
mod repeats;
mod steady;

pub use correlation::{Correlation, correlation};
pub use distribution::Distribution;
pub use moments::Moments;
pub use order::{CONFIDENCE, PercentileEstimate, Undecided, samples_needed};
pub use percentile::{Percentile, nearest_rank};
pub use repeats::{
    Across, BetweenRepeats, MeanInterval, across_repeats, mean_interval, mean_interval_at,
};
pub use steady::{SteadyState, Warmth};
