//! From the readings of a device's steps to the published figures: pure functions.

use tare_results::{
    BandwidthPeak, KernelKind, KernelPeak, LaunchCost, Missing, PeaksDoubt, Spread, Transfer,
};
use tare_units::{Bytes, BytesPerSecond, FlopsPerSecond, Nanoseconds, Rate};

use super::GpuPeaks;
use super::device::Facts;
use super::measure::Readings;
use super::plan::{LARGE, SMALL, Task, What};
use crate::levels::DRAM;
use crate::rounds::Limits;
use crate::{assemble, spread};

/// The one thread of the host that starts work.
const THREADS: u64 = 1;

/// By part, then round.
type Values = [Vec<f64>];

/// The figures of `device`; a step without a value becomes a reason.
pub(crate) fn peaks(
    device: &str,
    facts: &Facts,
    tasks: &[Task],
    readings: Readings,
    limits: Limits,
    missing: Missing,
) -> GpuPeaks {
    let mut peaks = GpuPeaks {
        name: Some(facts.name.clone()),
        missing,
        ..GpuPeaks::none(device, "")
    };
    for (task, outcome) in tasks.iter().zip(readings.outcomes) {
        let reason = match outcome {
            Err(fault) => fault.to_string(),
            Ok(values) if add(&mut peaks, &task.what, &values).is_some() => continue,
            Ok(_) => "the time for the calibration was up before it was measured".to_owned(),
        };
        peaks.missing.insert(task.what.path(device), reason);
    }
    doubts(&mut peaks, facts, readings.complete, limits.rounds);
    peaks
}

fn add(peaks: &mut GpuPeaks, what: &What, values: &Values) -> Option<()> {
    let device = peaks.device.clone();
    match what {
        What::Kernel { mode, name, kind } => {
            let kernel = kernel(name, *kind, values)?;
            let precision = mode.to_string();
            assemble::put_kernel(&mut peaks.compute, &device, &precision, THREADS, kernel);
        }
        What::Bandwidth { level, bytes } => peaks.bandwidth.push(BandwidthPeak {
            device,
            level: (*level).to_owned(),
            working_set_bytes: *bytes,
            threads: THREADS,
            read_bytes_per_s: of(values, 0, BytesPerSecond::from_per_s)?,
            triad_bytes_per_s: of(values, 1, BytesPerSecond::from_per_s)?,
        }),
        What::Transfer { direction } => peaks.transfers.push(Transfer {
            device,
            direction: *direction,
            large_bytes: LARGE,
            bytes_per_s: of(values, 0, BytesPerSecond::from_per_s)?,
            small_bytes: SMALL,
            latency_ns: of(values, 1, Nanoseconds::from_nanos_f64)?,
        }),
        What::Launch => {
            peaks.launch = Some(LaunchCost {
                device,
                single_ns: of(values, 0, Nanoseconds::from_nanos_f64)?,
                amortised_ns: of(values, 1, Nanoseconds::from_nanos_f64)?,
                round_trip_ns: of(values, 2, Nanoseconds::from_nanos_f64)?,
            });
        }
    }
    Some(())
}

fn of<T>(values: &Values, part: usize, unit: impl Fn(f64) -> T) -> Option<Spread<T>> {
    spread::of(values.get(part)?, unit)
}

fn kernel(name: &str, kind: KernelKind, values: &Values) -> Option<KernelPeak> {
    let fields = [
        "frequency_hz",
        "flops_per_cycle",
        "documented_flops_per_cycle",
        "share",
    ];
    let reason = "the cycles of a device are not counted beside its kernels";
    Some(KernelPeak {
        kernel: name.to_owned(),
        kind,
        flops_per_s: of(values, 0, FlopsPerSecond::from_per_s)?,
        frequency_hz: None,
        flops_per_cycle: None,
        documented_flops_per_cycle: None,
        documented_by: None,
        share: None,
        missing: fields
            .map(|field| (field.to_owned(), reason.to_owned()))
            .into(),
    })
}

fn doubts(peaks: &mut GpuPeaks, facts: &Facts, have: u64, planned: u64) {
    let l2 = facts.l2.as_bytes();
    let is_small = |peak: &&BandwidthPeak| {
        peak.level == DRAM && peak.working_set_bytes.as_bytes() < l2.saturating_mul(4)
    };
    let small = peaks.bandwidth.iter().find(is_small);
    let cached = small.map(|peak| PeaksDoubt::CacheInMemoryFigure {
        working_set_bytes: peak.working_set_bytes,
        cache_bytes: Bytes::from_bytes(l2),
    });
    let fewer = (have < planned).then_some(PeaksDoubt::FewerRepeats { have, planned });
    let of_device = |about| PeaksDoubt::OfDevice {
        device: peaks.device.clone(),
        about: Box::new(about),
    };
    peaks.doubts = cached.into_iter().chain(fewer).map(of_device).collect();
}

/// Whether every figure is of `device`, and a finite number above zero.
pub(crate) fn is_sound(peaks: &GpuPeaks, device: &str) -> bool {
    let rate = |rate: f64| rate.is_finite() && rate > 0.0;
    let data = |spread: &Spread<BytesPerSecond>| {
        [spread.low, spread.value, spread.high]
            .iter()
            .all(|value| rate(value.per_s()))
    };
    let kernels = peaks.compute.iter().flat_map(|peak| &peak.kernels);
    let owners = peaks.compute.iter().map(|peak| &peak.device);
    let owners = owners.chain(peaks.bandwidth.iter().map(|peak| &peak.device));
    let owners = owners.chain(peaks.transfers.iter().map(|peak| &peak.device));
    let owners = owners.chain(peaks.launch.iter().map(|cost| &cost.device));
    peaks.device == device
        && owners.into_iter().all(|owner| owner == device)
        && peaks
            .compute
            .iter()
            .all(|peak| rate(peak.flops_per_s.per_s()))
        && kernels
            .into_iter()
            .all(|one| rate(one.flops_per_s.value.per_s()))
        && peaks.transfers.iter().all(|one| data(&one.bytes_per_s))
        && peaks
            .bandwidth
            .iter()
            .all(|one| data(&one.read_bytes_per_s) && data(&one.triad_bytes_per_s))
}
