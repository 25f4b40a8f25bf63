//! A gate from its first block to its verdict, by blocks written by hand.

mod common;

use common::{ALONE, Random, ended, gate};
use tare_gate::{
    Block, ExitClass, Fault, Flaw, Gate, Metric, Next, Obstacle, Side, SideFigure, Verdict,
};
use tare_units::Nanoseconds;

fn once(baseline: f64, candidate: f64) -> Block {
    Block {
        first: Side::Candidate,
        baseline: Ok(SideFigure::once(baseline)),
        candidate: Ok(SideFigure::once(candidate)),
    }
}

#[test]
fn clear_cases_end_at_the_first_look_with_the_right_word() {
    let cases = [
        (1.0, "pass"),
        (1.015, "pass"),
        (0.9, "improvement"),
        (1.07, "regression"),
        (2.0, "regression"),
    ];
    for (ratio, word) in cases {
        let mut random = Random::new(7);
        let outcome = ended(Metric::P50, ALONE, || random.block(f64::ln(ratio), 0.005));
        assert_eq!(
            (outcome.verdict.name(), outcome.blocks),
            (word, 10),
            "{ratio}"
        );
        let effect = outcome.effect.expect("an estimate");
        let (low, high) = effect.low.zip(effect.high).expect("bounds");
        let truth = ratio - 1.0;
        assert!(low < truth && truth < high && low < effect.value && effect.value < high);
    }
}

#[test]
fn what_no_look_can_tell_is_inconclusive_and_says_so() {
    let mut random = Random::new(8);
    let outcome = ended(Metric::P50, ALONE, || random.block(0.034, 0.3));
    let most = gate(Metric::P50, ALONE).size().at_most;
    assert_eq!(
        outcome.verdict,
        Verdict::Inconclusive(vec![Obstacle::Undecided { blocks: most }])
    );
    assert_eq!(outcome.verdict.exit_class().code(), 3);
}

#[test]
fn a_gate_that_is_stopped_between_looks_wants_time_and_nothing_else() {
    let mut gate = gate(Metric::P50, ALONE);
    let mut random = Random::new(9);
    (0..9).for_each(|_| gate.push(random.block(1.0, 0.0)));
    assert_eq!(gate.next(), Next::More { blocks: 10 });
    let verdict = gate.stop();
    assert_eq!(
        verdict,
        Verdict::Inconclusive(vec![Obstacle::OutOfTime {
            blocks: 9,
            next: 10
        }])
    );
    let outcome = gate.outcome();
    let effect = outcome.effect.expect("an estimate without bounds");
    assert!((effect.value - 1.0_f64.exp_m1()).abs() < 1e-9 && effect.low.is_none());
    gate.push(random.block(1.0, 0.0));
    assert_eq!(gate.next(), Next::Over(Verdict::Regression));
}

#[test]
fn looks_that_another_statistic_took_are_not_taken_again() {
    let mut random = Random::new(9);
    let mut gate = gate(Metric::P50, ALONE);
    (0..10).for_each(|_| gate.push(random.block(0.2, 0.004)));
    assert_eq!(gate.next(), Next::Over(Verdict::Regression));
    let low = |gate: &Gate| gate.outcome().effect.and_then(|effect| effect.low);
    assert!(low(&gate).is_some());
    gate.skip_looks_below(11);
    assert_eq!(gate.next(), Next::More { blocks: 16 });
    assert_eq!(
        low(&gate),
        None,
        "bounds are those of a look that was taken"
    );
    (0..6).for_each(|_| gate.push(random.block(0.2, 0.004)));
    assert_eq!(gate.next(), Next::Over(Verdict::Regression));
}

#[test]
fn throughput_is_worse_where_there_is_less_of_it() {
    let mut random = Random::new(10);
    let mut turned = |shift: f64| {
        let block = random.block(shift, 0.004);
        ended(Metric::Throughput, ALONE, || block.clone()).verdict
    };
    assert_eq!(turned(-0.2), Verdict::Regression);
    assert_eq!(turned(0.2), Verdict::Improvement);
}

#[test]
fn a_side_that_fails_ends_the_gate_and_never_by_a_pass() {
    let failed = Fault::Failed {
        why: "killed by signal 11".into(),
    };
    let mut gate = gate(Metric::P50, ALONE);
    let mut random = Random::new(11);
    (0..5).for_each(|_| gate.push(random.block(0.0, 0.004)));
    gate.push(Block {
        candidate: Err(failed),
        ..random.block(0.0, 0.004)
    });
    let Next::Over(verdict) = gate.next() else {
        panic!("over");
    };
    let reasons = verdict.reasons();
    assert_eq!(verdict.name(), "inconclusive");
    assert_eq!(verdict.exit_class().code(), 4);
    assert_eq!(
        reasons,
        ["candidate: its process failed: killed by signal 11; mend it and gate again"]
    );
}

