//! From a request to the line of the answer and back, with a device of known rates and with none.

use tare_clock::{MonotonicClock, SimulatedClock};
use tare_results::{Direction, Peaks};
use tare_units::{Bytes, Rate};

use super::device::{Facts, Fault, Work};
use super::fake::{Fake, facts};
use super::*;
use crate::{NoPeaks, device_peaks};

fn request() -> GpuRequest {
    GpuRequest::everything(0)
}

fn all(clock: &SimulatedClock) -> GpuPeaks {
    measured(&Fake::new(clock), &request(), clock)
}

pub(crate) fn empty() -> Peaks {
    Peaks::none(1, "f", "2026-01-01T00:00:00Z")
}

fn merged(gpu: GpuPeaks) -> Peaks {
    let mut peaks = empty();
    gpu.merge_into(&mut peaks, "2026-02-02T00:00:00Z");
    peaks
}

#[test]
fn everything_takes_less_than_the_budget_and_is_measured_as_often_as_asked() {
    let clock = SimulatedClock::new();
    let peaks = all(&clock);
    let spent = clock.now();
    assert!(spent < request().budget, "{spent}");
    assert!(peaks.doubts.is_empty(), "{:?}", peaks.doubts);
    let repeats = |peak: &ComputePeak| peak.kernels[0].flops_per_s.repeats;
    assert!(peaks.compute.iter().all(|peak| repeats(peak) == 9));
    assert_eq!(peaks.compute.len(), MathMode::ALL.len());
    assert_eq!(peaks.name.as_deref(), Some("Fake 9000"));
}

#[test]
fn the_larger_of_registers_and_product_is_the_peak_and_both_are_kept() {
    let peaks = all(&SimulatedClock::new());
    let fp16 = &peaks.compute[1];
    assert_eq!((fp16.precision.as_str(), fp16.threads), ("fp16", 1));
    assert_eq!(fp16.kernel, "gemm-cublaslt-8192");
    let names: Vec<&str> = fp16.kernels.iter().map(|one| one.kernel.as_str()).collect();
    let expected = ["fma-cuda-fp16", "gemm-cublaslt-4096", "gemm-cublaslt-8192"];
    assert_eq!(names, expected);
    assert!(fp16.flops_per_s.per_s() > 799e12);
    let registers = fp16.kernels[0].flops_per_s.value.per_s();
    assert!((99e12..101e12).contains(&registers), "{registers}");
}

#[test]
fn memory_cache_copies_and_launches_have_figures_of_their_own() {
    let peaks = all(&SimulatedClock::new());
    let levels = peaks.bandwidth.iter().map(|peak| {
        let read = peak.read_bytes_per_s.value.per_s() / 1e12;
        let triad = peak.triad_bytes_per_s.value.per_s() / 1e12;
        (peak.level.as_str(), read.round(), triad.round())
    });
    let levels: Vec<_> = levels.collect();
    assert_eq!(levels, [("DRAM", 4.0, 4.0), ("L2", 8.0, 6.0)]);
    let ways: Vec<Direction> = peaks.transfers.iter().map(|one| one.direction).collect();
    assert_eq!(ways, Direction::ALL);
    let copy = &peaks.transfers[0];
    assert!((49e9..51e9).contains(&copy.bytes_per_s.value.per_s()));
    assert_eq!(copy.latency_ns.value.as_nanos(), 7_000);
    let launch = peaks.launch.unwrap();
    assert_eq!(launch.single_ns.value.as_nanos(), 4_000);
    assert_eq!(launch.amortised_ns.value.as_nanos(), 2_008);
    assert_eq!(launch.round_trip_ns.value.as_nanos(), 7_000);
}

#[test]
fn an_answer_is_one_line_that_reads_back() {
    let peaks = all(&SimulatedClock::new());
    let line = serde_json::to_string(&peaks).unwrap();
    assert!(!line.contains('\n'));
    assert_eq!(parse_answer(&request(), &line), Ok(peaks));
    let error = parse_answer(&GpuRequest::everything(1), &line).unwrap_err();
    assert!(error.to_string().contains("about cuda:1"), "{error}");
}

