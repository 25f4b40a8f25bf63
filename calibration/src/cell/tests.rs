//! Cells whose peaks were worked out by hand.

use tare_results::{BandwidthPeak, ComputePeak, Missing, PEAKS_SCHEMA, Spread};
use tare_units::{Bytes, BytesPerSecond, FlopsPerSecond};

use super::*;
use crate::Precision;

fn flops(per_s: f64) -> FlopsPerSecond {
    FlopsPerSecond::from_per_s(per_s)
}

fn bytes(per_s: f64) -> BytesPerSecond {
    BytesPerSecond::from_per_s(per_s)
}

fn reading(flops_per_s: f64, bytes_per_s: f64) -> ProbeReading {
    crate::probe::reading(Precision::Fp32, 1, "fma", flops_per_s, bytes_per_s)
}

fn bandwidth(level: &str, read: f64, triad: f64) -> BandwidthPeak {
    let spread = |value: f64| Spread {
        value: bytes(value),
        low: bytes(value),
        high: bytes(value),
        repeats: 1,
    };
    BandwidthPeak {
        device: "cpu".into(),
        level: level.into(),
        working_set_bytes: Bytes::from_mib(1),
        threads: 1,
        read_bytes_per_s: spread(read),
        triad_bytes_per_s: spread(triad),
    }
}

fn peaks() -> Peaks {
    Peaks {
        schema: PEAKS_SCHEMA.into(),
        method: 1,
        machine: "f".into(),
        build: None,
        calibrated_at: "2026-01-01T00:00:00Z".into(),
        measured_at: Default::default(),
        compute: vec![ComputePeak {
            device: "cpu".into(),
            precision: "fp32".into(),
            threads: 1,
            flops_per_s: flops(1000.0),
            kernel: "fma".into(),
            kernels: Vec::new(),
        }],
        bandwidth: vec![
            BandwidthPeak {
                working_set_bytes: Bytes::from_bytes(24 << 10),
                ..bandwidth("L1", 120.0, 80.0)
            },
            BandwidthPeak {
                working_set_bytes: Bytes::from_bytes(2 << 10),
                ..bandwidth("L1", 70.0, 95.0)
            },
            bandwidth("DRAM", 10.0, 8.0),
        ],
        probes: vec![reading(800.0, 20.0)],
        transfers: Vec::new(),
        launches: Vec::new(),
        timing: None,
        doubts: vec![PeaksDoubt::CacheInMemoryFigure {
            working_set_bytes: Bytes::from_mib(2),
            cache_bytes: Bytes::from_mib(1),
        }],
        missing: Missing::new(),
    }
}

fn caches() -> Vec<Cache> {
    vec![Cache {
        level: 1,
        kind: "data".into(),
        size_bytes: Bytes::from_bytes(32 << 10),
        shared_by: Some(1),
    }]
}

fn need(working_set: u64) -> Need {
    Need {
        precision: Precision::Fp32,
        threads: 1,
        processors: 16,
        working_set: Bytes::from_bytes(working_set),
    }
}

const SMALL: u64 = 1 << 10;
const LARGE: u64 = 1 << 30;

fn of(
    working_set: u64,
    before: &ProbeReading,
    after: &ProbeReading,
) -> (CellPeaks, Vec<PeaksDoubt>) {
    let beside = Beside {
        before: Ok(before),
        after: Ok(after),
    };
    cell_peaks(&peaks(), need(working_set), &caches(), beside).unwrap()
}

#[test]
fn a_figure_follows_what_the_probe_read_over_what_it_read_at_calibration() {
    let corrected = corrected("x", flops(100.0), flops(50.0), flops(40.0), flops(40.0));
    assert_eq!(corrected.value, flops(80.0));
    assert_eq!(corrected.doubt, None);
}

#[test]
fn probes_that_disagree_by_more_than_a_twentieth_are_a_doubt() {
    let at = |before, after| corrected("x", flops(1.0), flops(1.0), flops(before), flops(after));
    assert_eq!(at(1.0, 1.05).doubt, None);
    let apart = at(1.0, 0.9);
    assert_eq!(apart.value, flops(0.95));
    assert!(matches!(
        apart.doubt,
        Some(PeaksDoubt::ProbesDisagree { before, after, .. }) if (before, after) == (1.0, 0.9)
    ));
}

#[test]
fn memory_is_corrected_by_reading_and_arithmetic_by_arithmetic() {
    let (cell, doubts) = of(LARGE, &reading(400.0, 20.0), &reading(400.0, 20.0));
    assert_eq!(cell.level, "DRAM");
    assert_eq!(
        (cell.flops_per_s, cell.bytes_per_s),
        (flops(500.0), bytes(10.0))
    );
    assert_eq!(cell.calibrated_at, "2026-01-01T00:00:00Z");
    assert_eq!(doubts, peaks().doubts);
}

