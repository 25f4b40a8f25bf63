//! Rounds over parts that take exactly as long as the simulated clock says.

use std::sync::atomic::{AtomicU64, Ordering};

use tare_clock::SimulatedClock;

use super::*;
use crate::lane::Part;

const MICROSECOND: Nanoseconds = Nanoseconds::from_micros(1);

/// A step of one part that does one thing in `nanos`, 2 laps and one before: 3 iterations.
fn step<'a>(clock: &SimulatedClock, label: &str, nanos: u64) -> Step<'a> {
    let clock = clock.clone();
    Step {
        label: label.into(),
        threads: 1,
        make: Box::new(move || {
            let clock = clock.clone();
            let run = move |iterations| clock.advance(Nanoseconds::from_nanos(nanos * iterations));
            vec![Part::new(1, run)]
        }),
        pace: Pace {
            lap: MICROSECOND,
            laps: 2,
            most: None,
        },
        keep: Keep::Fastest,
        expected: Nanoseconds::from_nanos(3 * nanos),
    }
}

fn limits(rounds: u64, budget: Nanoseconds) -> Limits {
    Limits { rounds, budget }
}

#[test]
fn every_round_gives_each_part_a_value() {
    let clock = SimulatedClock::new();
    let steps = [step(&clock, "a", 1_000), step(&clock, "b", 2_000)];
    let limits = limits(3, Nanoseconds::from_secs(1));
    let readings = run(&clock, &crate::allowed_cpus(), &steps, limits, &mut |_| {});
    assert_eq!(readings.complete, 3);
    assert_eq!(readings.unpinned, None);
    for (values, per_s) in readings.values.iter().zip([1e6, 0.5e6]) {
        assert_eq!(values.len(), 1);
        assert_eq!(values[0].len(), 3);
        assert!(
            values[0]
                .iter()
                .all(|value| (value / per_s - 1.0).abs() < 1e-9)
        );
    }
}

#[test]
fn progress_counts_measurements_and_the_time_left() {
    let clock = SimulatedClock::new();
    let steps = [step(&clock, "a", 1_000), step(&clock, "b", 2_000)];
    let mut seen = Vec::new();
    let mut note = |progress: &Progress| {
        seen.push((
            progress.done,
            progress.left.as_nanos(),
            progress.step.clone(),
        ));
    };
    let limits = limits(2, Nanoseconds::from_secs(1));
    run(&clock, &[], &steps, limits, &mut note);
    let expected = [
        (0, 18_000, "a"),
        (1, 15_000, "b"),
        (2, 9_000, "a"),
        (3, 6_000, "b"),
    ];
    assert_eq!(
        seen,
        expected.map(|(done, left, step)| (done, left, step.to_owned()))
    );
}

#[test]
fn a_step_that_would_end_after_the_budget_is_not_begun() {
    let clock = SimulatedClock::new();
    let steps = [step(&clock, "a", 1_000), step(&clock, "b", 2_000)];
    let readings = run(
        &clock,
        &[],
        &steps,
        limits(5, Nanoseconds::from_micros(13)),
        &mut |progress| assert!(progress.left <= Nanoseconds::from_micros(13)),
    );
    assert_eq!(readings.complete, 1);
    assert_eq!(readings.values[0][0].len(), 2);
    assert_eq!(readings.values[1][0].len(), 1);
    assert_eq!(clock.now(), Nanoseconds::from_micros(12));
}

#[test]
fn of_the_laps_of_a_round_the_fastest_or_the_middle_one_counts() {
    let clock = SimulatedClock::new();
    let uneven = |keep| {
        let lap = AtomicU64::new(0);
        let (lap, moving) = (std::sync::Arc::new(lap), clock.clone());
        Step {
            make: Box::new(move || {
                let (lap, clock) = (lap.clone(), moving.clone());
                vec![Part::new(1, move |_| {
                    let nanos = [1_000, 4_000, 2_000, 1_000]
                        [lap.fetch_add(1, Ordering::Relaxed) as usize % 4];
                    clock.advance(Nanoseconds::from_nanos(nanos));
                })]
            }),
            pace: Pace {
                lap: MICROSECOND,
                laps: 3,
                most: None,
            },
            keep,
            ..step(&clock, "uneven", 1)
        }
    };
    let steps = [uneven(Keep::Fastest), uneven(Keep::Median)];
    let limits = limits(1, Nanoseconds::from_secs(1));
    let readings = run(&clock, &[], &steps, limits, &mut |_| {});
    let values: Vec<f64> = readings.values.iter().map(|parts| parts[0][0]).collect();
    assert!((values[0] / 1e6 - 1.0).abs() < 1e-9, "{values:?}");
    assert!((values[1] / 0.5e6 - 1.0).abs() < 1e-9, "{values:?}");
}
