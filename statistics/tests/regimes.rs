//! Latencies of two regimes: when the warm-up over them is declared over.

mod common;

use common::Noise;
use tare_statistics::{SteadyState, Warmth};
use tare_units::Nanoseconds;

const TRIALS: u64 = 200;
const BOUND: usize = 4_000;

/// After how many requests of 1 ms times `shape` each trial was declared steady, ascending; `BOUND` where it never was.
fn declared(base_ns: f64, shape: impl Fn(usize, &mut Noise) -> f64) -> Vec<usize> {
    let trial = |seed| {
        let mut random = Noise::new(seed);
        let mut rule = SteadyState::new();
        let mut steady = |request: &usize| {
            let latency = base_ns * shape(*request, &mut random) * (0.01 * random.normal()).exp();
            rule.feed(Nanoseconds::from_nanos_f64(latency)) == Warmth::Steady
        };
        (0..BOUND).find(&mut steady).unwrap_or(BOUND)
    };
    let mut after: Vec<usize> = (0..TRIALS).map(trial).collect();
    after.sort_unstable();
    after
}

fn at(declared: &[usize], percent: usize) -> usize {
    declared[(declared.len() - 1) * percent / 100]
}

#[test]
fn requests_of_either_regime_at_random_are_steady() {
    for base_ns in [264e6, 1e6] {
        for share in [0.1, 0.5] {
            let either = |_: usize, random: &mut Noise| {
                if random.uniform() < share { 1.5 } else { 1.0 }
            };
            let declared = declared(base_ns, either);
            println!(
                "either {base_ns:e} {share}: {} {}",
                at(&declared, 50),
                at(&declared, 95)
            );
            assert!(at(&declared, 95) <= 250, "{share} at {base_ns}");
        }
    }
}

#[test]
fn regimes_that_alternate_for_good_are_steady_in_the_end() {
    let alternating = |request: usize, _: &mut Noise| {
        if (request / 40).is_multiple_of(2) {
            1.0
        } else {
            1.3
        }
    };
    let declared = declared(1e6, alternating);
    println!("alternating: {} {}", at(&declared, 50), at(&declared, 95));
    assert!(at(&declared, 95) < BOUND);
}

#[test]
fn a_slow_regime_that_ends_within_the_least_time_is_left_before_steadiness_is_declared() {
    for slow in [10, 40, 60] {
        let step = move |request: usize, _: &mut Noise| if request < slow { 1.5 } else { 1.0 };
        let declared = declared(1e6, step);
        println!(
            "slow {slow}: {} {} {}",
            declared[0],
            at(&declared, 50),
            at(&declared, 95)
        );
        assert!(declared[0] > slow, "{slow}: after {}", declared[0]);
        assert!(at(&declared, 95) <= 400, "{slow}");
    }
}
