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

/// Decides from latencies, fed one by one in issue order, when the warm-up is over.
///
/// Lives in fixed memory and never allocates. The caller bounds the warm-up, and tells of a bound that came first.
///
/// # The rule
/// Successive requests are gathered into buckets of at least one request and 2 ms of summed latency; a bucket's level is
/// the logarithm of its median. When 64 levels have come they are averaged in pairs and buckets become twice as long, so
/// that slow changes are seen too. After at least 8 buckets and 100 ms, at the end of each bucket, the later half of the
/// levels (at least 8) is judged: the latency is steady where their trend, by the median of pairwise slopes (Theil, 1950;
/// Sen, 1968), carried over all of them and widened by its standard error, is at most 2%, or at most 1.5 times the noise
/// between neighbours, the larger. The cold start thus leaves the judged half by itself, and outliers move neither
/// medians nor slopes.
///
/// # How early and how late
/// By simulation (`tests/steady.rs`, 200 series each, normal noise of 1% of the latency unless said otherwise; "after" is
/// the number of requests in the median and the 95th percentile):
///
/// | latencies of 264 ms | declared steady too early | after |
/// |---|---|---|
/// | flat, no noise / 1% / 10% | – | 8, 8 / 9, 14 / 12, 23 |
/// | flat, one request in ten slower (Pareto 1.4), or one alone tenfold | – | 9, 17 |
/// | first 1 / 3 / 6 requests thrice as slow | 0% / 0% / 0% | 9, 14 / 11, 17 / 14, 21 |
/// | +20% decaying by e in 4 / 8 / 16 requests | 0% / 0.5% / 0.5% (above 2% until 10 / 19 / 37) | 20, 28 / 39, 51 / 72, 80 |
/// | +100% decaying by e in 4 / 16 / 64 requests | 0% / 0% / 0% (above 2% until 16 / 63 / 251) | 34, 43 / 126, 160 / 496, 544 |
/// | ±5% with a period of 2 to 16 requests | – | 8 to 26, 11 to 38 |
/// | 1% more with each request | 0% | never |
///
/// For latencies of 1 ms the same series give 83 to 124 requests where the change is over by then, the same delays where
/// it is not, and no early declaration; latencies of 50 ns are steady after 100 to 110 ms. What the first eight slow
/// requests cannot show is not seen: of requests of 264 ms of which the first 20 are alike and the later ones faster,
/// or of a surplus of 10% that takes 32 requests to decay by e, most series are declared steady too early.
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
