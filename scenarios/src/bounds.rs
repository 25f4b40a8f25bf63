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
