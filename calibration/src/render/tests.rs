//! The tables of a small calibration, letter by letter.

use tare_results::{Direction, KernelKind, Missing, PEAKS_SCHEMA, PeaksDoubt};
use tare_units::{Bytes, BytesPerSecond, FlopsPerSecond, Hertz, Nanoseconds};

use super::*;

fn spread<T>(unit: impl Fn(f64) -> T, low: f64, value: f64, high: f64) -> Spread<T> {
    Spread {
        value: unit(value),
        low: unit(low),
        high: unit(high),
        repeats: 3,
    }
}

fn kernel(name: &str, kind: KernelKind, share: Option<f64>) -> KernelPeak {
    KernelPeak {
        kernel: name.into(),
        kind,
        flops_per_s: spread(FlopsPerSecond::from_per_s, 90e9, 100e9, 101e9),
        frequency_hz: Some(spread(Hertz::from_per_s, 2e9, 2e9, 2e9)),
        flops_per_cycle: Some(50.0),
        documented_flops_per_cycle: share.map(|share| 50.0 / share),
        documented_by: None,
        share,
        missing: Missing::new(),
    }
}

fn peaks() -> Peaks {
    let moved = |low, value, high| spread(BytesPerSecond::from_per_s, low, value, high);
    Peaks {
        schema: PEAKS_SCHEMA.into(),
        method: 1,
        machine: "0a1b".into(),
        build: None,
        calibrated_at: "2026-01-01T00:00:00Z".into(),
        measured_at: Default::default(),
        compute: vec![ComputePeak {
            device: "cpu".into(),
            precision: "fp32".into(),
            threads: 1,
            flops_per_s: FlopsPerSecond::from_per_s(100e9),
            kernel: "fma-avx512".into(),
            kernels: vec![
                kernel("fma-avx512", KernelKind::Fma, Some(0.78125)),
                kernel("gemm-rten", KernelKind::Gemm, None),
            ],
        }],
        bandwidth: vec![BandwidthPeak {
            device: "cpu".into(),
            level: "L2".into(),
            working_set_bytes: Bytes::from_mib(1),
            threads: 1,
            read_bytes_per_s: moved(99e9, 100e9, 110e9),
            triad_bytes_per_s: moved(50e9, 50e9, 50e9),
        }],
        probes: vec![crate::probe::reading(
            crate::Precision::Fp32,
            1,
            "fma-avx512",
            99e9,
            20e9,
        )],
        transfers: Vec::new(),
        launches: Vec::new(),
        timing: Some(Timing {
            clock_read_ns: spread(|ns| ns, 24.0, 25.0, 26.0),
            clock_step_ns: spread(|ns| ns, 1.0, 1.0, 1.0),
            sleep_overshoot_p50_ns: spread(Nanoseconds::from_nanos_f64, 5e4, 5.5e4, 6e4),
            sleep_overshoot_max_ns: spread(Nanoseconds::from_nanos_f64, 8e4, 9e4, 1e5),
        }),
        doubts: vec![PeaksDoubt::FewerRepeats {
            have: 3,
            planned: 5,
        }],
        missing: Missing::from([("cpu.bf16.1.gemm".into(), "no such product".into())]),
    }
}

#[test]
fn each_figure_stands_in_its_column() {
    let expected = "\
machine 0a1b, calibrated 2026-01-01T00:00:00Z

arithmetic
  device  precision  threads  kernel        rate         spread       clock     a cycle  documented  share
  cpu     fp32       1        fma-avx512 *  100 GFLOP/s  -10.0% +1.0%  2.00 GHz  50.0     64.0        78.1%
";
    let text = render(&peaks());
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeezed(&text).starts_with(&squeezed(expected)), "{text}");
    assert!(
        text.contains("cpu     L2     1        1.00 MiB     100 GB/s  -1.0% +10.0%  50.0 GB/s")
    );
}

#[test]
fn columns_are_aligned_and_lines_have_no_space_at_their_end() {
    let text = render(&peaks());
    let start = |line: &str, word: &str| line.find(word);
    let lines: Vec<&str> = text.lines().collect();
    let heads = lines
        .iter()
        .position(|line| line.contains("precision"))
        .unwrap();
    assert_eq!(
        start(lines[heads], "kernel"),
        start(lines[heads + 1], "fma")
    );
    assert_eq!(
        start(lines[heads], "kernel"),
        start(lines[heads + 2], "gemm")
    );
    assert!(lines.iter().all(|line| *line == line.trim_end()));
}

#[test]
fn what_is_unknown_is_no_number() {
    let text = render(&peaks());
    let gemm = text
        .lines()
        .find(|line| line.contains("gemm-rten"))
        .unwrap();
    assert!(gemm.ends_with(UNKNOWN), "{gemm}");
}

#[test]
fn copies_and_launches_of_a_device_have_a_table_each() {
    let times = |value| spread(Nanoseconds::from_nanos_f64, value, value, value * 1.5);
    let with = Peaks {
        transfers: vec![Transfer {
            device: "cuda:0".into(),
            direction: Direction::D2h,
            large_bytes: Bytes::from_mib(64),
            bytes_per_s: spread(BytesPerSecond::from_per_s, 49e9, 50e9, 50e9),
            small_bytes: Bytes::from_bytes(4),
            latency_ns: times(8e3),
        }],
        launches: vec![LaunchCost {
            device: "cuda:0".into(),
            single_ns: times(4e3),
            amortised_ns: times(2e3),
            round_trip_ns: times(7e3),
        }],
        ..peaks()
    };
    let text = render(&with);
    let expected = "
copies
  device  direction  large     rate       spread      small  time     spread
  cuda:0  d2h        64.0 MiB  50.0 GB/s  -2.0% +0.0%  4 B    8.00 µs  +0.0% +50.0%

starting work
  device  figure                       value    spread
  cuda:0  one launch                   4.00 µs  +0.0% +50.0%
  cuda:0  one of many launches         2.00 µs  +0.0% +50.0%
  cuda:0  a launch and waiting for it  7.00 µs  +0.0% +50.0%
";
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeezed(&text).contains(&squeezed(expected)), "{text}");
}

#[test]
fn doubts_and_reasons_stand_below() {
    let text = render(&peaks());
    assert!(text.contains("\ndoubts\n  time was up after 3 of 5 repeats"));
    assert!(text.ends_with("\nmissing\n  cpu.bf16.1.gemm: no such product\n"));
}

#[test]
fn a_section_without_figures_is_left_out() {
    let empty = Peaks::none(1, "0a1b", "2026-01-01T00:00:00Z");
    assert_eq!(
        render(&empty),
        "machine 0a1b, calibrated 2026-01-01T00:00:00Z\n"
    );
}

#[test]
fn figures_of_several_measurings_show_the_oldest_date_and_the_latest() {
    let mut peaks = Peaks::none(1, "0a1b", "2026-02-02T00:00:00Z");
    let first = |peaks: &Peaks| render(peaks).lines().next().map(str::to_owned);
    let at = |date: &str| Some(format!("machine 0a1b, calibrated {date}"));
    let mut date = |path: &str, at: &str| {
        peaks.measured_at.insert(path.to_owned(), at.to_owned());
        first(&peaks)
    };
    assert_eq!(
        date("cuda:0", "2026-02-02T00:00:00Z"),
        at("2026-02-02T00:00:00Z")
    );
    assert_eq!(
        date("timing", "2026-01-01T00:00:00Z"),
        at("2026-01-01T00:00:00Z to 2026-02-02T00:00:00Z")
    );
}
