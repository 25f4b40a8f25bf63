//! Whole calibrations with the real kernels, under a clock that advances by the same step at each reading.

use tare_clock::SimulatedClock;
use tare_results::PEAKS_SCHEMA;
use tare_units::Rate;

use super::*;
use crate::target::fixture;

/// Longer than any lap, so that each lap does one iteration.
const TICK: Nanoseconds = Nanoseconds::from_millis(1);

struct Ticking(SimulatedClock);

impl Ticking {
    fn new() -> Self {
        Self(SimulatedClock::new())
    }
}

impl Clock for Ticking {
    fn now(&self) -> Nanoseconds {
        self.0.advance(TICK);
        self.0.now()
    }

    fn wait_until(&self, deadline: Nanoseconds) {
        self.0.wait_until(deadline);
    }
}

fn target() -> Target {
    fixture::target([32, 256], Bytes::from_mib(8), crate::allowed_cpus())
}

fn options() -> Options {
    Options {
        precisions: vec![Precision::Fp32],
        threads: vec![1],
        repeats: 2,
        budget: Nanoseconds::from_secs(1_000),
        ..Options::everything(target(), "2026-01-01T00:00:00Z".into())
    }
}

const NEED: Need = Need {
    precision: Precision::Fp32,
    threads: 1,
    processors: 16,
    working_set: Bytes::from_bytes(100 << 10),
};

#[test]
fn a_calibration_holds_every_kind_of_figure_with_its_spread() {
    let mut steps = Vec::new();
    let peaks = calibrate(&options(), &Ticking::new(), &mut |progress| {
        steps.push((progress.done, progress.total));
    });
    assert_eq!(
        (peaks.schema.as_str(), peaks.method),
        (PEAKS_SCHEMA, METHOD)
    );
    assert_eq!((peaks.machine.as_str(), peaks.doubts.len()), ("f", 0));
    assert_eq!(peaks.compute.len(), 1);
    for kernel in &peaks.compute[0].kernels {
        assert_eq!(kernel.flops_per_s.repeats, 2, "{}", kernel.kernel);
        assert!(kernel.flops_per_s.value.per_s() > 0.0);
    }
    let levels: Vec<&str> = peaks
        .bandwidth
        .iter()
        .map(|peak| peak.level.as_str())
        .collect();
    assert_eq!(levels, ["L1", "L1", "L2", "L2", "DRAM"]);
    assert_eq!(peaks.probes.len(), 1);
    assert_eq!(peaks.timing.unwrap().clock_step_ns.value, 1e6);
    let total = steps.len() as u64;
    assert_eq!(
        steps,
        (0..total).map(|done| (done, total)).collect::<Vec<_>>()
    );
}

