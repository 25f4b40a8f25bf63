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

/// 2,000 requests that took 30 ms, of which the generator's own lag is `lag`.
fn slow(lag: Nanoseconds) -> Tried {
    let sample = |number: u64| Sample {
        issued: number * 40_000_000 + lag.as_nanos(),
        latency: 30_000_000,
        skew: u32::try_from(lag.as_nanos()).expect("short"),
        delay: 0,
    };
    Tried {
        samples: (0..2_000).map(sample).collect(),
        load: 0.1,
        is_whole: true,
        took: Nanoseconds::from_secs(5),
    }
}

#[test]
fn a_rate_whose_objective_the_generator_itself_missed_is_not_decided_and_its_lag_is_told() {
    let sought = Sought {
        objective: Objective {
            percentile: Percentile::P90,
            bound: Nanoseconds::from_millis(20),
        },
        workers: 1,
        usual: Nanoseconds::from_millis(1),
        cycle: Nanoseconds::ZERO,
        budget: Nanoseconds::from_secs(10),
    };
    for (lag, expected) in [(25, Told::Undecided), (1, Told::Missed)] {
        let lag = Nanoseconds::from_millis(lag);
        let tried = |_, _| Ok::<_, std::convert::Infallible>(slow(lag));
        let Ok(found) = sought.search(tried);
        assert!(!found.tried.is_empty());
        assert!(found.tried.iter().all(|(_, told)| *told == expected));
        let p99 = |skew: &Option<ScheduleSkew>| skew.as_ref().map(|skew| skew.skew_p99_ns);
        assert_eq!(found.skews.len(), found.tried.len());
        assert!(found.skews.iter().all(|skew| p99(skew) == Some(lag)));
    }
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
