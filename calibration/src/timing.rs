//! What reading time costs, how fine it is, and how late a sleep ends.

use tare_clock::{Clock, reading_cost_ns};
use tare_results::Timing;
use tare_units::Nanoseconds;

use crate::spread;

const REPEATS: usize = 5;
const SLEEP: Nanoseconds = Nanoseconds::from_micros(100);
const SLEEPS: usize = 50;
const READINGS: usize = 4_096;

/// `None` where the clock stands still.
pub(crate) fn measure<C: Clock>(clock: &C) -> Option<Timing> {
    let costs: Vec<f64> = (0..REPEATS).map(|_| reading_cost_ns(clock)).collect();
    let steps: Vec<f64> = (0..REPEATS).filter_map(|_| smallest_step(clock)).collect();
    let sleeps: Vec<Vec<f64>> = (0..REPEATS).map(|_| overshoots(clock)).collect();
    let medians: Vec<f64> = sleeps
        .iter()
        .filter_map(|some| spread::middle(some))
        .collect();
    let longest: Vec<f64> = sleeps
        .iter()
        .filter_map(|some| spread::greatest(some))
        .collect();
    Some(Timing {
        clock_read_ns: spread::of(&costs, |cost| cost)?,
        clock_step_ns: spread::of(&steps, |step| step)?,
        sleep_overshoot_p50_ns: spread::of(&medians, Nanoseconds::from_nanos_f64)?,
        sleep_overshoot_max_ns: spread::of(&longest, Nanoseconds::from_nanos_f64)?,
    })
}

/// Between two readings that differ.
fn smallest_step<C: Clock>(clock: &C) -> Option<f64> {
    let readings: Vec<Nanoseconds> = (0..READINGS).map(|_| clock.now()).collect();
    let steps = readings
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_nanos());
    steps.filter(|step| *step > 0).min().map(|step| step as f64)
}

fn overshoots<C: Clock>(clock: &C) -> Vec<f64> {
    let sleep = |_| {
        let deadline = clock.now() + SLEEP;
        clock.wait_until(deadline);
        clock.now().saturating_sub(deadline).as_nanos() as f64
    };
    (0..SLEEPS).map(sleep).collect()
}

#[cfg(test)]
mod tests {
    use tare_clock::SimulatedClock;

    use super::*;

    /// Each reading takes 20 ns, each sleep is 3 µs too long.
    struct Slow(SimulatedClock);

    impl Clock for Slow {
        fn now(&self) -> Nanoseconds {
            self.0.advance(Nanoseconds::from_nanos(20));
            self.0.now()
        }

        fn wait_until(&self, deadline: Nanoseconds) {
            self.0.wait_until(deadline + Nanoseconds::from_micros(3));
        }
    }

    #[test]
    fn cost_step_and_overshoot_are_those_of_the_clock() {
        let timing = measure(&Slow(SimulatedClock::new())).unwrap();
        assert_eq!(timing.clock_read_ns.value, 20.0);
        assert_eq!(timing.clock_step_ns.value, 20.0);
        let late = Nanoseconds::from_nanos(3_020);
        assert_eq!(timing.sleep_overshoot_p50_ns.value, late);
        assert_eq!(timing.sleep_overshoot_max_ns.high, late);
        assert_eq!(timing.clock_read_ns.repeats, REPEATS as u64);
    }

    #[test]
    fn a_clock_that_stands_still_has_no_step() {
        assert_eq!(measure(&SimulatedClock::new()), None);
    }
}
