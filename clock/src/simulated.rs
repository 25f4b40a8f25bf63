//! A clock that moves only when told to, so that tests are exact and never sleep.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tare_units::Nanoseconds;

use crate::Clock;

/// Clones share the same time; waiting jumps to the deadline.
#[derive(Debug, Clone, Default)]
pub struct SimulatedClock {
    now: Arc<AtomicU64>,
}

impl SimulatedClock {
    /// A clock that starts at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the time forward by `step`.
    pub fn advance(&self, step: Nanoseconds) {
        self.now.fetch_add(step.as_nanos(), Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Nanoseconds {
        Nanoseconds::from_nanos(self.now.load(Ordering::SeqCst))
    }

    fn wait_until(&self, deadline: Nanoseconds) {
        self.now.fetch_max(deadline.as_nanos(), Ordering::SeqCst);
    }

    /// Nothing moves while a thread spins, so that it jumps as well.
    fn spin_until(&self, deadline: Nanoseconds, is_over: &dyn Fn() -> bool) -> Nanoseconds {
        if !is_over() {
            self.wait_until(deadline);
        }
        self.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_jumps_and_never_goes_back() {
        let clock = SimulatedClock::new();
        clock.advance(Nanoseconds::from_nanos(10));
        clock.wait_until(Nanoseconds::from_nanos(50));
        clock.wait_until(Nanoseconds::from_nanos(20));
        assert_eq!(clock.now(), Nanoseconds::from_nanos(50));
    }
}
