//! When requests arrive that wait for nothing: nanoseconds from the start, ascending.

use std::sync::Arc;

use tare_units::Nanoseconds;

use crate::random::{Random, Seed, Stream};
use crate::{RequestRate, Trace};

/// Nanoseconds and millionths of a request.
const NANO_MICRO: u128 = 1_000_000_000_000_000;

/// The times at which requests are due.
#[derive(Debug, Clone)]
pub(crate) enum Arrivals {
    Poisson(Poisson),
    Constant {
        micro: u64,
        place: u64,
    },
    Bursty {
        within: Poisson,
        on: u64,
        off: u64,
    },
    Replayed {
        times: Arc<[Nanoseconds]>,
        place: usize,
    },
}

/// A Poisson process: the gaps between arrivals are independent and exponential.
#[derive(Debug, Clone)]
pub(crate) struct Poisson {
    gap_ns: f64,
    at_ns: f64,
    random: Random,
}

impl Poisson {
    fn new(gap_ns: f64, seed: Seed) -> Self {
        Self {
            gap_ns,
            at_ns: 0.0,
            random: Random::new(seed, Stream::Arrivals),
        }
    }

    #[inline]
    fn next(&mut self) -> u64 {
        self.at_ns += self.gap_ns * self.random.exponential();
        self.at_ns as u64
    }
}

impl Arrivals {
    pub(crate) fn poisson(rate: RequestRate, seed: Seed) -> Self {
        Self::Poisson(Poisson::new(gap_ns(rate), seed))
    }

    /// The first at the start, the others evenly after it; each at its exact time, so that no error adds up.
    pub(crate) fn constant(rate: RequestRate) -> Self {
        let micro = rate.as_micro();
        Self::Constant { micro, place: 0 }
    }

    /// Poisson at a higher rate in phases of length `on`, the first at the start, with nothing for `off` between two;
    /// over both the mean is `rate`.
    pub(crate) fn bursty(rate: RequestRate, on: Nanoseconds, off: Nanoseconds, seed: Seed) -> Self {
        let (on, off) = (on.as_nanos(), off.as_nanos());
        let share = on as f64 / (on as f64 + off as f64);
        Self::Bursty {
            within: Poisson::new(gap_ns(rate) * share, seed),
            on,
            off,
        }
    }

    pub(crate) fn replayed(trace: &Trace) -> Self {
        let times = trace.shared();
        Self::Replayed { times, place: 0 }
    }

    /// The last time, in nanoseconds from the start; `None` where they go on for ever.
    pub(crate) fn end(&self) -> Option<u64> {
        match self {
            Self::Replayed { times, .. } => times.last().map(|last| last.as_nanos()),
            Self::Poisson(_) | Self::Constant { .. } | Self::Bursty { .. } => None,
        }
    }

    /// The next time, in nanoseconds from the start; `None` where no more comes.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<u64> {
        match self {
            Self::Poisson(poisson) => Some(poisson.next()),
            Self::Constant { micro, place } => {
                let due = u128::from(*place) * NANO_MICRO / u128::from(*micro);
                *place += 1;
                Some(u64::try_from(due).unwrap_or(u64::MAX))
            }
            Self::Bursty { within, on, off } => {
                let busy = within.next();
                let silence = (busy / *on).saturating_mul(*off);
                Some(busy.saturating_add(silence))
            }
            Self::Replayed { times, place } => {
                let due = times.get(*place)?;
                *place += 1;
                Some(due.as_nanos())
            }
        }
    }
}

fn gap_ns(rate: RequestRate) -> f64 {
    NANO_MICRO as f64 / rate.as_micro() as f64
}

#[cfg(test)]
mod tests;