#[test]
fn what_is_no_answer_is_shown_shortened() {
    for line in ["", "{}", "[1]", &"x".repeat(500)] {
        let error = parse_answer(&request(), line).unwrap_err();
        assert!(error.to_string().len() < 150, "{error}");
    }
}

#[test]
fn a_rate_that_is_none_or_of_another_device_is_not_taken() {
    let good = all(&SimulatedClock::new());
    let refused = |change: fn(&mut GpuPeaks)| {
        let mut peaks = good.clone();
        change(&mut peaks);
        let line = serde_json::to_string(&peaks).unwrap();
        parse_answer(&request(), &line).is_err()
    };
    assert!(!refused(|_| {}));
    assert!(refused(|peaks| peaks.bandwidth[0].device = "cpu".into()));
    assert!(refused(|peaks| {
        peaks.transfers[0].bytes_per_s.low = Rate::from_per_s(0.0);
    }));
    assert!(refused(|peaks| {
        peaks.compute[0].flops_per_s = Rate::from_per_s(-1.0);
    }));
}

#[test]
fn a_machine_without_the_device_answers_why() {
    let far = GpuRequest::everything(u32::MAX);
    let peaks = parse_answer(&far, &answer(&far, &MonotonicClock)).unwrap();
    let reason = &peaks.missing[&far.device()];
    assert!(!reason.is_empty() && reason.contains(": "), "{reason}");
    assert_eq!((peaks.name, peaks.compute), (None, Vec::new()));
}

#[test]
fn a_call_that_fails_is_missing_by_its_name_and_the_rest_stands() {
    let clock = SimulatedClock::new();
    let device = Fake {
        refuses: |work| match work {
            Work::Gemm { .. } => Some(Fault::new("libcublasLt", "the library was not found")),
            _ => None,
        },
        ..Fake::new(&clock)
    };
    let peaks = measured(&device, &request(), &clock);
    let reason = &peaks.missing["cuda:0.bf16.gemm-cublaslt-8192"];
    assert_eq!(reason, "libcublasLt: the library was not found");
    let of: Vec<&str> = peaks
        .compute
        .iter()
        .map(|peak| peak.precision.as_str())
        .collect();
    assert_eq!(of, ["fp32", "fp16"]);
    assert_eq!(peaks.transfers.len(), 2);
    let error = device_peaks(&merged(peaks), "cuda:0", MathMode::Bf16).unwrap_err();
    assert!(
        error.to_string().contains("no peak of bf16 of cuda:0"),
        "{error}"
    );
}

#[test]
fn too_little_time_and_too_large_a_cache_are_doubts_of_the_device() {
    let clock = SimulatedClock::new();
    let short = GpuRequest {
        budget: Nanoseconds::from_secs(6),
        ..request()
    };
    let device = Fake {
        facts: Facts {
            l2: Bytes::from_mib(400),
            free: Bytes::from_mib(8 << 10),
            ..facts()
        },
        ..Fake::new(&clock)
    };
    let peaks = measured(&device, &short, &clock);
    let texts: Vec<String> = peaks.doubts.iter().map(ToString::to_string).collect();
    assert!(
        texts[0].starts_with("cuda:0: the bandwidth of DRAM"),
        "{texts:?}"
    );
    assert!(
        texts[1].starts_with("cuda:0: time was up after"),
        "{texts:?}"
    );
}

#[test]
fn a_new_calibration_of_a_device_replaces_the_old_and_leaves_the_rest() {
    let clock = SimulatedClock::new();
    let mut peaks = merged(all(&clock));
    let mut processors = peaks.compute[0].clone();
    processors.device = "cpu".into();
    peaks.compute.push(processors.clone());
    peaks.missing.insert("cuda:10".into(), "another".into());
    GpuPeaks::none("cuda:1", "it fell off the bus").merge_into(&mut peaks, "2026-03-03T00:00:00Z");
    assert_eq!(peaks.compute.len(), MathMode::ALL.len() + 1);
    GpuPeaks::none("cuda:0", "it was taken out").merge_into(&mut peaks, "2026-03-03T00:00:00Z");
    assert_eq!(peaks.compute, [processors]);
    assert!(peaks.bandwidth.is_empty() && peaks.transfers.is_empty() && peaks.launches.is_empty());
    let paths: Vec<&String> = peaks.missing.keys().collect();
    assert_eq!(paths, ["cuda:0", "cuda:1", "cuda:10"]);
}

