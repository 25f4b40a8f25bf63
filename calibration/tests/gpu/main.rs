//! A GPU is measured through libraries with the names of NVIDIA's, made up for this, whose every call is checked.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use tare_calibration::gpu::{GpuPeaks, GpuRequest, answer, parse_answer};
use tare_clock::MonotonicClock;
use tare_units::Rate;

const ORDINAL: &str = "TARE_TEST_GPU_ORDINAL";
const ANSWER: &str = "TARE_TEST_GPU_ANSWER";
const LIBRARIES: [&str; 3] = ["libcuda.so", "libcublasLt.so", "libnvrtc.so"];

fn request(ordinal: u32) -> GpuRequest {
    GpuRequest {
        repeats: 1,
        ..GpuRequest::everything(ordinal)
    }
}

#[test]
#[ignore = "a part that other tests start as a process of its own"]
fn the_process_of_another_test() {
    let of = |name: &str| std::env::var(name).expect("another test starts this one");
    let request = request(of(ORDINAL).parse().unwrap());
    fs::write(of(ANSWER), answer(&request, &MonotonicClock)).unwrap();
}

/// What is measured where the first `libraries` are whole, with these faults, and the others hold nothing.
fn measured(libraries: usize, faults: &str, ordinal: u32) -> (GpuPeaks, String) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gpu/fake.c");
    build(source, &at(LIBRARIES[0]));
    for (index, other) in LIBRARIES.iter().enumerate().skip(1) {
        match index < libraries {
            true => symlink(at(LIBRARIES[0]), at(other)).unwrap(),
            false => build("/dev/null", &at(other)),
        }
    }
    let file = folder.path().join("answer");
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "the_process_of_another_test"])
        .env("LD_LIBRARY_PATH", folder.path())
        .env("FAKE_GPU", faults)
        .env(ORDINAL, ordinal.to_string())
        .env(ANSWER, &file)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", text(&ran));
    let line = fs::read_to_string(file).unwrap();
    let peaks = parse_answer(&request(ordinal), &line).unwrap();
    (peaks, text(&ran))
}

fn text(ran: &Output) -> String {
    let both = [&ran.stdout[..], &ran.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

fn build(source: &str, library: &Path) {
    let built = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-x", "c", source, "-o"])
        .arg(library)
        .status()
        .expect("a C compiler named cc");
    assert!(built.success());
}

fn rate(peaks: &GpuPeaks, precision: &str) -> (String, f64) {
    let mut known = peaks.compute.iter();
    let peak = known.find(|peak| peak.precision == precision).unwrap();
    let tera = peak.flops_per_s.per_s() / 1e12;
    (peak.kernel.clone(), tera.round())
}

fn is_missing(peaks: &GpuPeaks, path: &str, reason: &str) {
    let found = peaks.missing.get(path).map(String::as_str);
    assert!(
        found.is_some_and(|found| found.contains(reason)),
        "{found:?}"
    );
}

#[test]
fn every_figure_is_the_library_s_and_nothing_is_left_over() {
    let (peaks, said) = measured(3, "", 0);
    assert_eq!(peaks.name.as_deref(), Some("Pretend 0"));
    assert!(peaks.doubts.is_empty(), "{:?}", peaks.doubts);
    let gemm = || "gemm-cublaslt-8192".to_owned();
    assert_eq!(rate(&peaks, "fp32"), ("fma-cuda-fp32".to_owned(), 60.0));
    assert_eq!(rate(&peaks, "tf32").1, 400.0);
    for precision in ["fp16", "bf16", "fp8", "int8"] {
        assert_eq!(rate(&peaks, precision).1, 800.0, "{precision}");
    }
    let kernels = &peaks.compute[0].kernels;
    assert!(kernels.iter().any(|kernel| kernel.kernel == gemm()));
    let moved = peaks.bandwidth.iter().map(|peak| {
        let read = peak.read_bytes_per_s.value.per_s() / 1e12;
        let triad = peak.triad_bytes_per_s.value.per_s() / 1e12;
        (peak.level.as_str(), read.round(), triad.round())
    });
    assert!(moved.eq([("DRAM", 4.0, 3.0), ("L2", 8.0, 6.0)]));
    let copied = peaks.transfers.iter().map(|copy| copy.bytes_per_s.value);
    let copied = copied.map(|rate| (rate.per_s() / 1e9).round());
    assert!(copied.eq([50.0, 40.0]));
    assert!(peaks.launch.is_some());
    assert!(said.contains("left over: 0"), "{said}");
}

#[test]
fn each_library_that_lacks_its_calls_costs_its_own_figures() {
    let (peaks, said) = measured(2, "", 0);
    for path in ["fp32.fma-cuda-fp32", "DRAM", "L2", "launch"] {
        is_missing(
            &peaks,
            &format!("cuda:0.{path}"),
            "libnvrtc: the library is too old",
        );
    }
    assert_eq!(rate(&peaks, "fp16").1, 800.0);
    assert_eq!(peaks.transfers.len(), 2);
    assert!(said.contains("left over: 0"), "{said}");
    let (peaks, _) = measured(1, "", 0);
    is_missing(
        &peaks,
        "cuda:0.tf32.gemm-cublaslt-4096",
        "libcublasLt: the library is too old",
    );
    assert!(peaks.compute.is_empty());
}

#[test]
fn a_call_that_fails_is_named_and_frees_what_was_made() {
    let three: [(&str, &str); 3] = [
        (
            "fp32.gemm-cublaslt-8192",
            "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY",
        ),
        (
            "fp8.gemm-cublaslt-4096",
            "cublasLtMatmulAlgoGetHeuristic: CUBLAS_STATUS_NOT_SUPPORTED",
        ),
        ("fp32.fma-cuda-fp32", "NVRTC_ERROR_COMPILATION: line 1:"),
    ];
    let lost = [("L2", "cuLaunchKernel: CUDA_ERROR_LAUNCH_FAILED")];
    for (faults, reasons) in [("memory formats source", &three[..]), ("lost", &lost)] {
        let (peaks, said) = measured(3, faults, 0);
        for (path, reason) in reasons {
            is_missing(&peaks, &format!("cuda:0.{path}"), reason);
        }
        assert_eq!(peaks.transfers.len(), 2, "{faults}");
        assert!(said.contains("left over: 0"), "{faults}: {said}");
    }
}

#[test]
fn a_device_that_is_not_there_is_a_reason() {
    let (peaks, _) = measured(3, "", 3);
    is_missing(&peaks, "cuda:3", "cuDeviceGet: CUDA_ERROR_INVALID_DEVICE");
}
