//! Teams whose parts take exactly as long as the simulated clock says.

use tare_clock::SimulatedClock;

use super::*;

const PACE: Pace = Pace {
    lap: Nanoseconds::from_micros(1),
    laps: 3,
    most: None,
};

/// A part of 8 operations that take `nanos` an iteration.
fn part(clock: &SimulatedClock, nanos: u64) -> Part {
    let clock = clock.clone();
    Part::new(8, move |iterations| {
        clock.advance(Nanoseconds::from_nanos(nanos * iterations));
    })
}

fn assert_close(found: &[Vec<f64>], expected: &[[f64; 3]]) {
    let of = |rates: &[Vec<f64>]| rates.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(of(found), vec![3; expected.len()]);
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
    }
}

#[test]
fn a_rate_is_work_over_time_for_each_part_and_lap() {
    let clock = SimulatedClock::new();
    let make = || vec![part(&clock, 4), part(&clock, 16)];
    let laps = run(&clock, 1, &crate::pin::allowed_cpus(), &make, PACE);
    assert_close(&laps.per_s, &[[2e9; 3], [0.5e9; 3]]);
    assert_eq!(laps.unpinned, None);
}

#[test]
fn the_work_of_all_threads_counts_over_the_time_of_the_whole_lap() {
    let clock = SimulatedClock::new();
    let make = || vec![part(&clock, 4)];
    let laps = run(&clock, 2, &[0], &make, PACE);
    // Both move the one clock, so that twice the work takes twice the time.
    assert_close(&laps.per_s, &[[2e9; 3]]);
    assert_eq!(
        laps.unpinned.as_deref(),
        Some("there are fewer processors than threads")
    );
}

#[test]
fn an_iteration_longer_than_a_lap_is_done_once_a_lap() {
    let clock = SimulatedClock::new();
    let make = || vec![part(&clock, 10_000)];
    run(&clock, 1, &crate::pin::allowed_cpus(), &make, PACE);
    assert_eq!(clock.now(), Nanoseconds::from_micros(4 * 10));
}

#[test]
fn no_lap_begins_after_the_most_that_a_pace_allows() {
    let clock = SimulatedClock::new();
    let pace = Pace {
        most: Some(Nanoseconds::from_micros(3)),
        laps: 100,
        ..PACE
    };
    let make = || vec![part(&clock, 1_000), part(&clock, 1_000)];
    let laps = run(&clock, 1, &crate::allowed_cpus(), &make, pace);
    assert_eq!(laps.per_s.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn a_clock_that_stands_still_gives_no_rate_instead_of_an_endless_one() {
    let clock = SimulatedClock::new();
    let make = || vec![Part::new(1, |_| {})];
    let laps = run(&clock, 1, &crate::pin::allowed_cpus(), &make, PACE);
    assert_eq!(laps.per_s, [vec![0.0; 0]]);
}

#[test]
fn no_parts_are_no_laps() {
    let clock = SimulatedClock::new();
    let laps = run(&clock, 1, &[], &Vec::new, PACE);
    assert!(laps.per_s.is_empty());
}
