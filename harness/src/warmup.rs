//! The warm-up: requests until the latency is steady, within a bound.

use serde::{Deserialize, Serialize};
use tare_adapter_api::{AdapterError, Session, Tensor};
use tare_clock::Clock;
use tare_results::Load;
use tare_statistics::{SteadyState, Warmth};
use tare_units::Nanoseconds;

/// How long a warm-up may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Time at the most; the request under way is finished.
    pub max_ns: Nanoseconds,
    /// Requests at the most.
    pub max_requests: u64,
    /// Requests at the least, even where the time is over.
    pub min_requests: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_ns: Nanoseconds::from_secs(3),
            max_requests: 10_000_000,
            min_requests: 3,
        }
    }
}

/// What the warm-up did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warmup {
    /// The latency of the first request of all.
    pub first: Nanoseconds,
    /// Requests in all, the first included.
    pub requests: u64,
    /// Whether the latency was steady at its end.
    pub steady: bool,
}

impl Warmup {
    /// Getting ready, with the time from the model's path to a session.
    pub fn load(&self, load_ns: Nanoseconds) -> Load {
        Load {
            load_ns,
            first_inference_ns: Some(self.first),
            warmup_requests: self.requests,
            steady: self.steady,
        }
    }
}

/// Runs requests until `SteadyState` is satisfied or `bounds` are reached.
///
/// # Errors
/// The first error of a request: a model that fails in the warm-up is not timed.
pub fn warm_up(
    session: &mut dyn Session,
    pool: &[Vec<Tensor>],
    clock: &impl Clock,
    bounds: Bounds,
) -> Result<Warmup, AdapterError> {
    let started = clock.now();
    let mut rule = SteadyState::new();
    let mut warmup = Warmup {
        first: Nanoseconds::ZERO,
        requests: 0,
        steady: false,
    };
    for inputs in pool.iter().cycle() {
        let before = clock.now();
        session.run(inputs)?;
        let after = clock.now();
        let latency = after.saturating_sub(before);
        warmup.requests += 1;
        if warmup.requests == 1 {
            warmup.first = latency;
            continue;
        }
        warmup.steady = rule.feed(latency) == Warmth::Steady;
        let out_of_bounds = after.saturating_sub(started) >= bounds.max_ns
            && warmup.requests >= bounds.min_requests;
        if warmup.steady || warmup.requests >= bounds.max_requests || out_of_bounds {
            break;
        }
    }
    Ok(warmup)
}
