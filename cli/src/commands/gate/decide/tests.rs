//! Gates of made-up sides on a simulated clock: when they end, and with what.

#[path = "../../../../../results/tests/common/mod.rs"]
pub mod built;

use tare_clock::SimulatedClock;
use tare_gate::{Obstacle, Request, Verdict};
use tare_results::Record;

use super::*;

/// What a repeat of these sides takes.
const REPEAT: Nanoseconds = Nanoseconds::from_secs(1);

/// Takes a second for a repeat; stops at its `stops`-th.
struct Timed {
    clock: SimulatedClock,
    made: u64,
    stops: u64,
}

impl harness::Side for Timed {
    fn repeat(&mut self, at_most: Nanoseconds) -> Result<Option<Record>, RunError> {
        self.clock.advance(REPEAT.min(at_most));
        if self.made == self.stops {
            return Ok(None);
        }
        let record = built::record("run", built::cell(1), self.made);
        self.made += 1;
        Ok(Some(record))
    }
}

struct Silent;

impl Watcher for Silent {
    fn begins(&mut self, _: &Gate, _: Option<(Nanoseconds, Nanoseconds)>) {}

    fn ended(&mut self, _: &Gate) {}
}

/// Sixty requests of 5 ms, half a percent more or less from repeat to repeat, times `factor`.
fn requests(repeat: u64, factor: f64, delay: Option<u64>) -> Given {
    let wave = [0.0, 0.004, -0.003, 0.005, -0.005, 0.002, -0.001][(repeat % 7) as usize];
    let latency = Nanoseconds::from_nanos_f64(5e6 * factor * (1.0 + wave));
    let request = Request {
        latency,
        delay: delay.map(Nanoseconds::from_nanos),
        samples: 1,
    };
    Given::Requests {
        requests: vec![request; 60],
        alone: true,
        per_s: None,
    }
}

/// The same of a process in which another thread worked beside the one that executes.
fn beside_another(given: Given) -> Given {
    match given {
        Given::Requests {
            requests, per_s, ..
        } => Given::Requests {
            requests,
            alone: false,
            per_s,
        },
        once => once,
    }
}

struct Case {
    candidate: fn(u64) -> Result<Given, Fault>,
    budget: Nanoseconds,
    stops: u64,
}

const EQUAL: Case = Case {
    candidate: |repeat| Ok(requests(repeat + 3, 1.0, Some(0))),
    budget: Nanoseconds::from_secs(600),
    stops: u64::MAX,
};

struct Ended {
    end: End,
    verdict: Verdict,
    blocks: usize,
    at: Nanoseconds,
    judge: Judge,
}

fn judge() -> Judge {
    let conditions = Conditions {
        single_threaded: true,
        run_delay: true,
    };
    Judge::new(Metric::P50, Metric::P50.limits(), conditions).expect("sound limits")
}

fn gate(case: &Case) -> Ended {
    let clock = SimulatedClock::new();
    let side = || Timed {
        clock: clock.clone(),
        made: 0,
        stops: case.stops,
    };
    let mut lockstep = Lockstep::new(side(), side(), 7);
    let mut judge = judge();
    let read = |block: &harness::Block| Made {
        first: Side::Baseline,
        baseline: Ok(requests(block.baseline.repeat, 1.0, Some(0))),
        candidate: (case.candidate)(block.candidate.repeat),
    };
    let end = decide(
        &mut lockstep,
        &mut judge,
        (&clock, case.budget),
        &read,
        &mut Silent,
    );
    Ended {
        end: end.expect("kept"),
        verdict: judge.gate().stop(),
        blocks: judge.made.len(),
        at: clock.now(),
        judge,
    }
}

#[test]
fn equal_sides_pass_at_the_first_look_and_no_block_is_made_after_it() {
    let ended = gate(&EQUAL);
    assert_eq!((ended.end, ended.verdict), (End::Over, Verdict::Pass));
    let first = ended.judge.gate().looks()[0].blocks;
    assert_eq!(ended.blocks, first);
    assert_eq!(ended.at, Nanoseconds::from_secs(2 * first as u64));
}

#[test]
fn a_tenth_more_is_a_regression_and_a_tenth_less_an_improvement() {
    let slower = gate(&Case {
        candidate: |repeat| Ok(requests(repeat + 3, 1.1, Some(0))),
        ..EQUAL
    });
    assert_eq!(
        (slower.end, slower.verdict),
        (End::Over, Verdict::Regression)
    );
    let faster = gate(&Case {
        candidate: |repeat| Ok(requests(repeat + 3, 0.9, Some(0))),
        ..EQUAL
    });
    assert_eq!(faster.verdict, Verdict::Improvement);
}

#[test]
fn a_budget_is_never_overrun_and_what_cannot_reach_a_look_is_not_begun() {
    for seconds in 1..=20 {
        let budget = Nanoseconds::from_secs(seconds);
        let ended = gate(&Case { budget, ..EQUAL });
        assert!(ended.at <= budget, "{seconds}: {}", ended.at);
        if seconds < 20 {
            assert_eq!(ended.end, End::OutOfTime, "{seconds}");
            assert!(ended.blocks <= 1, "{seconds}: {} blocks", ended.blocks);
            let Verdict::Inconclusive(why) = ended.verdict else {
                panic!("{seconds}: {}", ended.verdict);
            };
            assert!(
                why.iter()
                    .any(|one| matches!(one, Obstacle::OutOfTime { .. }))
            );
        }
    }
    let enough = gate(&Case {
        budget: Nanoseconds::from_secs(21),
        ..EQUAL
    });
    assert_eq!(enough.end, End::Over);
}

