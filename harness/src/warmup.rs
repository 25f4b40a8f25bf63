//! The warm-up: requests until the latency is steady, within a bound.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tare_adapter_api::{AdapterError, Session};
use tare_clock::Clock;
use tare_results::Load;
use tare_statistics::{Percentile, SteadyState, Warmth, nearest_rank};
use tare_units::Nanoseconds;

use crate::batches::BatchCounts;
use crate::pool::Pool;

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

/// Requests whose median is what one usually takes.
const LAST: usize = 32;

/// What the warm-up did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warmup {
    /// The latency of the first request of all.
    pub first: Nanoseconds,
    /// The median of the last requests of the cell's own batch.
    pub usual: Nanoseconds,
    /// Requests in all, the first included.
    pub requests: u64,
    /// Whether the latency was steady at its end.
    pub steady: bool,
    /// The batches that were met, where there are several.
    pub met: BatchCounts,
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

/// Runs requests of the cell's own batch until `SteadyState` is satisfied or `bounds` are reached. Where there are several
/// batches, each is met twice before, in the pool's order, which may take as long again.
///
/// # Errors
/// The first error of a request: a model that fails in the warm-up is not timed.
pub fn warm_up(
    session: &mut dyn Session,
    pool: &Pool,
    clock: &impl Clock,
    bounds: Bounds,
) -> Result<Warmup, AdapterError> {
    let mut warming = Warming {
        session,
        pool,
        clock,
        bounds,
        requests: 0,
        met: BatchCounts::up_to(pool.largest()),
        last: VecDeque::with_capacity(LAST),
    };
    let mut started = clock.now();
    let first = warming.request(pool.own_batch())?;
    if pool.largest().is_some() {
        warming.meet(started)?;
        started = clock.now();
    }
    let steady = warming.settle(started)?;
    Ok(Warmup {
        first,
        usual: warming.usual().unwrap_or(first),
        requests: warming.requests,
        steady,
        met: warming.met,
    })
}

/// A warm-up under way.
struct Warming<'a, C> {
    session: &'a mut dyn Session,
    pool: &'a Pool,
    clock: &'a C,
    bounds: Bounds,
    requests: u64,
    met: BatchCounts,
    last: VecDeque<Nanoseconds>,
}

impl<C: Clock> Warming<'_, C> {
    /// One of so many samples, and what it took.
    fn request(&mut self, samples: u64) -> Result<Nanoseconds, AdapterError> {
        let inputs = self.pool.of(samples, self.requests as usize);
        let inputs = inputs.ok_or_else(|| {
            AdapterError::Run(format!("there are no inputs for {samples} samples"))
        })?;
        let before = self.clock.now();
        self.session.run(inputs)?;
        let took = self.clock.now().saturating_sub(before);
        self.requests += 1;
        self.met.count(samples);
        Ok(took)
    }

    /// Two of each of these batches, as some libraries look at what is new the first time and prepare for it the second.
    fn meet(&mut self, started: Nanoseconds) -> Result<(), AdapterError> {
        for batch in self.pool.order() {
            for _ in 0..2 {
                if self.is_over(started) {
                    return Ok(());
                }
                self.request(*batch)?;
            }
        }
        Ok(())
    }

    /// Until the latency of the cell's own batch is steady; whether it is.
    fn settle(&mut self, started: Nanoseconds) -> Result<bool, AdapterError> {
        let mut rule = SteadyState::new();
        while !self.is_over(started) {
            let latency = self.request(self.pool.own_batch())?;
            self.remember(latency);
            if rule.feed(latency) == Warmth::Steady {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn remember(&mut self, latency: Nanoseconds) {
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(latency);
    }

    fn usual(&mut self) -> Option<Nanoseconds> {
        let last = self.last.make_contiguous();
        last.sort_unstable();
        nearest_rank(last, Percentile::P50)
    }

    fn is_over(&self, started: Nanoseconds) -> bool {
        let took = self.clock.now().saturating_sub(started);
        let is_late = took >= self.bounds.max_ns && self.requests >= self.bounds.min_requests;
        is_late || self.requests >= self.bounds.max_requests
    }
}
