//! A worker on a GPU, played by this process, with a driver that is made up.

#[path = "../../../hardware/tests/nvml/fake.rs"]
mod fake;

use std::sync::atomic::AtomicBool;

use tare_clock::MonotonicClock;
use tare_hardware::energy::Sources;
use tare_hardware::nvml::{Nvml, NvmlError};
use tare_results::{Gpu, Machine, Outcome};

use super::tests::at;
use super::*;
use crate::energy::EnergyMeter;
use fake::Fake;

const STRANGER: &str = "count=1\ncompute=71:1048576";
const POWER_CAP: &str = "count=1\nthrottle=4";

fn machine() -> Machine {
    let gpu = Gpu {
        name: "NVIDIA H200".to_owned(),
        uuid: Some("GPU-0".to_owned()),
        ..Gpu::default()
    };
    Machine {
        gpus: vec![gpu],
        ..tare_hardware::machine(Path::new("/"))
    }
}

/// The findings about the GPU of a worker at `cuda:0`; `play` is told when each phase begins.
fn seen(
    nvml: &Result<Nvml, NvmlError>,
    phases: &[Phase],
    mut play: impl FnMut(Phase),
) -> Vec<(String, Outcome)> {
    let pid = std::process::id();
    let meter = EnergyMeter::start(Sources::default(), None, MonotonicClock).unwrap();
    let machine = machine();
    let stop = AtomicBool::new(false);
    let scales = meter.of(("cuda:0", &machine), &stop);
    let mut tell = |_| {};
    let gpu = GpuWatch::on("cuda:0", (&machine, None), nvml);
    let worker = ("cell", Kind::Measurement, 0);
    let clock = MonotonicClock;
    let checked = (Checking::Warn, true);
    let mut observer =
        Observer::new(worker, checked, &scales, &clock, &mut tell).beside((gpu, None));
    observer.started(pid);
    for phase in phases {
        play(*phase);
        observer.phase(pid, at(*phase));
        for _ in 0..3 * POLLS {
            observer.resident(pid);
        }
    }
    let observed = observer.into_observed();
    let gpus = observed.findings().iter();
    let gpus = gpus.filter(|finding| tare_hardware::checks::is_of_gpu(finding));
    gpus.map(|finding| (finding.check.clone(), finding.outcome.clone()))
        .collect()
}

fn found(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Problem { found, .. } | Outcome::Fine { found } => found,
        Outcome::Unchecked { reason } => reason,
    }
}

const ALL: [Phase; 4] = [Phase::Load, Phase::Warmup, Phase::Run, Phase::Finish];

#[test]
fn a_stranger_counts_before_the_worker_begins_and_slowness_while_requests_are_timed() {
    let fake = Fake::new(STRANGER);
    let seen = seen(&fake.load(), &ALL, |phase| match phase {
        Phase::Run => fake.set(POWER_CAP),
        Phase::Finish => fake.set("count=1"),
        _ => fake.set(&format!("{STRANGER}\nthrottle=8")),
    });
    let texts: Vec<&str> = seen.iter().map(|(_, outcome)| found(outcome)).collect();
    assert_eq!(
        texts,
        [
            "GPU 0 (NVIDIA H200): process 71 with 1.00 MiB",
            "GPU 0 (NVIDIA H200): sw-power-cap in 3 of 4 looks"
        ]
    );
    let problem = |(_, outcome): &(String, Outcome)| matches!(outcome, Outcome::Problem { .. });
    assert!(seen.iter().all(problem));
}

#[test]
fn processes_that_come_with_the_worker_are_no_strangers_and_a_gpu_at_full_clocks_is_fine() {
    let fake = Fake::new("count=1");
    let seen = seen(&fake.load(), &ALL, |_| fake.set(STRANGER));
    let fine = |(_, outcome): &(String, Outcome)| matches!(outcome, Outcome::Fine { .. });
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(fine), "{seen:?}");
}

#[test]
fn a_worker_that_dies_early_leaves_the_strangers_and_no_word_on_slowness() {
    let fake = Fake::new(STRANGER);
    let seen = seen(&fake.load(), &[Phase::Load], |_| {});
    assert!(found(&seen[0].1).contains("process 71"));
    assert!(found(&seen[1].1).ends_with("nothing was timed on it"));
}

#[test]
fn a_gpu_that_is_lost_on_the_way_is_a_reason_and_the_worker_is_watched_on() {
    let fake = Fake::new("count=1");
    let seen = seen(&fake.load(), &ALL, |phase| {
        if phase == Phase::Run {
            fake.set("count=1\nfail.device=15");
        }
    });
    assert!(found(&seen[0].1).ends_with("no other process"));
    assert!(found(&seen[1].1).contains("the GPU is lost"), "{seen:?}");
}

#[test]
fn the_memory_of_the_gpu_is_looked_at_at_each_phase_and_between_and_its_most_is_told() {
    let fake = Fake::new("count=1");
    let machine = machine();
    let meter = EnergyMeter::start(Sources::default(), None, MonotonicClock).unwrap();
    let stop = AtomicBool::new(false);
    let scales = meter.of(("cuda:0", &machine), &stop);
    let mut tell = |_| {};
    let pid = std::process::id();
    let vram = VramWatch::on("cuda:0", (&machine, None), &fake.load());
    let worker = ("cell", Kind::Measurement, 0);
    let clock = MonotonicClock;
    let unchecked = (Checking::Off, true);
    let mut observer =
        Observer::new(worker, unchecked, &scales, &clock, &mut tell).beside((None, vram));
    let used = |bytes: u64| fake.set(&format!("count=1\nused={bytes}\ncompute={pid}:{bytes}"));
    observer.phase(pid, at(Phase::Start));
    for (phase, at_phase, between) in [
        (Phase::Load, 10, 4_000),
        (Phase::Warmup, 500, 600),
        (Phase::Run, 700, 800),
        (Phase::Finish, 900, 900),
    ] {
        used(at_phase);
        observer.phase(pid, at(phase));
        used(between);
        for _ in 0..POLLS {
            observer.resident(pid);
        }
    }
    let (memory, _, missing) = observer.into_observed().into_parts("cuda:0");
    let memory = memory.unwrap();
    let most = Some(Bytes::from_bytes(4_000));
    assert_eq!(memory.peak_vram_process_bytes, most, "{missing:?}");
    assert_eq!(memory.peak_vram_device_bytes, most);
}

#[test]
fn without_a_driver_each_check_says_why() {
    let seen = seen(&Err(NvmlError::NoDriver), &ALL, |_| {});
    assert_eq!(seen.len(), 2);
    let reason = |(_, outcome): &(String, Outcome)| matches!(outcome, Outcome::Unchecked { reason } if reason.contains("driver is not loaded"));
    assert!(seen.iter().all(reason), "{seen:?}");
}
