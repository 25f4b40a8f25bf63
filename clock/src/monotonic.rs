//! CLOCK_MONOTONIC, read through the vDSO where the kernel offers one.

use rustix::thread::{ClockId, NanosleepRelativeResult, Timespec};
use rustix::time::clock_gettime;
use tare_units::Nanoseconds;

use crate::Clock;

/// CLOCK_MONOTONIC of this machine; the same origin in every process.
#[derive(Debug, Clone, Copy, Default)]
pub struct MonotonicClock;

impl Clock for MonotonicClock {
    #[inline]
    fn now(&self) -> Nanoseconds {
        let time = clock_gettime(ClockId::Monotonic);
        Nanoseconds::from_nanos(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
    }

    fn wait_until(&self, deadline: Nanoseconds) {
        loop {
            let remaining = deadline.saturating_sub(self.now()).as_nanos();
            if remaining == 0 {
                return;
            }
            let request = Timespec {
                tv_sec: (remaining / 1_000_000_000) as _,
                tv_nsec: (remaining % 1_000_000_000) as _,
            };
            if !matches!(
                rustix::thread::nanosleep(&request),
                NanosleepRelativeResult::Ok | NanosleepRelativeResult::Interrupted(_)
            ) {
                std::thread::sleep(std::time::Duration::from_nanos(remaining));
            }
        }
    }

    fn doze_until(&self, deadline: Nanoseconds) {
        let remaining = deadline.saturating_sub(self.now()).as_nanos();
        if remaining > 0 {
            std::thread::park_timeout(std::time::Duration::from_nanos(remaining));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back() {
        let clock = MonotonicClock;
        let mut before = clock.now();
        for _ in 0..10_000 {
            let now = clock.now();
            assert!(now >= before);
            before = now;
        }
    }

    #[test]
    fn it_lies_between_two_readings_of_the_c_library_s() {
        use nix::time::ClockId;
        let theirs = || {
            let time = ClockId::CLOCK_MONOTONIC.now().expect("a clock");
            Nanoseconds::from_nanos(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
        };
        for _ in 0..1_000 {
            let before = theirs();
            let now = MonotonicClock.now();
            assert!((before..=theirs()).contains(&now), "{before} {now}");
        }
    }

    #[test]
    fn waiting_reaches_the_deadline() {
        let clock = MonotonicClock;
        let deadline = clock.now() + Nanoseconds::from_micros(300);
        clock.wait_until(deadline);
        assert!(clock.now() >= deadline);
    }

    #[test]
    fn a_thread_that_was_unparked_dozes_no_longer() {
        let clock = MonotonicClock;
        let deadline = clock.now() + Nanoseconds::from_secs(3_600);
        std::thread::current().unpark();
        clock.doze_until(deadline);
        assert!(clock.now() < deadline);
    }
}
