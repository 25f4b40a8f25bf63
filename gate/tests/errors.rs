//! The error rates of the default plans, by simulation: differences at the boundary, where they are largest.

mod common;

use common::Random;
use tare_gate::{Decision, Errors, Limits, Metric, Plan, Step};

const GATES: u32 = 20_000;

/// The share of gates that end by `decision` where the candidate is worse by `worse`, with symmetric noise so wide that the other
/// end is not reached before.
fn share(plan: &Plan, worse: f64, decision: Decision, seed: u64) -> f64 {
    let mut random = Random::new(seed);
    let most = plan.looks().last().map_or(0, |look| look.blocks);
    let mut ended = 0;
    for _ in 0..GATES {
        let draw = |_| {
            let off = random.uniform() - random.uniform();
            (
                0.25 * off,
                worse.ln_1p() + 0.25 * (random.uniform() - random.uniform()),
            )
        };
        let blocks: Vec<(f64, f64)> = (0..most).map(draw).collect();
        let step = plan.step(&blocks);
        ended += u32::from(matches!(step, Step::Decided { decision: how, .. } if how == decision));
    }
    f64::from(ended) / f64::from(GATES)
}

/// Three standard errors above `rate`.
fn at_most(rate: f64) -> f64 {
    rate + 3.0 * (rate * (1.0 - rate) / f64::from(GATES)).sqrt()
}

fn shared_by(gates: usize) -> Limits {
    Limits {
        errors: Errors::default().shared_by(gates),
        ..Metric::P50.limits()
    }
}

#[test]
fn at_the_tolerance_at_most_one_gate_in_a_hundred_alarms() {
    let plan = Plan::noisy(shared_by(1)).expect("a plan");
    let alarms = share(&plan, 0.02, Decision::Regression, 1);
    assert!(alarms <= at_most(0.01), "{alarms}");
    assert!(
        alarms > 0.006,
        "the cut-offs would be needlessly strict: {alarms}"
    );
}

#[test]
fn at_what_must_be_detected_at_most_one_gate_in_forty_passes() {
    let plan = Plan::noisy(shared_by(1)).expect("a plan");
    let passes = share(&plan, 0.05, Decision::Pass, 2);
    assert!(passes <= at_most(0.025), "{passes}");
}

#[test]
fn ten_gates_together_alarm_no_more_than_one_alone() {
    let plan = Plan::noisy(shared_by(10)).expect("a plan");
    let alarms = share(&plan, 0.02, Decision::Regression, 3);
    assert!(alarms <= at_most(0.001), "{alarms}");
}

#[test]
fn a_few_processes_of_nearly_alike_figures_err_no_more() {
    let limits = Metric::PeakMemory.limits();
    let plan = Plan::nearly(limits).expect("a plan");
    let alarms = share(&plan, limits.tolerance, Decision::Regression, 4);
    assert!(alarms <= at_most(0.01), "{alarms}");
    let passes = share(&plan, limits.must_detect, Decision::Pass, 5);
    assert!(passes <= at_most(0.025), "{passes}");
}