#[test]
fn a_cell_is_dated_by_the_oldest_figure_that_its_own_are_made_of() {
    let dated = |dates: &[(&str, &str)]| {
        let mut peaks = peaks();
        peaks.calibrated_at = "2026-09-09T00:00:00Z".into();
        let dates = dates
            .iter()
            .map(|(path, at)| ((*path).into(), (*at).into()));
        peaks.measured_at = dates.collect();
        let reading = reading(1.0, 1.0);
        let beside = Beside {
            before: Ok(&reading),
            after: Ok(&reading),
        };
        let caches = caches();
        let (cell, _) = cell_peaks(&peaks, need(LARGE), &caches, beside).unwrap();
        cell.calibrated_at
    };
    assert_eq!(dated(&[]), "2026-09-09T00:00:00Z", "of an earlier version");
    let dram = "cpu.DRAM.1.1048576";
    assert_eq!(
        dated(&[
            ("cpu.fp32.1.fma", "2026-05-05"),
            (dram, "2026-04-04"),
            ("cpu.fp32.1.probe", "2026-06-06")
        ]),
        "2026-04-04"
    );
    let other = "cpu.L1.1.24576";
    assert_eq!(
        dated(&[("cpu.fp32.1.fma", "2026-05-05"), (other, "2026-01-01")]),
        "2026-05-05",
        "another figure's date is not its own"
    );
}

#[test]
fn a_core_s_own_cache_follows_its_clock_and_below_all_sizes_the_smallest_counts() {
    let (cell, doubts) = of(SMALL, &reading(400.0, 5.0), &reading(400.0, 20.0));
    assert_eq!(cell.level, "L1");
    assert_eq!(cell.bytes_per_s, bytes(47.5));
    assert!(doubts.is_empty(), "{doubts:?}");
}

#[test]
fn a_working_set_near_a_cache_s_size_brings_its_doubt() {
    let (_, doubts) = of(32 << 10, &reading(800.0, 20.0), &reading(800.0, 20.0));
    assert!(matches!(doubts[..], [PeaksDoubt::NearLevel { .. }]));
}

#[test]
fn one_probe_serves_for_both_with_a_doubt_and_none_leaves_the_calibrated_figures() {
    let known = reading(400.0, 20.0);
    let half = Beside {
        before: Ok(&known),
        after: Err("it was killed"),
    };
    let (cell, doubts) = cell_peaks(&peaks(), need(SMALL), &caches(), half).unwrap();
    assert_eq!(cell.flops_per_s, flops(500.0));
    assert!(doubts[0].to_string().contains("it was killed"));
    let none = Beside {
        before: Err("no"),
        after: Err("none"),
    };
    let (cell, doubts) = cell_peaks(&peaks(), need(SMALL), &caches(), none).unwrap();
    assert_eq!(cell.flops_per_s, flops(1000.0));
    assert_eq!(doubts.len(), 2);
}

#[test]
fn a_probe_of_another_kernel_is_not_compared() {
    let other = crate::probe::reading(Precision::Fp32, 1, "other", 1.0, 1.0);
    let (cell, doubts) = of(SMALL, &other, &other);
    assert_eq!(cell.flops_per_s, flops(1000.0));
    assert!(doubts[0].to_string().contains("another kernel"));
}

#[test]
fn what_was_not_measured_is_named() {
    let probe = reading(1.0, 1.0);
    let beside = Beside {
        before: Ok(&probe),
        after: Ok(&probe),
    };
    let of = |peaks: &Peaks, need, caches: &[Cache]| {
        cell_peaks(peaks, need, caches, beside).unwrap_err()
    };
    assert_eq!(of(&peaks(), need(SMALL), &[]), NoPeaks::NoCaches);
    let mut known = peaks();
    let threads = Need {
        threads: 2,
        ..need(SMALL)
    };
    known.missing.insert("cpu.2".into(), "one processor".into());
    let lacking = of(&known, threads, &caches()).to_string();
    assert!(lacking.contains("(one processor)"), "{lacking}");
    known.bandwidth.clear();
    let lacking = of(&known, need(LARGE), &caches());
    assert!(lacking.to_string().contains("DRAM"), "{lacking}");
}

#[test]
fn what_a_device_can_do_is_nothing_to_a_cell_on_the_processors() {
    let mut known = peaks();
    let mut faster = known.compute[0].clone();
    (faster.device, faster.flops_per_s) = ("cuda:0".into(), flops(1e15));
    known.compute.insert(0, faster);
    let mut wider = bandwidth("DRAM", 4e12, 4e12);
    wider.device = "cuda:0".into();
    known.bandwidth.insert(0, wider);
    known.doubts.push(PeaksDoubt::OfDevice {
        device: "cuda:0".into(),
        about: Box::new(PeaksDoubt::NotPinned { reason: "x".into() }),
    });
    let probe = reading(800.0, 20.0);
    let beside = Beside {
        before: Ok(&probe),
        after: Ok(&probe),
    };
    let cell = cell_peaks(&known, need(LARGE), &caches(), beside).unwrap();
    assert_eq!(
        cell,
        cell_peaks(&peaks(), need(LARGE), &caches(), beside).unwrap()
    );
}

#[test]
fn between_two_measured_sizes_the_bandwidth_lies_between_theirs() {
    let peaks = peaks();
    let at = |bytes: u64| {
        let found = super::bandwidth(&peaks, "L1", 1, Bytes::from_bytes(bytes));
        match found {
            Ok(moved) => moved.bytes_per_s.per_s(),
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((at(1 << 10), at(2 << 10)), (95.0, 95.0));
    assert_eq!((at(24 << 10), at(1 << 20)), (120.0, 120.0));
    // Halfway between the logarithms of 2 and 24 KiB.
    let middle = (2.0f64 * 24.0).sqrt() * 1024.0;
    let expected = (95.0f64 * 120.0).sqrt();
    assert!((at(middle as u64) / expected - 1.0).abs() < 1e-4);
    assert!(super::bandwidth(&peaks, "L2", 1, Bytes::from_mib(1)).is_err());
}
