//! Threads that sleep until another one makes true what they wait for; nobody is woken who does not sleep.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::thread::Thread;

use tare_clock::Clock;
use tare_units::Nanoseconds;

/// The longest that anyone sleeps without a look around: no lost wake-up becomes a hang.
pub const TICK: Nanoseconds = Nanoseconds::from_millis(100);

/// A thread that may sleep, and how others wake it.
#[derive(Debug, Default)]
pub struct Sleeper {
    thread: OnceLock<Thread>,
    asleep: AtomicBool,
}

impl Sleeper {
    /// The calling thread is the one.
    pub fn adopt(&self) {
        let _ = self.thread.set(std::thread::current());
    }

    /// Does `wait` while others know that this thread wants to be woken. What it waits for has to be looked at within.
    pub fn asleep<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.asleep.store(true, Ordering::SeqCst);
        // Who makes true what is waited for either sees the flag, or has made it true before `wait` looks.
        fence(Ordering::SeqCst);
        let waited = wait();
        self.asleep.store(false, Ordering::SeqCst);
        waited
    }

    /// Wakes it; whether it slept. What it waits for has to be true before.
    #[inline]
    pub fn wake(&self) -> bool {
        fence(Ordering::SeqCst);
        if !self.asleep.load(Ordering::Relaxed) || !self.asleep.swap(false, Ordering::SeqCst) {
            return false;
        }
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
        true
    }
}

/// Waits until `is_over`: spinning for `spin`, then asleep.
pub fn wait_for(
    sleeper: &Sleeper,
    clock: &impl Clock,
    (now, spin): (Nanoseconds, Nanoseconds),
    is_over: &dyn Fn() -> bool,
) -> Nanoseconds {
    if spin > Nanoseconds::ZERO {
        let now = clock.spin_until(now + spin, is_over);
        if is_over() {
            return now;
        }
    }
    loop {
        sleeper.asleep(|| {
            if !is_over() {
                clock.doze_until(clock.now() + TICK);
            }
        });
        if is_over() {
            return clock.now();
        }
    }
}