#[test]
fn a_device_is_dated_by_its_own_measuring_and_the_processors_keep_theirs() {
    let mut peaks = empty();
    let then = "2026-01-01T00:00:00Z".to_owned();
    peaks
        .measured_at
        .insert("cpu.fp32.1.gemm".into(), then.clone());
    GpuPeaks::none("cuda:0", "it is lost").merge_into(&mut peaks, "2026-02-02T00:00:00Z");
    assert_eq!(peaks.calibrated_at, then, "nothing was measured");
    let gpu = all(&SimulatedClock::new());
    gpu.merge_into(&mut peaks, "2026-03-03T00:00:00Z");
    assert_eq!(peaks.calibrated_at, "2026-03-03T00:00:00Z");
    assert_eq!(peaks.measured_at["cpu.fp32.1.gemm"], then);
    let (cell, _) = device_peaks(&peaks, "cuda:0", MathMode::Fp32).unwrap();
    assert_eq!(cell.calibrated_at, "2026-03-03T00:00:00Z");
    GpuPeaks::none("cuda:0", "taken out").merge_into(&mut peaks, "2026-04-04T00:00:00Z");
    assert!(!peaks.measured_at.contains_key("cuda:0"));
}

#[test]
fn what_was_tried_and_is_missing_is_not_lacking() {
    let peaks = merged(all(&SimulatedClock::new()));
    assert!(!lacks(&peaks, "cuda:0", MathMode::Fp16));
    assert!(lacks(&peaks, "cuda:1", MathMode::Fp16));
    let none = merged(GpuPeaks::none("cuda:1", "it is lost"));
    assert!(lacks(&none, "cuda:1", MathMode::Fp16), "it may be back");
    let mut refused = none;
    let reason = "the library refuses it".to_owned();
    refused.missing.insert("cuda:1.fp16.gemm".into(), reason);
    assert!(!lacks(&refused, "cuda:1", MathMode::Fp16));
}

#[test]
fn a_cell_on_a_device_has_its_arithmetic_memory_and_copies() {
    let peaks = merged(all(&SimulatedClock::new()));
    let (of_it, doubts) = device_peaks(&peaks, "cuda:0", MathMode::Tf32).unwrap();
    assert_eq!(of_it.level, "DRAM");
    assert!((3.9e12..4.1e12).contains(&of_it.bytes_per_s.per_s()));
    assert!((799e12..801e12).contains(&of_it.flops_per_s.per_s()));
    for copies in [of_it.h2d_bytes_per_s, of_it.d2h_bytes_per_s] {
        assert!((49e9..51e9).contains(&copies.unwrap().per_s()));
    }
    let doubts: Vec<String> = doubts.iter().map(ToString::to_string).collect();
    assert!(doubts[0].contains("no probe runs on cuda:0"), "{doubts:?}");
    assert_eq!(doubts.len(), 1);
}

#[test]
fn a_cell_without_a_figure_is_told_which_and_why() {
    let because = |peaks: &Peaks| match device_peaks(peaks, "cuda:0", MathMode::Fp32) {
        Err(NoPeaks::NotOfDevice {
            figure, because, ..
        }) => (figure, because),
        other => panic!("{other:?}"),
    };
    let (figure, reason) = because(&empty());
    assert_eq!((figure.as_str(), reason.as_str()), ("peak of fp32", ""));
    let lost = merged(GpuPeaks::none("cuda:0", "it is lost"));
    assert_eq!(because(&lost).1, " (it is lost)");
    let mut without = merged(all(&SimulatedClock::new()));
    without.transfers.remove(1);
    let reason = "cuMemHostAlloc: CUDA_ERROR_OUT_OF_MEMORY";
    without.missing.insert("cuda:0.d2h".into(), reason.into());
    assert_eq!(
        because(&without),
        ("rate of d2h copies".into(), format!(" ({reason})"))
    );
}
