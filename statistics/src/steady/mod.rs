//! When the warm-up is over: a rule over latencies as they come, in fixed memory.

mod bucket;
mod trend;

use tare_units::Nanoseconds;

use bucket::Bucket;

/// Whether latencies have settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warmth {
    /// They still change, or too few have been seen.
    NotYet,
    /// They have settled; stays so.
    Steady,
}

/// Decides from latencies, fed one by one in issue order, when the warm-up is over. Never allocates.
///
/// The caller bounds the warm-up and says so where the bound comes first.
#[derive(Debug, Clone)]
pub struct SteadyState {
    bucket: Bucket,
    levels: [f64; CAPACITY],
    filled: usize,
    least_requests: u64,
    least_span: Nanoseconds,
    seen: Nanoseconds,
    warmth: Warmth,
}

const CAPACITY: usize = 64;
const FEWEST: usize = 8;
const FIRST_SPAN: Nanoseconds = Nanoseconds::from_millis(2);
const LEAST_TIME: Nanoseconds = Nanoseconds::from_millis(100);

impl SteadyState {
    /// Before the first latency.
    pub fn new() -> Self {
        Self {
            bucket: Bucket::new(),
            levels: [0.0; CAPACITY],
            filled: 0,
            least_requests: 1,
            least_span: FIRST_SPAN,
            seen: Nanoseconds::ZERO,
            warmth: Warmth::NotYet,
        }
    }

    /// Takes the next request's latency; one that failed, [`Nanoseconds::MAX`], says nothing and is passed over.
    pub fn feed(&mut self, latency: Nanoseconds) -> Warmth {
        if self.warmth == Warmth::NotYet && latency < Nanoseconds::MAX {
            self.seen = self.seen + latency;
            self.bucket.add(latency);
            if self.bucket.count() >= self.least_requests && self.bucket.span() >= self.least_span {
                let level = self.bucket.take_level();
                self.push(level);
                self.judge();
            }
        }
        self.warmth
    }

    /// What the last request fed led to.
    pub fn warmth(&self) -> Warmth {
        self.warmth
    }

    fn push(&mut self, level: f64) {
        self.levels[self.filled] = level;
        self.filled += 1;
        if self.filled == CAPACITY {
            for pair in 0..CAPACITY / 2 {
                self.levels[pair] = (self.levels[2 * pair] + self.levels[2 * pair + 1]) / 2.0;
            }
            self.filled = CAPACITY / 2;
            self.least_requests *= 2;
            self.least_span = self.least_span + self.least_span;
        }
    }

    fn judge(&mut self) {
        let window = FEWEST.max(self.filled.div_ceil(2));
        if self.filled >= FEWEST && self.seen >= LEAST_TIME {
            let recent = &self.levels[self.filled - window..self.filled];
            if trend::is_flat(recent) {
                self.warmth = Warmth::Steady;
            }
        }
    }
}

impl Default for SteadyState {
    fn default() -> Self {
        Self::new()
    }
}
