//! Pure statistics of latencies: what a set of samples says, how surely, and when it says nothing.
//!
//! Nothing here knows where the numbers come from: no clock, no randomness, no files.
//! - [`Distribution::of`]: one repeat's samples in issue order → count, mean, extremes, percentiles with intervals.
//! - [`across_repeats`]: one percentile of several repeats → its mean with Student's t interval.
//! - [`independent_sum`], [`paired_share`]: what is computed from several of them → with its interval.
//! - [`RobustFit`], [`knee`], [`pearson`], [`power_law`]: several cells → a law, the size where work equals overhead, a
//!   correlation, an exponent.
//! - [`SteadyState`]: latencies one by one → whether the warm-up is over; [`drift`]: whether they changed after it.
//! - [`kept`]: latencies and a bound on a percentile → whether it holds; [`Looks`]: when enough requests were made.
#![forbid(unsafe_code)]

mod binomial;
mod busy;
mod combine;
mod correlation;
mod distribution;
mod drift;
mod early;
mod knee;
mod looks;
mod moments;
mod order;
mod pearson;
mod percentile;
mod repeats;
mod robust;
mod solve;
mod steady;
mod worth;

pub use busy::busy_time;
pub use combine::{independent_share, independent_sum, paired_share};
pub use correlation::{Correlation, correlation};
pub use distribution::Distribution;
pub use drift::{Drift, SMALLEST_DRIFT, drift};
pub use early::{Kept, RISK, Standing, fewest, kept, most_over, standing};
pub use knee::{Knee, KneeShape, knee};
pub use looks::{DECIDED_WITHIN, Decision, Looked, Looks};
pub use moments::Moments;
pub use order::{CONFIDENCE, PercentileEstimate, Undecided, samples_needed};
pub use pearson::{PowerLaw, pearson, power_law};
pub use percentile::{Percentile, nearest_rank};
pub use repeats::{
    Across, BetweenRepeats, MeanInterval, across_repeats, mean_interval, mean_interval_at,
};
pub use robust::RobustFit;
pub use steady::{SteadyState, Warmth};
