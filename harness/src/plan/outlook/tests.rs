//! The time that is told beside what published runs took.

use std::path::Path;

use tare_results::Run;
use tare_units::{BytesPerSecond, FlopsPerSecond};

use super::super::tests::work;
use super::*;

/// From the run's beginning to its last record.
const TOOK: Nanoseconds = Nanoseconds::from_secs(483);

fn published() -> Run {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/published");
    let path = folder.join("20261122-224737-f3ad/run.json");
    let text = std::fs::read_to_string(&path).expect("a published run");
    serde_json::from_str(&text).expect("a run")
}

/// The plan of the run, with the 68 references that it had.
fn plan_of(run: &Run) -> Plan {
    let cells = run.cells.iter().cloned();
    let cells: Vec<Work> = cells.map(|cell| work(cell, Ok(0))).collect();
    Plan {
        references: cells[..68].to_vec(),
        cells,
        left_out: Vec::new(),
    }
}

fn outlay_of(run: &Run) -> Outlay {
    Outlay {
        repeats: run.repeats,
        duration: run.duration_ns,
        max_requests: run.max_requests,
        twins: run.twins,
        profile: run.profile,
        probes: run.probes,
    }
}

/// Of the processor of the published run.
fn measured() -> Rates {
    let best = FlopsPerSecond::from_per_s(245e9);
    Rates {
        flops_per_s: best.scaled(0.4),
        bytes_per_s: BytesPerSecond::from_per_s(12e9),
        measured: Some((best, 0.4)),
    }
}

#[test]
fn the_time_told_is_within_a_third_of_what_a_published_run_took() {
    let run = published();
    let told = outlook(&plan_of(&run), &outlay_of(&run), &measured());
    let ratio = told.time.as_secs_f64() / TOOK.as_secs_f64();
    println!("told {}, took {TOOK}", told.time);
    assert!((0.67..1.33).contains(&ratio), "{ratio}");
    assert_eq!(told.workers, 894);
}

#[test]
fn a_machine_that_was_not_measured_is_told_a_longer_time_with_its_measuring() {
    let run = published();
    let (plan, outlay) = (plan_of(&run), outlay_of(&run));
    let told = |rates: &Rates, outlay| outlook(&plan, outlay, rates).time;
    assert!(told(&Rates::assumed(), &outlay) > told(&measured(), &outlay));
    let unmeasured = Rates {
        measured: None,
        ..measured()
    };
    let more = told(&unmeasured, &outlay).saturating_sub(told(&measured(), &outlay));
    assert_eq!(more, CALIBRATION);
    let unwatched = Outlay {
        probes: false,
        ..outlay
    };
    assert_eq!(
        told(&unmeasured, &unwatched),
        told(&measured(), &unwatched),
        "without probes nothing is measured before the run"
    );
}

#[test]
fn a_worker_that_links_a_large_library_starts_later() {
    let run = published();
    let mut plan = plan_of(&run);
    plan.references.clear();
    plan.cells.truncate(1);
    let mut told = |name: &str| {
        plan.cells[0].spec.name = name.to_owned();
        outlook(&plan, &outlay_of(&run), &measured()).time
    };
    let more = told("libtorch").saturating_sub(told("rten"));
    let workers = 3 + 3 + COUNTING_WORKERS + 1 + 1;
    let (_, start) = SLOW_START;
    let each = start.saturating_sub(START);
    assert_eq!(more.as_nanos(), workers * each.as_nanos());
}

#[test]
fn a_trace_is_told_to_take_as_long_as_its_arrivals_and_not_as_its_duration() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("arrivals.txt");
    std::fs::write(&path, "0\n0.5\n").expect("writes");
    let run = published();
    let mut plan = plan_of(&run);
    plan.references.clear();
    plan.cells.truncate(1);
    let scenario = format!("server:trace={},duration=1h", path.display());
    plan.cells[0].scenario = scenario.parse().expect("a scenario");
    let told = outlook(&plan, &outlay_of(&run), &measured()).time;
    assert!(told < Nanoseconds::from_secs(600), "{told}");
}

#[test]
fn a_profiled_pass_on_a_device_takes_longer_by_the_requests_in_which_that_is_watched() {
    let run = published();
    let told = |device: &str, profile| {
        let mut plan = plan_of(&run);
        for work in &mut plan.cells {
            work.planned.cell.device = device.to_owned();
        }
        let outlay = Outlay {
            repeats: 1,
            profile,
            ..outlay_of(&run)
        };
        outlook(&plan, &outlay, &measured()).time
    };
    let extra = |device| told(device, true).saturating_sub(told(device, false));
    let (host, device) = (extra("cpu"), extra("cuda:0"));
    assert!(device > host && device < host + host, "{device} {host}");
}
