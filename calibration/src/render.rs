//! Peaks as tables for a person.

use std::fmt::Display;

use tare_results::{
    BandwidthPeak, ComputePeak, KernelPeak, LaunchCost, Peaks, Spread, Timing, Transfer,
};
use tare_units::{Nanoseconds, Rate};

const UNKNOWN: &str = "–";

/// Arithmetic, bandwidth, clocks, then doubts and what is missing, in plain text.
pub fn render(peaks: &Peaks) -> String {
    let mut text = format!("machine {}, calibrated {}\n", peaks.machine, dates(peaks));
    text.push_str(&section("arithmetic", arithmetic(&peaks.compute)));
    text.push_str(&section("bandwidth", bandwidth(&peaks.bandwidth)));
    text.push_str(&section("copies", copies(&peaks.transfers)));
    text.push_str(&section("starting work", launches(&peaks.launches)));
    text.push_str(&section("probe of 50 ms", probes(peaks)));
    text.push_str(&section(
        "time",
        peaks.timing.as_ref().map_or(Vec::new(), timing),
    ));
    text.push_str(&list(
        "doubts",
        peaks.doubts.iter().map(ToString::to_string),
    ));
    let missing = peaks.missing.iter();
    text.push_str(&list(
        "missing",
        missing.map(|(path, why)| format!("{path}: {why}")),
    ));
    text
}

/// The oldest beside the latest where figures are of several measurings.
fn dates(peaks: &Peaks) -> String {
    let oldest = peaks.measured_at.values().min();
    match oldest.filter(|oldest| **oldest < peaks.calibrated_at) {
        Some(oldest) => format!("{oldest} to {}", peaks.calibrated_at),
        None => peaks.calibrated_at.clone(),
    }
}

type Row = Vec<String>;

fn arithmetic(peaks: &[ComputePeak]) -> Vec<Row> {
    let mut rows = vec![row([
        "device",
        "precision",
        "threads",
        "kernel",
        "rate",
        "spread",
        "clock",
        "a cycle",
        "documented",
        "share",
    ])];
    for peak in peaks {
        rows.extend(peak.kernels.iter().map(|kernel| kernel_row(peak, kernel)));
    }
    rows
}

/// The kernel that gave the peak is marked.
fn kernel_row(peak: &ComputePeak, kernel: &KernelPeak) -> Row {
    let mark = if peak.kernel == kernel.kernel {
        " *"
    } else {
        ""
    };
    let number =
        |value: Option<f64>| value.map_or(UNKNOWN.to_owned(), |value| format!("{value:.1}"));
    let clock = kernel.frequency_hz.map(|spread| spread.value.to_string());
    let share = kernel.share.map(|share| format!("{:.1}%", share * 100.0));
    vec![
        peak.device.clone(),
        peak.precision.clone(),
        peak.threads.to_string(),
        format!("{}{mark}", kernel.kernel),
        kernel.flops_per_s.value.to_string(),
        relative(&kernel.flops_per_s),
        clock.unwrap_or(UNKNOWN.to_owned()),
        number(kernel.flops_per_cycle),
        number(kernel.documented_flops_per_cycle),
        share.unwrap_or(UNKNOWN.to_owned()),
    ]
}

fn bandwidth(peaks: &[BandwidthPeak]) -> Vec<Row> {
    let heads = [
        "device",
        "level",
        "threads",
        "working set",
        "read",
        "spread",
        "triad",
        "spread",
    ];
    let of = |peak: &BandwidthPeak| {
        vec![
            peak.device.clone(),
            peak.level.clone(),
            peak.threads.to_string(),
            peak.working_set_bytes.to_string(),
            peak.read_bytes_per_s.value.to_string(),
            relative(&peak.read_bytes_per_s),
            peak.triad_bytes_per_s.value.to_string(),
            relative(&peak.triad_bytes_per_s),
        ]
    };
    let rows = peaks.iter().map(of);
    std::iter::once(row(heads)).chain(rows).collect()
}

