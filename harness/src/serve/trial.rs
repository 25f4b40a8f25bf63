//! Whether a rate that was tried keeps its objective: by its requests, and by whether their queue grows.

use tare_results::samples::Sample;
use tare_scenarios::Objective;
use tare_scenarios::search::{RISK, Told};
use tare_statistics::{Standing, fewest, kept};

use super::saturation::{LOADED, is_saturated};
use crate::figures::wall;

/// The chance at which each of the two rules may be wrong that say a rate does not keep its objective.
const EACH: f64 = RISK / 2.0;

/// Requests that decide `objective` where hardly any depends on another: twice as many as are needed at the least, as drawn
/// arrivals may be fewer than they are on average, and one request over the bound too many.
pub fn deciding(objective: Objective) -> u64 {
    2 * fewest(objective.percentile, EACH)
}

/// What requests in issue order say of `objective` that came at one rate from a time on at which none waited; `load` is the
/// share of the servers' time that all that were due would have needed.
///
/// A rate at which the queue grows without bound does not keep any objective, however many requests of a short trial were
/// within it. Where they are too few to tell and the load is near 1, nothing is decided.
pub fn judged(samples: &[Sample], load: f64, objective: Objective) -> Told {
    let asked = (objective.percentile, objective.bound);
    let saturated = is_saturated(samples, load, EACH);
    match (kept(wall(samples), asked, EACH).standing, saturated) {
        (_, Some(true)) | (Standing::NotMet, _) => Told::Missed,
        (Standing::Met, Some(false)) => Told::Kept,
        (Standing::Met, None) if load < LOADED => Told::Kept,
        _ => Told::Undecided,
    }
}
