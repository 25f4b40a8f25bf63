//! The one place that reads clocks: CLOCK_MONOTONIC for every measurement, a simulated clock for tests.
#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    reason = "the one crate that may read clocks"
)]

mod monotonic;
mod simulated;
mod thread_cpu;
mod wall;

pub use monotonic::MonotonicClock;
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