fn copies(transfers: &[Transfer]) -> Vec<Row> {
    let heads = row([
        "device",
        "direction",
        "large",
        "rate",
        "spread",
        "small",
        "time",
        "spread",
    ]);
    let of = |copy: &Transfer| {
        vec![
            copy.device.clone(),
            copy.direction.name().to_owned(),
            copy.large_bytes.to_string(),
            copy.bytes_per_s.value.to_string(),
            relative(&copy.bytes_per_s),
            copy.small_bytes.to_string(),
            copy.latency_ns.value.to_string(),
            in_time(&copy.latency_ns),
        ]
    };
    std::iter::once(heads)
        .chain(transfers.iter().map(of))
        .collect()
}

fn launches(costs: &[LaunchCost]) -> Vec<Row> {
    let mut rows = vec![row(["device", "figure", "value", "spread"])];
    for cost in costs {
        let figures = [
            ("one launch", &cost.single_ns),
            ("one of many launches", &cost.amortised_ns),
            ("a launch and waiting for it", &cost.round_trip_ns),
        ];
        rows.extend(figures.map(|(what, spread)| {
            let (value, spread) = (spread.value.to_string(), in_time(spread));
            vec![cost.device.clone(), what.to_owned(), value, spread]
        }));
    }
    rows
}

fn probes(peaks: &Peaks) -> Vec<Row> {
    let mut rows = vec![row(["precision", "threads", "kernel", "rate", "read"])];
    rows.extend(peaks.probes.iter().map(|probe| {
        vec![
            probe.precision.clone(),
            probe.threads.to_string(),
            probe.kernel.clone(),
            probe.flops_per_s.to_string(),
            probe.bytes_per_s.to_string(),
        ]
    }));
    rows
}

fn timing(timing: &Timing) -> Vec<Row> {
    let nanos = |spread: &Spread<f64>| format!("{:.1} ns", spread.value);
    let rows = [
        ("reading the clock", nanos(&timing.clock_read_ns)),
        ("its smallest step", nanos(&timing.clock_step_ns)),
        (
            "sleep too long, median",
            timing.sleep_overshoot_p50_ns.value.to_string(),
        ),
        (
            "sleep too long, longest",
            timing.sleep_overshoot_max_ns.high.to_string(),
        ),
    ];
    let heads = row(["figure", "value"]);
    let rows = rows.map(|(what, value)| vec![what.to_owned(), value]);
    std::iter::once(heads).chain(rows).collect()
}

/// From the least to the greatest over the median.
fn relative<R: Rate>(spread: &Spread<R>) -> String {
    let (low, high) = (
        spread.low.over(spread.value),
        spread.high.over(spread.value),
    );
    format!("{:+.1}% {:+.1}%", (low - 1.0) * 100.0, (high - 1.0) * 100.0)
}

/// Likewise of times.
fn in_time(spread: &Spread<Nanoseconds>) -> String {
    let over = |time: Nanoseconds| time.as_secs_f64() / spread.value.as_secs_f64() - 1.0;
    let percent = |time| over(time) * 100.0;
    format!("{:+.1}% {:+.1}%", percent(spread.low), percent(spread.high))
}

fn row<const N: usize>(cells: [&str; N]) -> Row {
    cells.map(str::to_owned).into()
}

/// Columns as wide as their widest cell; nothing where there are only heads.
fn section(title: &str, rows: Vec<Row>) -> String {
    if rows.len() < 2 {
        return String::new();
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = format!("\n{title}\n");
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(&format!("  {}\n", padded.join("  ").trim_end()));
    }
    text
}

fn list<T: Display>(title: &str, lines: impl Iterator<Item = T>) -> String {
    let lines: Vec<String> = lines.map(|line| format!("  {line}\n")).collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("\n{title}\n{}", lines.concat()),
    }
}

#[cfg(test)]
mod tests;