#[test]
fn a_process_that_fails_ends_the_gate_at_once_and_is_no_pass() {
    let ended = gate(&Case {
        candidate: |repeat| match repeat {
            2 => Err(Fault::Failed {
                why: "killed by signal 11".to_owned(),
            }),
            _ => Ok(requests(repeat, 1.0, Some(0))),
        },
        ..EQUAL
    });
    assert_eq!((ended.end, ended.blocks), (End::Over, 3));
    let reasons = ended.verdict.reasons().join(" ");
    assert!(
        reasons.contains("candidate") && reasons.contains("signal 11"),
        "{reasons}"
    );
    assert_eq!(ended.verdict.exit_class().code(), 4);
}

#[test]
fn wrong_outputs_end_the_gate_at_once_and_are_no_pass() {
    let ended = gate(&Case {
        candidate: |_| {
            Err(Fault::WrongOutputs {
                why: "output 'y'".to_owned(),
            })
        },
        ..EQUAL
    });
    assert_eq!((ended.end, ended.blocks), (End::Over, 1));
    assert!(
        matches!(ended.verdict, Verdict::Invalid(_)),
        "{}",
        ended.verdict
    );
}

#[test]
fn a_stop_decides_nothing() {
    let ended = gate(&Case { stops: 4, ..EQUAL });
    assert_eq!((ended.end, ended.blocks), (End::Stopped, 4));
}

#[test]
fn where_a_run_delay_does_not_count_all_blocks_are_judged_without() {
    let ended = gate(&Case {
        candidate: |repeat| {
            let delay = (repeat != 5).then_some(0);
            Ok(requests(repeat + 3, 1.0, delay))
        },
        ..EQUAL
    });
    assert_eq!(ended.judge.gate().statistic().to_string(), "wall p25");
    assert_eq!(ended.judge.gate().evidence().blocks().len(), ended.blocks);
    assert_eq!(ended.verdict, Verdict::Pass);
}

#[test]
fn a_process_now_and_then_in_which_another_thread_worked_changes_no_statistic() {
    for odd in [0, 5, 9] {
        let mut judge = judge();
        for repeat in 0..10 {
            let own = requests(repeat, 1.0, Some(0));
            judge.push(Made {
                first: Side::Baseline,
                baseline: Ok(match repeat == odd {
                    true => beside_another(own),
                    false => own,
                }),
                candidate: Ok(requests(repeat + 3, 1.0, Some(0))),
            });
        }
        let gate = judge.gate();
        assert_eq!(gate.statistic().to_string(), "effective p50", "{odd}");
        assert_eq!(gate.evidence().blocks().len(), 10);
        assert_eq!(gate.stop(), Verdict::Pass, "{odd}");
    }
}

#[test]
fn a_statistic_that_gives_way_after_a_look_takes_no_look_again_and_never_comes_back() {
    let mut judge = judge();
    let alone = |repeat: u64| !(10..25).contains(&repeat);
    let mut seen = Vec::new();
    for repeat in 0..64 {
        let own = requests(repeat + 3, 1.0, Some(0));
        judge.push(Made {
            first: Side::Baseline,
            baseline: Ok(requests(repeat, 1.0, Some(0))),
            candidate: Ok(match alone(repeat) {
                true => own,
                false => beside_another(own),
            }),
        });
        seen.push(judge.gate().statistic().to_string());
    }
    let wall = seen.iter().position(|by| by == "wall p25");
    let wall = wall.expect("others worked in most of the first 25");
    assert!((10..25).contains(&wall), "{wall}");
    assert!(seen[wall..].iter().all(|by| by == "wall p25"), "{seen:?}");
    let least = judge.gate().looks_left().next().map(|look| look.blocks);
    assert_eq!(least, Some(25), "looks at 10 and 16 blocks were taken");
}

#[test]
fn a_side_that_works_with_another_thread_in_most_processes_is_judged_by_the_wall() {
    let mut judge = judge();
    for repeat in 0..10 {
        judge.push(Made {
            first: Side::Baseline,
            baseline: Ok(requests(repeat, 1.0, Some(0))),
            candidate: Ok(match repeat < 4 {
                true => requests(repeat + 3, 1.0, Some(0)),
                false => beside_another(requests(repeat + 3, 1.0, Some(0))),
            }),
        });
        let by = judge.gate().statistic().to_string();
        let expected = match repeat < 8 {
            true => "effective p50",
            false => "wall p25",
        };
        assert_eq!(by, expected, "{repeat}");
    }
}

#[test]
fn a_count_of_the_smaller_part_of_the_work_is_invalid_at_the_first_look_and_no_pass() {
    let judged = |elsewhere: fn(u64) -> f64| {
        let conditions = Conditions {
            single_threaded: true,
            run_delay: false,
        };
        let metric = Metric::Instructions;
        let limits = metric.limits();
        let mut judge = Judge::new(metric, limits, conditions).expect("limits");
        let first = judge.gate().looks()[0].blocks as u64;
        for repeat in 0..first {
            let counted = |elsewhere| Given::Counted {
                value: 1e6,
                elsewhere,
            };
            judge.push(Made {
                first: Side::Baseline,
                baseline: Ok(counted(0.0)),
                candidate: Ok(counted(elsewhere(repeat))),
            });
        }
        judge.gate().stop()
    };
    assert_eq!(
        judged(|repeat| if repeat == 0 { 0.9 } else { 0.0 }),
        Verdict::Pass
    );
    let moved = judged(|_| 0.9);
    assert!(matches!(moved, Verdict::Invalid(_)), "{moved}");
    let reasons = moved.reasons().join(" ");
    assert!(
        reasons.contains("candidate") && reasons.contains("others worked"),
        "{reasons}"
    );
}
