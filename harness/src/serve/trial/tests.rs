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
        is_waited_for: true,
    }
}

/// A clock on which every look takes 2.5 s.
fn slow_clock() -> impl Fn() -> Nanoseconds {
    let looks = std::cell::Cell::new(0);
    move || {
        looks.set(looks.get() + 1);
        Nanoseconds::from_millis(2_500 * looks.get())
    }
}

/// A search of so many seconds for a p90 within 20 ms.
fn sought(seconds: u64) -> Sought {
    Sought {
        objective: Objective {
            percentile: Percentile::P90,
            bound: Nanoseconds::from_millis(20),
        },
        workers: 1,
        usual: Nanoseconds::from_millis(1),
        cycle: Nanoseconds::ZERO,
        budget: Nanoseconds::from_secs(seconds),
    }
}

#[test]
fn a_rate_whose_objective_the_generator_itself_missed_is_not_decided_and_its_lag_is_told() {
    let sought = sought(10);
    for (lag, expected) in [(25, Told::Undecided), (1, Told::Missed)] {
        let lag = Nanoseconds::from_millis(lag);
        let tried = |_, _| Ok::<_, std::convert::Infallible>(slow(lag));
        let Ok(found) = sought.search(slow_clock(), tried);
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
        let tried = Tried {
            samples,
            load,
            is_whole: true,
            is_waited_for: true,
        };
        tried.told(generous, RISK) == Told::Missed
    });
    let share = missed.count() as f64 / RUNS as f64;
    let noise = 3.0 * (HALF * RISK * (1.0 - HALF * RISK) / RUNS as f64).sqrt();
    assert!(share <= HALF * RISK + noise, "{share}");
}

/// Requests at this load of which those are given up on that would have waited 200 services.
fn given_up(rho: f64) -> Tried {
    let (mut samples, load) = served(rho, 5_000, usize::MAX, 1);
    let long = |sample: &&mut Sample| sample.latency >= 200_000_000;
    samples
        .iter_mut()
        .filter(long)
        .for_each(|sample| sample.latency = Sample::FAILED);
    Tried {
        samples,
        load,
        is_whole: true,
        is_waited_for: false,
    }
}

#[test]
fn requests_that_were_not_waited_for_do_not_show_that_a_rate_misses_its_objective_but_a_growing_queue_does()
 {
    let within = |services| Objective {
        percentile: Percentile::P90,
        bound: Nanoseconds::from_millis(services),
    };
    let saturated = given_up(2.0);
    assert_eq!(saturated.told(within(10_000), RISK), Told::Missed);
    let mut tried = given_up(0.5);
    assert_eq!(tried.told(within(10_000), RISK), Told::Kept);
    for sample in tried.samples.iter_mut().step_by(2) {
        sample.latency = Sample::FAILED;
    }
    assert_eq!(tried.told(within(10_000), RISK), Told::Undecided);
    tried.is_waited_for = true;
    assert_eq!(tried.told(within(10_000), RISK), Told::Missed);
}

#[test]
fn a_lag_that_a_sample_cannot_hold_decides_nothing() {
    let objective = Objective {
        percentile: Percentile::P90,
        bound: Nanoseconds::from_secs(3_600),
    };
    let mut tried = slow(Nanoseconds::from_millis(1));
    assert_eq!(tried.told(objective, RISK), Told::Kept);
    tried.samples[7].skew = Sample::LONGEST_SKEW;
    assert_eq!(tried.told(objective, RISK), Told::Undecided);
}

#[test]
fn what_it_takes_to_decide_on_a_trial_is_time_of_the_search() {
    for (budget, trials) in [(2, 1), (7, 3)] {
        let tried = |_, _| Ok::<_, std::convert::Infallible>(slow(Nanoseconds::from_millis(1)));
        let Ok(found) = sought(budget).search(slow_clock(), tried);
        assert_eq!(found.bracket.trials, trials);
    }
}
