//! How long the machine rests for sources of different pace.

use super::*;

#[test]
fn idle_is_measured_for_several_ticks_of_a_slow_counter_and_a_second_by_a_quick_one() {
    let rested = |tick_ms| {
        let clock = SimulatedClock::new();
        let meter = Plant::new(tick_ms, &clock).meter();
        let rest = meter.rest(&clock, &GOING_ON).unwrap();
        assert_eq!(rest.to, clock.now());
        rest.length().as_secs_f64()
    };
    assert_eq!((rested(20), rested(200)), (1.0, 1.0));
    assert_eq!((rested(1_000), rested(2_500)), (5.0, 12.5));
    assert_eq!((rested(4_000), rested(60_000)), (15.0, 1.0));
}

#[test]
fn a_source_that_ticks_each_three_seconds_tells_what_is_above_idle() {
    let found = weighed(&job(SINGLE, 1_000, &[]), 3_000, 1_000);
    let energy = found.energy();
    assert!(energy.stretched, "{:?}", found.answers);
    let source = &energy.sources[0];
    assert!(
        source.above_idle_random_j.unwrap() < 0.25 * source.above_idle_j.unwrap(),
        "{source:?}"
    );
}

/// A source of which the pace shows only once it has been read for a while.
struct Slow(Plant);

impl Readings for Slow {
    fn settle(&self, to: Nanoseconds, clock: &dyn Clock) {
        self.0.settle(to, clock);
    }

    fn histories(&self) -> Vec<History> {
        self.0.histories()
    }

    fn paces(&self, now: Nanoseconds) -> Vec<Nanoseconds> {
        let begun = Nanoseconds::from_secs(5);
        vec![now.saturating_sub(begun).min(Nanoseconds::from_secs(2))]
    }
}

#[test]
fn a_rest_grows_while_it_goes_on_with_what_a_meter_shows_of_its_pace() {
    let clock = SimulatedClock::new();
    let plant = Plant::new(1_000, &clock);
    let meter = EnergyMeter {
        readings: Box::new(Slow(plant.clone())),
        ..plant.meter()
    };
    let rest = meter.rest(&clock, &GOING_ON).unwrap();
    assert_eq!(rest.length(), Nanoseconds::from_secs(10));
    let stopped = meter.rest(&clock, &AtomicBool::new(true));
    assert_eq!(
        (stopped, clock.now()),
        (None, rest.to),
        "nothing is waited for"
    );
}