#[test]
fn wrong_outputs_failed_requests_and_a_throttled_machine_are_invalid_whatever_the_figures() {
    let faults = [
        (Fault::WrongOutputs { why: "NaN".into() }, 4),
        (
            Fault::FailedRequests {
                failed: 1,
                requests: 50,
            },
            4,
        ),
        (
            Fault::Throttled {
                why: "package".into(),
            },
            3,
        ),
        (Fault::Invalid { why: "cut".into() }, 3),
    ];
    for (fault, code) in faults {
        let mut random = Random::new(12);
        let outcome = ended(Metric::P50, ALONE, || Block {
            baseline: Err(fault.clone()),
            ..random.block(0.0, 0.004)
        });
        let side = Side::Baseline;
        assert_eq!(outcome.verdict.exit_class().code(), code, "{fault}");
        assert_eq!(
            outcome.verdict,
            Verdict::Invalid(vec![Flaw::Process { side, fault }])
        );
        assert_eq!(outcome.effect, None);
    }
    let mut gate = gate(Metric::P50, ALONE);
    gate.outputs_differ("output 0 by 0.3".into());
    assert!(matches!(gate.stop(), Verdict::Invalid(_)));
    assert_eq!(gate.stop().exit_class().code(), 4);
}

#[test]
fn a_figure_that_is_none_is_no_figure() {
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let outcome = ended(Metric::PeakMemory, ALONE, || once(1.0, value));
        assert_eq!(outcome.verdict.name(), "invalid", "{value}");
    }
}

#[test]
fn too_few_requests_have_no_percentile() {
    let mut random = Random::new(16);
    let verdict = ended(Metric::P99, ALONE, || random.block(0.0, 0.004)).verdict;
    let text = "a process of the baseline timed 60 requests, and 200 are needed: \
         give its scenario so many, as in --scenario single-stream:min=200";
    assert_eq!(verdict.reasons(), [text]);
}

#[test]
fn exact_figures_decide_at_once_and_to_the_last_digit() {
    let of = |baseline: f64, candidate: f64| {
        ended(Metric::Operators, ALONE, || once(baseline, candidate))
    };
    assert_eq!(of(178.0, 178.0).verdict, Verdict::Pass);
    assert_eq!(of(0.0, 0.0).verdict, Verdict::Pass);
    assert_eq!(of(178.0, 179.0).verdict, Verdict::Regression);
    assert_eq!(of(0.0, 1.0).verdict, Verdict::Regression);
    let fewer = of(178.0, 89.0);
    assert_eq!((fewer.verdict, fewer.blocks), (Verdict::Improvement, 1));
    assert_eq!(fewer.effect.map(|effect| effect.value), Some(-0.5));
}

#[test]
fn nearly_exact_figures_decide_after_five_processes() {
    let mut random = Random::new(17);
    let mut of = |ratio: f64| {
        ended(Metric::PeakMemory, ALONE, || {
            once(1e8 + random.around(1e5), 1e8 * ratio + random.around(1e5))
        })
    };
    let cases = [(1.0, "pass"), (1.02, "regression"), (0.9, "improvement")];
    for (ratio, word) in cases {
        let outcome = of(ratio);
        assert_eq!(
            (outcome.verdict.name(), outcome.blocks),
            (word, 5),
            "{ratio}"
        );
    }
}

#[test]
fn a_regression_among_many_gates_is_one_whatever_the_others_are() {
    let undecided = Verdict::Inconclusive(vec![]);
    let all = [Verdict::Pass, Verdict::Improvement];
    assert_eq!(ExitClass::of_all(&all).code(), 0);
    let worse = [Verdict::Pass, Verdict::Regression];
    assert_eq!(ExitClass::of_all(&worse).code(), 1);
    let crashed = Verdict::Inconclusive(vec![Obstacle::Process {
        side: Side::Candidate,
        fault: Fault::Failed {
            why: "killed by signal 11".into(),
        },
    }]);
    let failed = [Verdict::Pass, undecided.clone(), crashed.clone()];
    assert_eq!(ExitClass::of_all(&failed).code(), 4);
    let shown = [Verdict::Regression, undecided.clone(), crashed];
    assert_eq!(ExitClass::of_all(&shown).code(), 1);
    let open = [Verdict::Pass, undecided];
    assert_eq!(ExitClass::of_all(&open).code(), 3);
    assert_eq!(ExitClass::of_all(&[]).code(), 3, "nothing was shown");
}

#[test]
fn a_budget_without_room_for_the_first_look_is_refused_beforehand() {
    let gate = gate(Metric::P50, ALONE);
    let second = Nanoseconds::from_secs(1);
    let error = gate.affordable(Nanoseconds::from_secs(9), second);
    let error = error.expect_err("ten blocks take ten seconds").to_string();
    assert!(
        error.contains("the first look takes 10 blocks of about 1.00 s, 10.0 s in all"),
        "{error}"
    );
    let some = gate
        .affordable(Nanoseconds::from_secs(17), second)
        .expect("two looks");
    assert_eq!((some.blocks, some.all), (16, false));
    let all = gate
        .affordable(Nanoseconds::from_secs(600), second)
        .expect("all looks");
    assert_eq!((all.blocks, all.all), (gate.size().at_most, true));
}

#[test]
fn slow_models_make_fewer_requests_and_quick_ones_more() {
    let of = |metric: Metric, millis: f64| {
        let latency = Nanoseconds::from_nanos_f64(millis * 1e6);
        metric.requests().expect("requests").of(latency)
    };
    assert_eq!(of(Metric::P50, 0.1), 3_001);
    assert_eq!(of(Metric::P50, 5.0), 61);
    assert_eq!(of(Metric::P50, 50.0), 50);
    assert_eq!(of(Metric::P50, 100.0), 30);
    assert_eq!(of(Metric::P50, 9_000.0), 15);
    assert_eq!(of(Metric::P99, 5.0), 400);
    assert_eq!(of(Metric::P99, 500.0), 200);
}