#[test]
fn rates_are_the_work_of_an_iteration_over_the_time_of_the_clock() {
    let peaks = calibrate(&options(), &Ticking::new(), &mut |_| {});
    for fma in crate::fma::all().into_iter().flatten() {
        let mut kernels = peaks.compute[0].kernels.iter();
        if let Some(kernel) = kernels.find(|kernel| kernel.kernel == fma.name()) {
            let per_s = fma.operations() as f64 / TICK.as_secs_f64();
            assert!((kernel.flops_per_s.value.per_s() / per_s - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn time_that_is_up_leaves_reasons_and_a_doubt() {
    let short = Options {
        budget: Nanoseconds::ZERO,
        ..options()
    };
    let peaks = calibrate(&short, &Ticking::new(), &mut |_| {});
    assert!(peaks.compute.is_empty() && peaks.bandwidth.is_empty());
    assert!(peaks.missing["cpu.fp32.1.probe"].contains("time"));
    let fewer = PeaksDoubt::FewerRepeats {
        have: 0,
        planned: 2,
    };
    assert_eq!(peaks.doubts, [fewer]);
}

#[test]
fn one_run_s_need_is_measured_once() {
    let clock = Ticking::new();
    let target = target();
    let measure = |known, need| {
        let mut steps = 0;
        let peaks = needed(known, &[need], &target, "now", &clock, &mut |_| steps += 1);
        (peaks, steps)
    };
    let (peaks, first) = measure(None, NEED);
    assert!(first > 0 && !lacks(&peaks, NEED, &target));
    assert_eq!(peaks.compute[0].kernels.len(), 2);
    assert!(peaks.bandwidth.iter().all(|peak| peak.level == "L2"));
    let (same, none) = measure(Some(peaks.clone()), NEED);
    assert_eq!((same, none), (peaks.clone(), 0));
    let small = Need {
        working_set: Bytes::from_bytes(1 << 10),
        ..NEED
    };
    assert!(lacks(&peaks, small, &target));
    let (both, more) = measure(Some(peaks), small);
    assert!(
        more > 0 && more < first,
        "bandwidth alone: {more} of {first}"
    );
    assert!(!lacks(&both, NEED, &target) && !lacks(&both, small, &target));
}

#[test]
fn what_two_needs_share_is_measured_once() {
    let (clock, target) = (Ticking::new(), target());
    let small = Need {
        working_set: Bytes::from_bytes(1 << 10),
        ..NEED
    };
    let count = |needs: &[Need]| {
        let mut steps = 0;
        let peaks = needed(None, needs, &target, "now", &clock, &mut |_| steps += 1);
        assert!(needs.iter().all(|need| !lacks(&peaks, *need, &target)));
        steps
    };
    let (one, other) = (count(&[NEED]), count(&[small]));
    assert_eq!(count(&[NEED, NEED]), one);
    let both = count(&[NEED, small]);
    assert!(both > one.max(other) && both < one + other, "{both}");
}

#[test]
fn figures_of_another_machine_or_method_are_measured_anew() {
    let (clock, target) = (Ticking::new(), target());
    let own = needed(None, &[NEED], &target, "then", &clock, &mut |_| {});
    let mut other = own.clone();
    other.machine = "g".into();
    let mut old = own.clone();
    old.method = 0;
    let mut built_otherwise = own.clone();
    built_otherwise.build = None;
    for stale in [other, old, built_otherwise] {
        let mut steps = 0;
        let peaks = needed(Some(stale), &[NEED], &target, "now", &clock, &mut |_| {
            steps += 1
        });
        assert!(steps > 0);
        assert_eq!((peaks.machine.as_str(), peaks.method), ("f", METHOD));
        assert_eq!(peaks.build.as_deref(), Some(BUILD));
        assert_eq!(peaks.calibrated_at, "now");
    }
}

#[test]
fn what_is_measured_later_has_a_date_of_its_own_and_the_rest_keeps_the_earlier_one() {
    let (clock, target) = (Ticking::new(), target());
    let small = Need {
        working_set: Bytes::from_bytes(1 << 10),
        ..NEED
    };
    let first = needed(None, &[small], &target, "2026-01-01", &clock, &mut |_| {});
    assert!(first.measured_at.values().all(|at| at == "2026-01-01"));
    assert!(first.measured_at.contains_key("cpu.fp32.1.probe"));
    let earlier = first.measured_at.clone();
    let both = needed(
        Some(first),
        &[NEED],
        &target,
        "2026-02-02",
        &clock,
        &mut |_| {},
    );
    assert_eq!(both.calibrated_at, "2026-02-02");
    assert!(both.measured_at.len() > earlier.len());
    for (path, at) in &both.measured_at {
        let expected = earlier.get(path).map_or("2026-02-02", String::as_str);
        assert_eq!(at, expected, "{path}");
    }
}

#[test]
fn everything_is_every_precision_with_one_thread_and_with_all() {
    let of = |cpus: Vec<usize>| {
        let target = Target { cpus, ..target() };
        Options::everything(target, String::new()).threads
    };
    assert_eq!(of(vec![0, 1, 2]), [1, 3]);
    assert_eq!(of(vec![5]), [1]);
}
