//! Candidates beside stored days: what decides, what is stored, and what is told of both.

use tare_gate::{Conditions, Contention, SideFigure};

use super::super::asked::gates;
use super::super::decide::tests::built;
use super::super::executed::tests::executed;
use super::super::outputs::Outputs;
use super::*;
use crate::arguments::GateOptions;

fn asked(metric: Metric) -> Asked {
    let options = GateOptions {
        against: Some("days.json".into()),
        update_baseline: true,
        metric: Some(metric),
        ..GateOptions::default()
    };
    gates(&options).expect("a gate").remove(0)
}

fn kind(metric: Metric, is_effective: bool) -> FigureKind {
    let conditions = Conditions {
        single_threaded: is_effective,
        run_delay: is_effective,
    };
    FigureKind {
        statistic: metric.statistic(conditions),
        counter: None,
    }
}

/// Processes of 5 ms with so many requests each, of which this share waited.
fn processes(count: usize, requests: u64, delayed: f64) -> Vec<SideFigure> {
    let figure = |place: usize| SideFigure {
        value: 5e6 * (1.0 + 0.001 * (place % 3) as f64),
        requests,
        contention: Some(Contention {
            delayed,
            waited: delayed / 2.0,
        }),
    };
    (0..count).map(figure).collect()
}

fn gave(kind: FigureKind, figures: Vec<SideFigure>) -> Gave {
    Gave {
        kind,
        figures,
        fault: None,
        run: Some("run".to_owned()),
        library: None,
        outputs: Outputs::NotAsked,
        kept: None,
        notes: Vec::new(),
    }
}

/// Days that are alike.
fn kept(metric: Metric, kind: FigureKind, days: u64) -> Kept {
    let planned = built::planned(built::cell(1));
    let executed = executed("rten 0.27.0");
    let now = Now {
        machine: "this machine",
        metric,
        planned: &planned,
        executed: &executed,
    };
    let stored = (1..=days).fold(None, |known, day| {
        let made = format!("2026-11-0{day}T08:00:00Z");
        let figures = processes(10, 400, 0.1);
        Some(Baseline::with(known, (now, kind), (&*made, None), &figures))
    });
    Kept {
        path: "days.json".into(),
        machine: "this machine".to_owned(),
        stored,
    }
}

fn outcome(metric: Metric, kept: &Kept, gave: &Gave) -> Outcome {
    let outcome = kept.outcome(&asked(metric), gave);
    outcome.expect("figures of the same kind")
}

#[test]
fn what_waited_for_a_core_or_is_of_too_few_requests_passes_no_more_than_in_blocks() {
    let wall = kind(Metric::P50, false);
    let days = kept(Metric::P50, wall, 3);
    let of = |delayed| outcome(Metric::P50, &days, &gave(wall, processes(10, 60, delayed)));
    assert_eq!(of(0.3).verdict, Verdict::Pass);
    let held_up = of(0.6);
    assert_eq!(held_up.verdict.name(), "inconclusive");
    let told = held_up.verdict.reasons();
    assert!(
        told[0].contains("60.0% of the candidate's requests"),
        "{told:?}"
    );
    assert!(!is_fit_to_store(&asked(Metric::P50), &held_up));
    let [baseline, candidate] = held_up.sides;
    assert_eq!(
        (baseline.requests, candidate.requests),
        (Some(12_000), Some(600))
    );
    let waited = baseline.waited.zip(candidate.waited).expect("both");
    assert!((waited.0 - 0.05).abs() < 1e-12 && (waited.1 - 0.3).abs() < 1e-12);
    assert!(missing(&held_up).is_empty(), "{:?}", missing(&held_up));
    let tail = kind(Metric::P99, true);
    let days = kept(Metric::P99, tail, 3);
    let few = outcome(Metric::P99, &days, &gave(tail, processes(10, 20, 0.0)));
    let told = few.verdict.reasons().join(" ");
    assert!(
        told.contains("timed 20 requests, and 200 are needed"),
        "{told}"
    );
}

#[test]
fn a_day_of_too_few_processes_is_not_stored() {
    let effective = kind(Metric::P50, true);
    for (days, count, is_fit) in [
        (0, 0, false),
        (0, 4, false),
        (0, 5, true),
        (1, 4, false),
        (1, 10, true),
        (3, 4, false),
        (3, 10, true),
    ] {
        let days = kept(Metric::P50, effective, days);
        let found = outcome(
            Metric::P50,
            &days,
            &gave(effective, processes(count, 60, 0.0)),
        );
        let is_stored = is_fit_to_store(&asked(Metric::P50), &found);
        assert_eq!(is_stored, is_fit, "{count} processes: {}", found.verdict);
    }
    let exact = kind(Metric::Size, true);
    let none = kept(Metric::Size, exact, 0);
    let one = outcome(Metric::Size, &none, &gave(exact, processes(1, 0, 0.0)));
    assert!(is_fit_to_store(&asked(Metric::Size), &one));
}

#[test]
fn a_candidate_that_crashed_is_told_as_such_whatever_is_stored() {
    let wall = kind(Metric::P50, false);
    let days = kept(Metric::P50, wall, 3);
    let crashed = Gave {
        fault: Some(Fault::Failed {
            why: "killed by signal 11".to_owned(),
        }),
        ..gave(kind(Metric::P50, true), Vec::new())
    };
    let found = outcome(Metric::P50, &days, &crashed);
    let told = found.verdict.reasons().join(" ");
    assert!(told.contains("killed by signal 11"), "{told}");
    assert_eq!(found.verdict.exit_class().code(), 4);
    assert_eq!(found.effect, None);
    let other = gave(kind(Metric::P50, true), processes(10, 60, 0.0));
    let refused = days.outcome(&asked(Metric::P50), &other);
    let refused = refused.expect_err("another statistic").text();
    assert!(
        refused.contains("the stored figures are wall p25"),
        "{refused}"
    );
}

#[test]
fn what_is_not_known_has_its_reason() {
    let effective = kind(Metric::P50, true);
    let none = kept(Metric::P50, effective, 0);
    let found = outcome(Metric::P50, &none, &gave(effective, processes(10, 60, 0.0)));
    let missing = missing(&found);
    for path in [
        "effect",
        "sides.0.median",
        "sides.0.requests",
        "sides.0.delayed",
        "sides.0.waited",
    ] {
        assert!(missing.contains_key(path), "{path}: {missing:?}");
    }
    assert_eq!(missing.len(), 5, "{missing:?}");
}
