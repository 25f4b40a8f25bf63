//! Readings written by hand, and the figures they must give.

use tare_results::Cache;

use super::*;
use crate::Precision;
use crate::plan::What;

fn target() -> Target {
    Target {
        fingerprint: "f".into(),
        identity: Some("GenuineIntel 6-106-6".into()),
        extensions: Vec::new(),
        caches: vec![Cache {
            level: 3,
            kind: "unified".into(),
            size_bytes: Bytes::from_mib(32),
            shared_by: Some(4),
        }],
        available_memory: None,
        cpus: vec![0, 1],
    }
}

fn peaks() -> Peaks {
    Peaks::none(1, "f", "")
}

fn fp32(name: &str) -> What {
    What::Kernel {
        precision: Precision::Fp32,
        name: name.into(),
        kind: KernelKind::Fma,
    }
}

fn dram(mib: u64) -> What {
    What::Bandwidth {
        level: "DRAM".into(),
        bytes: Bytes::from_mib(mib),
    }
}

/// Three rounds of operations and of additions a second.
fn rounds(flops: f64, adds: f64) -> Vec<Vec<f64>> {
    vec![
        vec![flops, flops * 0.9, flops * 0.8],
        vec![adds, adds * 0.9, adds * 0.8],
    ]
}

#[test]
fn a_kernel_is_set_beside_its_frequency_and_what_is_documented() {
    let mut peaks = peaks();
    add(
        &mut peaks,
        &target(),
        &fp32("fma-avx512"),
        1,
        &rounds(160e9, 2.6e9),
    );
    let kernel = &peaks.compute[0].kernels[0];
    assert_eq!(kernel.flops_per_s.value.per_s(), 144e9);
    assert_eq!(
        (
            kernel.flops_per_s.low.per_s(),
            kernel.flops_per_s.high.per_s()
        ),
        (128e9, 160e9)
    );
    assert_eq!(kernel.frequency_hz.unwrap().value.per_s(), 2.34e9);
    let a_cycle = kernel.flops_per_cycle.unwrap();
    assert!(
        (a_cycle - 160.0 / 2.6).abs() < 1e-9,
        "slow rounds are slow in both: {a_cycle}"
    );
    assert_eq!(kernel.documented_flops_per_cycle, Some(64.0));
    assert!((kernel.share.unwrap() - a_cycle / 64.0).abs() < 1e-12);
    assert!(kernel.missing.is_empty());
}

#[test]
fn of_two_threads_the_frequency_is_the_mean_and_the_share_is_missing() {
    let mut peaks = peaks();
    add(
        &mut peaks,
        &target(),
        &fp32("fma-avx512"),
        2,
        &rounds(320e9, 5.2e9),
    );
    let kernel = &peaks.compute[0].kernels[0];
    assert_eq!(kernel.frequency_hz.unwrap().high.per_s(), 2.6e9);
    assert!((kernel.flops_per_cycle.unwrap() - 160.0 / 2.6).abs() < 1e-9);
    assert_eq!(kernel.share, None);
    assert!(kernel.missing["share"].contains("share a core"));
}

#[test]
fn without_documentation_or_frequency_a_reason_stands_in_each_place() {
    let mut peaks = peaks();
    let only = vec![vec![1e9]];
    add(&mut peaks, &target(), &fp32("gemm-rten"), 1, &only);
    let kernel = &peaks.compute[0].kernels[0];
    let named: Vec<&str> = kernel.missing.keys().map(String::as_str).collect();
    assert_eq!(
        named,
        [
            "documented_flops_per_cycle",
            "flops_per_cycle",
            "frequency_hz",
            "share"
        ]
    );
    assert_eq!(
        (kernel.frequency_hz, kernel.documented_by.clone()),
        (None, None)
    );
}

#[test]
fn the_peak_is_the_largest_of_its_kernels_and_a_new_figure_replaces_the_old() {
    let mut peaks = peaks();
    for (name, rate) in [("a", 1e9), ("b", 3e9), ("c", 2e9), ("b", 1.5e9)] {
        add(&mut peaks, &target(), &fp32(name), 1, &rounds(rate, 1e9));
    }
    assert_eq!(peaks.compute.len(), 1);
    assert_eq!(peaks.compute[0].kernels.len(), 3);
    assert_eq!(peaks.compute[0].kernel, "c");
    assert_eq!(peaks.compute[0].flops_per_s.per_s(), 1.8e9);
}

#[test]
fn bandwidth_keeps_both_loops_and_one_figure_a_size() {
    let mut peaks = peaks();
    for rate in [9e9, 8e9] {
        add(&mut peaks, &target(), &dram(128), 1, &rounds(rate, 7e9));
    }
    assert_eq!(peaks.bandwidth.len(), 1);
    assert_eq!(peaks.bandwidth[0].read_bytes_per_s.high.per_s(), 8e9);
    assert_eq!(peaks.bandwidth[0].triad_bytes_per_s.high.per_s(), 7e9);
    assert!(peaks.doubts.is_empty());
}

#[test]
fn a_figure_of_memory_that_a_cache_may_have_served_is_doubted_once() {
    let mut peaks = peaks();
    for _ in 0..2 {
        add(&mut peaks, &target(), &dram(100), 1, &rounds(9e9, 7e9));
    }
    assert!(matches!(
        peaks.doubts[..],
        [PeaksDoubt::CacheInMemoryFigure { cache_bytes, .. }] if cache_bytes == Bytes::from_mib(32)
    ));
}

#[test]
fn a_step_that_was_not_reached_is_missing() {
    let mut peaks = peaks();
    let probe = What::Probe {
        precision: Precision::Int8,
        name: "dot".into(),
    };
    for what in [fp32("a"), dram(1), probe] {
        assert!(!holds(&peaks, &what, 2));
        add(&mut peaks, &target(), &what, 2, &[]);
    }
    let named: Vec<&str> = peaks.missing.keys().map(String::as_str).collect();
    assert_eq!(
        named,
        ["cpu.DRAM.2.1048576", "cpu.fp32.2.a", "cpu.int8.2.probe"]
    );
    assert!(peaks.missing.values().all(|reason| reason.contains("time")));
}

#[test]
fn what_is_held_is_told_by_precision_threads_level_and_kernel() {
    let mut peaks = peaks();
    let probe = |name: &str| What::Probe {
        precision: Precision::Fp32,
        name: name.into(),
    };
    add(&mut peaks, &target(), &fp32("a"), 1, &rounds(1e9, 1e9));
    add(&mut peaks, &target(), &dram(256), 1, &rounds(1e9, 1e9));
    add(&mut peaks, &target(), &probe("a"), 1, &rounds(1e9, 1e9));
    assert!(holds(&peaks, &fp32("a"), 1) && !holds(&peaks, &fp32("a"), 2));
    assert!(!holds(&peaks, &fp32("b"), 1));
    assert!(
        holds(&peaks, &dram(128), 1),
        "any size of the level will do"
    );
    assert!(holds(&peaks, &probe("a"), 1) && !holds(&peaks, &probe("b"), 1));
    assert_eq!(peaks.probes[0].flops_per_s.per_s(), 0.9e9);
}
