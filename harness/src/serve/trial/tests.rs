//! How long trials are at the most, and how often a rate is decided wrongly.

use tare_statistics::Percentile;

use super::*;
use crate::serve::saturation::tests::served;

#[test]
fn a_trial_has_room_for_ten_standard_deviations_more_than_are_due_on_average() {
    let most = most_due() as f64 * (1.0 + 1.0 / FEWEST_CYCLES as f64);
    let needed = most + 10.0 * most.sqrt();
    assert!((0.99..=1.0).contains(&(needed / ROOM as f64)), "{needed}");
}

/// At a load of exactly 1 a rate is the highest that can be served, and any objective that is generous enough is kept.
#[test]
fn at_a_load_of_one_the_rule_of_saturation_takes_no_more_than_its_half_of_the_risk() {
    const RISK: f64 = 0.2;
    const RUNS: u64 = 2_000;
    let generous = Objective {
        percentile: Percentile::P90,
        bound: Nanoseconds::from_secs(3_600),
    };
    let missed = (0..RUNS).filter(|seed| {
        let (samples, load) = served(1.0, 1_000, usize::MAX, *seed);
        judged(&samples, load, generous, RISK) == Told::Missed
    });
    let share = missed.count() as f64 / RUNS as f64;
    let noise = 3.0 * (HALF * RISK * (1.0 - HALF * RISK) / RUNS as f64).sqrt();
    assert!(share <= HALF * RISK + noise, "{share}");
}
