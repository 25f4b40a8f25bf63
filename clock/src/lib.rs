//! The one place that reads clocks: CLOCK_MONOTONIC for every measurement, a simulated clock for tests.
#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    reason = "the one crate that may read clocks"
)]

mod monotonic;
mod pacer;
mod simulated;
mod thread_cpu;
mod wall;

pub use monotonic::MonotonicClock;
pub use pacer::Pacer;
pub use simulated::SimulatedClock;
pub use thread_cpu::ThreadCpuClock;
pub use wall::utc_now;

use tare_units::Nanoseconds;

/// A source of monotonic time.
pub trait Clock: Send + Sync {
    /// Time since an arbitrary fixed point; never decreases.
    fn now(&self) -> Nanoseconds;

    /// Returns at or after `deadline`.
    fn wait_until(&self, deadline: Nanoseconds);

    /// Sleeps until `deadline` or until the calling thread is unparked, whichever is first; may return for no reason.
    fn doze_until(&self, deadline: Nanoseconds) {
        self.wait_until(deadline);
    }

    /// Returns the time, at or after `deadline` or once `is_over`, without giving the processor away.
    fn spin_until(&self, deadline: Nanoseconds, is_over: &dyn Fn() -> bool) -> Nanoseconds {
        loop {
            let now = self.now();
            if now >= deadline || is_over() {
                return now;
            }
            std::hint::spin_loop();
        }
    }
}

/// Cost of one reading of `clock`: the smallest mean of 16 batches of 256 consecutive readings, in nanoseconds.
pub fn reading_cost_ns(clock: &impl Clock) -> f64 {
    const BATCHES: usize = 16;
    const READINGS: u32 = 256;
    (0..BATCHES)
        .map(|_| {
            let start = clock.now();
            for _ in 1..READINGS {
                std::hint::black_box(clock.now());
            }
            let end = clock.now();
            (end - start).as_nanos() as f64 / f64::from(READINGS)
        })
        .fold(f64::INFINITY, f64::min)
}
