//! When a repeat ends: after its time or its requests, whichever is first, and not before its minimum.

use tare_units::Nanoseconds;

use crate::Progress;

/// The end of a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    duration: Nanoseconds,
    min_requests: u64,
    max_requests: u64,
}

impl Bounds {
    pub(crate) const fn new(duration: Nanoseconds, min_requests: u64, max_requests: u64) -> Self {
        Self {
            duration,
            min_requests,
            max_requests,
        }
    }

    /// Requests at the least.
    pub(crate) const fn least(&self) -> u64 {
        self.min_requests
    }

    /// Requests at the most.
    pub(crate) const fn most(&self) -> u64 {
        self.max_requests
    }

    /// Timed work, where the requests do not end it before.
    pub(crate) const fn duration(&self) -> Nanoseconds {
        self.duration
    }

    /// The time until the end of requests that come at this rate.
    pub(crate) fn at_rate(&self, per_s: f64) -> Nanoseconds {
        let time = |requests: u64| Nanoseconds::from_nanos_f64(requests as f64 / per_s * 1e9);
        let least = time(self.min_requests);
        self.duration.max(least).min(time(self.max_requests))
    }

    /// `time`, or the end of the duration where that is earlier and there are requests enough.
    #[inline]
    pub(crate) fn no_later_than_the_end(
        &self,
        time: Nanoseconds,
        progress: &Progress,
    ) -> Nanoseconds {
        match progress.issued >= self.min_requests {
            true => time.min(progress.started + self.duration),
            false => time,
        }
    }

    /// The time of the requests until the end, of which each takes `request`.
    pub(crate) fn timed(&self, request: Nanoseconds) -> Nanoseconds {
        let in_time = self.duration.as_nanos().div_ceil(request.as_nanos().max(1));
        let requests = in_time.max(self.min_requests).min(self.max_requests);
        Nanoseconds::from_nanos(requests.saturating_mul(request.as_nanos()))
    }

    #[inline]
    pub(crate) fn reached(&self, now: Nanoseconds, progress: &Progress) -> bool {
        let timed = now.saturating_sub(progress.started);
        progress.issued >= self.max_requests
            || (timed >= self.duration && progress.issued >= self.min_requests)
    }
}
