//! Waiting for deadlines to within a microsecond: asleep until shortly before, then spinning.

use std::marker::PhantomData;
use std::num::NonZeroU64;

use rustix::thread::{current_timer_slack, set_current_timer_slack};
use tare_units::Nanoseconds;

use crate::Clock;

/// A sleep shorter than this is spun through: going to sleep and waking up takes as long.
const SHORTEST_SLEEP: Nanoseconds = Nanoseconds::from_micros(5);

/// Waits on the thread that made it, whose timer slack is 1 ns while it lives.
///
/// It sleeps until a margin before the deadline and spins from there on. The margin follows the lag with which the thread
/// was woken so far, and stays within [`Pacer::LONGEST_MARGIN`].
#[derive(Debug)]
pub struct Pacer<'c, C> {
    clock: &'c C,
    margin: Margin,
    slack: Option<NonZeroU64>,
    /// The slack is a thread's own: what set it has to set it back.
    _on_this_thread: PhantomData<*const ()>,
}

impl<'c, C: Clock> Pacer<'c, C> {
    /// The longest time that is spun before a deadline: 8% of a core where 1,000 deadlines a second are waited for.
    pub const LONGEST_MARGIN: Nanoseconds = Nanoseconds::from_nanos(MOST as u64);

    /// Waits on `clock`, on the calling thread.
    pub fn new(clock: &'c C) -> Self {
        let slack = current_timer_slack().ok().and_then(NonZeroU64::new);
        // A kernel that refuses leaves wake-ups late by its default, which the margin learns.
        let _ = set_current_timer_slack(Some(NonZeroU64::MIN));
        Self {
            clock,
            margin: Margin::default(),
            slack,
            _on_this_thread: PhantomData,
        }
    }

    /// Returns the time, at or after `deadline`.
    pub fn wait_until(&mut self, deadline: Nanoseconds) -> Nanoseconds {
        self.wait_unless(deadline, &|| false)
    }

    /// Returns the time, at or after `deadline` or as soon as `is_over`; who makes it so unparks this thread.
    pub fn wait_unless(
        &mut self,
        deadline: Nanoseconds,
        is_over: &dyn Fn() -> bool,
    ) -> Nanoseconds {
        let mut now = self.clock.now();
        while now < deadline && !is_over() {
            let wake = deadline.saturating_sub(self.margin.length());
            if now + SHORTEST_SLEEP >= wake {
                return self.clock.spin_until(deadline, is_over);
            }
            self.clock.doze_until(wake);
            now = self.clock.now();
            if now >= wake {
                self.margin.observe(now - wake);
            }
        }
        now
    }
}

impl<C> Drop for Pacer<'_, C> {
    fn drop(&mut self) {
        let _ = set_current_timer_slack(self.slack);
    }
}

const FIRST: f64 = 60_000.0;
const LEAST: f64 = 2_000.0;
const MOST: f64 = 80_000.0;
/// The share of wake-ups that may be later than the margin.
const LATER: f64 = 0.004;
/// How much the margin grows where one was.
const GROWTH: f64 = 1.15;

/// How long before a deadline a sleep ends, in nanoseconds: the quantile of the wake-up lag that all but a few in a thousand
/// stay below.
///
/// It grows by a factor where a lag exceeds it and shrinks by as much less where not as such lags are rarer, so that it
/// stands still where the share is met (stochastic approximation of a quantile; Robbins and Monro, 1951).
#[derive(Debug, Clone, Copy, PartialEq)]
struct Margin(f64);

impl Default for Margin {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Margin {
    fn length(self) -> Nanoseconds {
        Nanoseconds::from_nanos(self.0 as u64)
    }

    fn observe(&mut self, lag: Nanoseconds) {
        let factor = match lag > self.length() {
            true => GROWTH,
            false => GROWTH.powf(-LATER / (1.0 - LATER)),
        };
        self.0 = (self.0 * factor).clamp(LEAST, MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MonotonicClock, SimulatedClock};

    /// Lags that are never negative, of mean `mean`: exponential, by the golden ratio's sequence.
    fn lags(mean: f64) -> impl Iterator<Item = Nanoseconds> {
        let share = |place: u64| (place as f64 * 0.618_033_988_749_894_9).fract();
        (1..).map(move |place| Nanoseconds::from_nanos_f64(-mean * (1.0 - share(place)).ln()))
    }

    #[test]
    fn all_but_a_few_in_a_thousand_wake_ups_are_within_the_margin() {
        for mean in [1_000.0, 4_000.0, 10_000.0] {
            let mut margin = Margin::default();
            let mut later = 0;
            for (place, lag) in lags(mean).take(40_000).enumerate() {
                later += u32::from(place >= 20_000 && lag > margin.length());
                margin.observe(lag);
            }
            assert!((40..=120).contains(&later), "{mean}: {later} of 20000");
        }
    }

    #[test]
    fn the_margin_stays_within_its_bounds_whatever_the_lag() {
        let mut margin = Margin::default();
        (0..1_000).for_each(|_| margin.observe(Nanoseconds::from_secs(1)));
        assert_eq!(margin.length(), Pacer::<MonotonicClock>::LONGEST_MARGIN);
        (0..100_000).for_each(|_| margin.observe(Nanoseconds::ZERO));
        assert_eq!(margin.length(), Nanoseconds::from_micros(2));
    }

    #[test]
    fn a_deadline_is_reached_and_never_missed_on_either_clock() {
        let simulated = SimulatedClock::new();
        let mut pacer = Pacer::new(&simulated);
        for due in [10, 500, 1_000_000_000, 1_000_000_001] {
            let due = Nanoseconds::from_nanos(due);
            assert_eq!(pacer.wait_until(due), due, "to the nanosecond");
        }
        let past = Nanoseconds::from_nanos(7);
        assert_eq!(pacer.wait_until(past), simulated.now());
        let mut pacer = Pacer::new(&MonotonicClock);
        let due = MonotonicClock.now() + Nanoseconds::from_micros(400);
        assert!(pacer.wait_until(due) >= due);
    }

    #[test]
    fn a_wait_that_is_over_ends_before_its_deadline() {
        let mut pacer = Pacer::new(&MonotonicClock);
        let never = MonotonicClock.now() + Nanoseconds::from_secs(3_600);
        assert!(pacer.wait_unless(never, &|| true) < never);
    }

    #[test]
    fn the_timer_slack_is_the_thread_s_own_again_afterwards() {
        let before = current_timer_slack().expect("Linux tells");
        {
            let _pacer = Pacer::new(&MonotonicClock);
            assert_eq!(current_timer_slack().expect("Linux tells"), 1);
        }
        assert_eq!(current_timer_slack().expect("Linux tells"), before);
    }
}
