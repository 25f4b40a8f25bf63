//! How many blocks a gate takes: what is said beforehand against what simulated gates took.

mod common;

use common::Random;
use tare_gate::{Conditions, Gate, Metric, Plan, Step, TYPICAL_SPREAD, expected_blocks};

/// The mean over simulated gates whose differences scatter nearly normally, with this standard deviation.
fn simulated(plan: &Plan, shift: f64, spread: f64) -> f64 {
    let mut random = Random::new(30);
    let gates = 2_000;
    let most = plan.looks().last().map_or(0, |look| look.blocks);
    let mut one = |_| {
        // Twelve uniform numbers have a variance of 1.
        let mut normal = || (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
        let blocks: Vec<(f64, f64)> = (0..most)
            .map(|_| (0.0, shift + spread * normal()))
            .collect();
        match plan.step(&blocks) {
            Step::Decided { blocks, .. } => blocks as f64,
            Step::Undecided | Step::More { .. } => most as f64,
        }
    };
    (0..gates).map(&mut one).sum::<f64>() / f64::from(gates)
}

#[test]
fn what_is_expected_beforehand_is_what_gates_take() {
    let plan = Plan::noisy(Metric::P50.limits()).expect("a plan");
    for spread in [0.01, 0.03, TYPICAL_SPREAD, 0.08] {
        for shift in [0.0, plan.must_detect()] {
            let expected = expected_blocks(&plan, shift, spread);
            let took = simulated(&plan, shift, spread);
            let off = expected / took;
            assert!(
                (0.85..1.2).contains(&off),
                "{spread} {shift}: {expected} against {took}"
            );
        }
    }
}

#[test]
fn sizes_are_known_before_the_first_block() {
    let alone = Conditions {
        single_threaded: true,
        run_delay: true,
    };
    let size = |metric: Metric| {
        Gate::new(metric, metric.limits(), alone)
            .expect("a gate")
            .size()
    };
    let median = size(Metric::P50);
    assert_eq!((median.at_least, median.at_most), (10, 256));
    assert!((12.0..18.0).contains(&median.equal), "{}", median.equal);
    assert!((28.0..38.0).contains(&median.worse), "{}", median.worse);
    let memory = size(Metric::PeakMemory);
    assert_eq!((memory.at_least, memory.at_most), (5, 12));
    assert!(memory.equal < 5.1 && memory.worse < 5.1, "{memory:?}");
    let exact = size(Metric::Size);
    assert_eq!((exact.at_least, exact.at_most, exact.equal), (1, 1, 1.0));
}
