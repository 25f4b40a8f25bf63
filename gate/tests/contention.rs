//! What waiting for a core does to a gate.

mod common;

use common::{ALONE, POOL, Random, ended, gate, run};
use tare_gate::{Block, Contention, Fault, Metric, SideFigure, Verdict};

/// The same block with other contention.
fn contended(block: Block, baseline: Contention, candidate: Contention) -> Block {
    let with = |side: Result<SideFigure, Fault>, contention| {
        side.map(|figure| SideFigure {
            contention: Some(contention),
            ..figure
        })
    };
    Block {
        baseline: with(block.baseline, baseline),
        candidate: with(block.candidate, candidate),
        ..block
    }
}

fn share(both: f64) -> Contention {
    Contention {
        delayed: both,
        waited: both,
    }
}

#[test]
fn delays_that_nothing_corrects_decide_nothing() {
    let quiet = |conditions, both: f64| {
        let mut random = Random::new(13);
        let block = || contended(random.block(0.2, 0.004), share(both), share(both));
        ended(Metric::P50, conditions, block).verdict
    };
    assert_eq!(quiet(POOL, 0.39), Verdict::Regression);
    assert_eq!(quiet(ALONE, 0.9), Verdict::Regression);
    let mut waits = gate(Metric::P50, POOL);
    let mut random = Random::new(13);
    let block = || contended(random.block(0.2, 0.004), share(0.5), share(0.5));
    assert_eq!(
        run(&mut waits, block).blocks,
        64,
        "given up at the fifth look"
    );
    let verdict = quiet(POOL, 0.41);
    assert_eq!(verdict.name(), "inconclusive");
    assert!(
        verdict.reasons()[0].contains("41.0% of the baseline's requests waited for a core, 40%"),
        "{:?}",
        verdict.reasons()
    );
    let mut random = Random::new(14);
    let tail = ended(Metric::P99, POOL, || {
        let block = contended(random.block(0.0, 0.004), share(0.02), share(0.02));
        let more = |side: Result<SideFigure, Fault>| {
            side.map(|one| SideFigure {
                requests: 400,
                ..one
            })
        };
        Block {
            baseline: more(block.baseline),
            candidate: more(block.candidate),
            ..block
        }
    });
    assert!(tail.verdict.reasons()[0].contains("waited for a core, 1%"));
}

#[test]
fn a_process_whose_waiting_was_not_read_hides_none_of_the_others() {
    let mut random = Random::new(13);
    let mut blocks = 0;
    let outcome = ended(Metric::P50, POOL, || {
        blocks += 1;
        let block = contended(random.block(0.2, 0.004), share(0.6), share(0.6));
        match blocks {
            1 => Block {
                candidate: unread(block.clone()).candidate,
                ..block
            },
            _ => block,
        }
    });
    assert_eq!(outcome.verdict.name(), "inconclusive");
    let told = outcome.verdict.reasons().join("\n");
    for side in ["baseline", "candidate"] {
        let reason = format!("60.0% of the {side}'s requests waited for a core");
        assert!(told.contains(&reason), "no '{reason}' in {told}");
    }
    assert_eq!(outcome.sides.map(|side| side.unread), [0, 1]);
    let mut random = Random::new(13);
    let none = ended(Metric::P50, POOL, || unread(random.block(0.2, 0.004)));
    assert_eq!(none.verdict, Verdict::Regression);
    assert_eq!(none.sides.map(|side| side.unread), [10, 10]);
    assert_eq!(none.sides.map(|side| side.delayed), [None, None]);
}

/// The same block of processes whose waiting was not read.
fn unread(block: Block) -> Block {
    let without = |side: Result<SideFigure, Fault>| {
        side.map(|figure| SideFigure {
            contention: None,
            ..figure
        })
    };
    Block {
        baseline: without(block.baseline),
        candidate: without(block.candidate),
        ..block
    }
}

#[test]
fn a_candidate_that_keeps_its_own_core_busy_is_not_excused() {
    let waits = |worse: f64, baseline: f64, candidate: f64| {
        let mut random = Random::new(15);
        let block = || {
            contended(
                random.block(worse, 0.004),
                share(baseline),
                share(candidate),
            )
        };
        ended(Metric::P50, ALONE, block).verdict.name()
    };
    assert_eq!(waits(0.0, 0.0, 0.3), "inconclusive");
    assert_eq!(waits(0.0, 0.3, 0.3), "pass");
    assert_eq!(waits(0.0, 0.3, 0.0), "pass", "the candidate waits less");
    assert_eq!(waits(0.2, 0.0, 0.3), "regression", "it is worse besides");
    assert_eq!(
        waits(0.2, 0.3, 0.0),
        "inconclusive",
        "the baseline is flattered"
    );
}
