//! The processor time of the calling thread, for comparisons on machines where the wall clock also times the neighbours.

use rustix::thread::ClockId;
use rustix::time::clock_gettime;
use tare_units::Nanoseconds;

use crate::{Clock, MonotonicClock};

/// CLOCK_THREAD_CPUTIME_ID: stands still while the thread does not run, so waiting is done by the monotonic clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadCpuClock;

impl Clock for ThreadCpuClock {
    #[inline]
    fn now(&self) -> Nanoseconds {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Nanoseconds::from_nanos(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
    }

    fn wait_until(&self, deadline: Nanoseconds) {
        let wall = MonotonicClock;
        wall.wait_until(wall.now() + deadline.saturating_sub(self.now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeping_costs_no_processor_time() {
        let (before, wall) = (ThreadCpuClock.now(), MonotonicClock.now());
        MonotonicClock.wait_until(wall + Nanoseconds::from_millis(30));
        let used = ThreadCpuClock.now() - before;
        assert!(used < Nanoseconds::from_millis(15), "{used}");
    }

    #[test]
    fn working_costs_processor_time() {
        let before = ThreadCpuClock.now();
        let mut sum = 0u64;
        while ThreadCpuClock.now() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(ThreadCpuClock.now() > before);
    }
}
