//! A record that says it is valid and contradicts itself is found out.

mod common;

use common::{cell, record};
use tare_results::{Kind, Met, ObjectiveKept, Record, Serving};
use tare_units::Nanoseconds;

/// 33 requests that were due, of which 2 failed.
fn served() -> Record {
    let mut served = record("20261121-104656-3f9a", cell(1), 0);
    if let Some(latency) = &mut served.latency {
        latency.failed = 2;
    }
    served.serving = Some(Serving {
        workers: 1,
        due: 33,
        done: 31,
        rejected: 1,
        timed_out: 1,
        errors: 0,
        never_sent: 0,
        most_waiting: 4,
        mean_batch: Some(1.0),
        goodput_per_s: Some(30.0),
        search: None,
        saturated: Some(false),
        objective: Some(ObjectiveKept {
            percentile: "p90".to_owned(),
            bound_ns: Nanoseconds::from_millis(40),
            over: 3,
            effective_count: Some(33.0),
            met: Met::NotDecided,
        }),
    });
    served
}

fn after(change: impl FnOnce(&mut Record)) -> Vec<String> {
    let mut record = served();
    change(&mut record);
    record.contradictions()
}

#[test]
fn records_that_hold_contradict_nothing() {
    assert_eq!(served().contradictions(), [""; 0]);
    let plain = record("20261121-104656-3f9a", cell(1), 0);
    assert_eq!(plain.contradictions(), [""; 0]);
}

#[test]
fn a_group_that_is_gone_without_a_reason_is_one() {
    assert_eq!(
        after(|one| (one.load, one.throughput) = (None, None)),
        [
            "there is no load, and no reason why",
            "there is no throughput, and no reason why"
        ]
    );
    assert_eq!(
        after(|one| one.schedule = None),
        ["there is no schedule, and no reason why"]
    );
    for scenario in ["server", "closed"] {
        let unserved = after(|one| {
            one.cell.scenario = scenario.to_owned();
            one.serving = None;
        });
        assert_eq!(unserved, ["there is no serving, and no reason why"]);
    }
    let explained = after(|one| {
        (one.latency, one.effective_latency) = (None, None);
        let reason = "offline asks for throughput only".to_owned();
        one.missing.insert("latency".to_owned(), reason);
    });
    assert_eq!(explained, [""; 0]);
}

#[test]
fn counts_of_the_same_requests_agree() {
    assert_eq!(
        after(|one| one.samples.as_mut().expect("samples").count = 32),
        ["33 requests have a latency, but 32 samples were written"]
    );
    assert_eq!(
        after(|one| one.latency.as_mut().expect("latency").failed = 1),
        ["1 of 33 requests failed by their latencies, but 2 of 33 by what became of them"]
    );
    let lost = after(|one| one.serving.as_mut().expect("serving").done = 30);
    assert_eq!(lost.len(), 2, "{lost:?}");
}

#[test]
fn figures_that_cannot_be_are_told_with_their_values() {
    let percentile = after(|one| {
        let latency = one.latency.as_mut().expect("latency");
        latency.p90 = latency.p50.clone();
        let p90 = latency.p90.as_mut().expect("a p90");
        (p90.value_ns, p90.low_ns) = (20e6, Some(19e6));
    });
    assert_eq!(
        percentile,
        ["the latency contradicts itself: p90 is 20000000 ns, below p50 with 30000000 ns"]
    );
    let interval = after(|one| {
        let latency = one.effective_latency.as_mut().expect("latency");
        latency.p50.as_mut().expect("a p50").low_ns = Some(f64::NAN);
    });
    assert!(interval[0].starts_with("the effective latency contradicts itself: p50"));
    let mean = after(|one| {
        let latency = one.latency.as_mut().expect("latency");
        latency.mean_ns = Some(1.0);
    });
    assert!(mean[0].contains("the mean is 1 ns"), "{mean:?}");
    let rate = after(|one| {
        let rates = one.throughput.as_mut().expect("throughput");
        rates.achieved_per_s = Some(f64::INFINITY);
    });
    assert_eq!(rate, ["throughput.achieved_per_s is inf, which no rate is"]);
}

#[test]
fn valid_with_reasons_against_it_is_one() {
    let found = after(|one| one.reasons = vec!["its outputs are wrong".to_owned()]);
    assert_eq!(
        found,
        ["it says that it is valid, and why it is not: its outputs are wrong"]
    );
}

#[test]
fn what_times_no_cell_is_not_looked_at() {
    for kind in [Kind::Profile, Kind::Reference] {
        let broken = after(|one| {
            one.kind = kind;
            one.load = None;
        });
        assert_eq!(broken, [""; 0]);
    }
}
