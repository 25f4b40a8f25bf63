//! Which workers go on after their timed requests, and who is told.

use tare_clock::SimulatedClock;

use super::*;
use crate::energy::tests::{Plant, by};

/// What a worker says that has no memory of the harness's.
pub(super) fn at(phase: Phase) -> Reached {
    Reached {
        phase,
        own_bytes: Bytes::from_bytes(0),
        thread: None,
    }
}

/// What a worker of `kind` is answered after a second of work, and what is told of it.
fn answered(kind: Kind) -> (Answer, Vec<Event>) {
    answered_for(kind, Some(0.02))
}

fn answered_for(kind: Kind, bound: Option<f64>) -> (Answer, Vec<Event>) {
    let clock = SimulatedClock::new();
    let plant = Plant::new(100, &clock);
    let meter = plant.meter_for(bound);
    let scales = by(&meter);
    let mut events = Vec::new();
    let mut tell = |event| events.push(event);
    let about = ("cell", kind, 2);
    let mut observer = Observer::new(about, (Checking::Off, true), &scales, &clock, &mut tell);
    let pid = std::process::id();
    observer.phase(pid, at(Phase::Load));
    observer.phase(pid, at(Phase::Run));
    let from = clock.now();
    clock.advance(Nanoseconds::from_secs(1));
    let to = clock.now();
    plant.worked(Span { from, to });
    observer.phase(pid, at(Phase::Finish));
    let answer = observer.timed(None, to + Nanoseconds::from_secs(100));
    let is_pause = clock.now() > to;
    let is_awaited = kind.times_a_cell() && bound.is_some();
    assert_eq!(is_pause, is_awaited, "nobody else waits for it");
    (answer, events)
}

#[test]
fn a_repeat_goes_on_where_its_energy_needs_it_and_a_person_is_told_for_how_long() {
    let (answer, events) = answered(Kind::Measurement);
    let Answer::More(length_ns) = answer else {
        panic!("a second is too short for a counter that ticks each 100 ms")
    };
    assert!(
        (4.0..10.0).contains(&length_ns.as_secs_f64()),
        "{length_ns}"
    );
    let told = Event::WorkerStretched {
        cell: "cell".to_owned(),
        repeat: 2,
        length_ns,
    };
    assert_eq!(events.last(), Some(&told));
}

#[test]
fn a_lower_bound_is_a_longer_stretch_and_none_is_none() {
    let length = |bound| match answered_for(Kind::Measurement, Some(bound)).0 {
        Answer::More(length) => length.as_secs_f64(),
        Answer::Go => 0.0,
    };
    assert!(length(0.01) > 1.5 * length(0.02));
    assert_eq!(length(0.5), 0.0, "well known already");
    let (answer, events) = answered_for(Kind::Measurement, None);
    assert_eq!(answer, Answer::Go);
    let stretched = |event: &Event| matches!(event, Event::WorkerStretched { .. });
    assert!(!events.iter().any(stretched));
}

#[test]
fn of_what_stood_before_and_after_the_problem_is_kept() {
    use tare_results::{About, Outcome};
    let fine = |check: &str| Finding {
        check: check.to_owned(),
        about: About::Standing,
        outcome: Outcome::Fine {
            found: "well".to_owned(),
        },
    };
    let problem = |check: &str| Finding {
        check: check.to_owned(),
        about: About::Standing,
        outcome: Outcome::Problem {
            found: "ill".to_owned(),
            excess: None,
            why: "so".to_owned(),
            remedy: "mend it".to_owned(),
        },
    };
    let mut observed = Observed {
        findings: vec![problem("steal")],
        ..Observed::default()
    };
    let before = vec![fine("governor"), problem("turbo")];
    let after = vec![problem("governor"), fine("turbo"), fine("smt")];
    observed.stood(before, after);
    let expected = [
        problem("governor"),
        problem("turbo"),
        fine("smt"),
        problem("steal"),
    ];
    assert_eq!(observed.findings(), expected);
}

#[test]
fn no_other_worker_is_kept_longer_than_its_own_work() {
    for kind in [Kind::Harness, Kind::Profile, Kind::Reference] {
        let (answer, events) = answered(kind);
        assert_eq!(answer, Answer::Go, "{kind:?}");
        let stretched = |event: &Event| matches!(event, Event::WorkerStretched { .. });
        assert!(!events.iter().any(stretched), "{kind:?}");
    }
}
