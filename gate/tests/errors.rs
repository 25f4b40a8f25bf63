//! The error rates of the default plan, by simulation: differences at the boundary, where they are largest.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use tare_gate::{Decision, Errors, Plan, Step};

const GATES: u32 = 40_000;

/// Strictly between 0 and 1.
fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
    ((random.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// The share of gates that end so where the candidate is slower by `slower`, with symmetric noise so wide that the other end is
/// not reached before.
fn share(plan: &Plan, slower: f64, decision: Decision, seed: u64) -> f64 {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut ended = 0;
    for _ in 0..GATES {
        let draw = |_| {
            let off = uniform(&mut random) - uniform(&mut random);
            slower.ln_1p() + 0.5 * off
        };
        let blocks: Vec<f64> = (0..64).map(draw).collect();
        ended += u32::from(plan.step(&blocks) == Step::Decided(decision));
    }
    f64::from(ended) / f64::from(GATES)
}

/// Three standard errors above `rate`.
fn at_most(rate: f64) -> f64 {
    rate + 3.0 * (rate * (1.0 - rate) / f64::from(GATES)).sqrt()
}

#[test]
fn at_the_tolerance_at_most_one_gate_in_a_hundred_alarms() {
    let plan = Plan::new(0.02, 0.05, Errors::default()).expect("a plan");
    let alarms = share(&plan, 0.02, Decision::Regression, 1);
    assert!(alarms <= at_most(0.01), "{alarms}");
    assert!(
        alarms > 0.006,
        "the sums would be needlessly strict: {alarms}"
    );
}

#[test]
fn at_what_must_be_detected_at_most_one_gate_in_forty_passes() {
    let plan = Plan::new(0.02, 0.05, Errors::default()).expect("a plan");
    let passes = share(&plan, 0.05, Decision::Pass, 2);
    assert!(passes <= at_most(0.025), "{passes}");
}

#[test]
fn ten_gates_together_alarm_no_more_than_one_alone() {
    let plan = Plan::new(0.02, 0.05, Errors::default().shared_by(10)).expect("a plan");
    let alarms = share(&plan, 0.02, Decision::Regression, 3);
    assert!(alarms <= at_most(0.001), "{alarms}");
}
