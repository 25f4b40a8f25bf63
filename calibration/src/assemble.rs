//! From the readings of a plan's steps to the published figures: a pure function.

use tare_results::{
    BandwidthPeak, ComputePeak, KernelKind, KernelPeak, Missing, Peaks, PeaksDoubt, ProbeReading,
    Spread,
};
use tare_units::{Bytes, BytesPerSecond, FlopsPerSecond, Hertz, Rate};

use crate::plan::What;
use crate::{Target, levels, probe, spread, theory};

/// The processors.
pub(crate) const DEVICE: &str = "cpu";

/// By part, then round.
pub(crate) type Values = [Vec<f64>];

/// Adds what a step measured to `peaks`, dated as they are; a step without a value becomes a reason.
pub(crate) fn add(peaks: &mut Peaks, target: &Target, what: &What, threads: u64, values: &Values) {
    let added = match what {
        What::Kernel {
            precision,
            name,
            kind,
        } => kernel(target, name, *kind, threads, values).map(|kernel| {
            let precision = precision.to_string();
            put_kernel(&mut peaks.compute, DEVICE, &precision, threads, kernel);
        }),
        What::Bandwidth { level, bytes } => {
            bandwidth(level, *bytes, threads, values).map(|peak| put_bandwidth(peaks, target, peak))
        }
        What::Probe { precision, name } => {
            let medians = (middle(values, 0), middle(values, 1));
            let reading = |(flops, bytes): (Option<f64>, Option<f64>)| {
                Some(probe::reading(*precision, threads, name, flops?, bytes?))
            };
            reading(medians).map(|reading| put_probe(peaks, reading))
        }
    };
    let path = path(what, threads);
    if added.is_none() {
        let reason = "the time for the calibration was up before it was measured";
        peaks.missing.insert(path, reason.to_owned());
    } else {
        peaks.measured_at.insert(path, peaks.calibrated_at.clone());
    }
}

/// Where a figure's date stands, or the reason why it is missing.
pub(crate) fn path(what: &What, threads: u64) -> String {
    match what {
        What::Kernel {
            precision, name, ..
        } => format!("{DEVICE}.{precision}.{threads}.{name}"),
        What::Bandwidth { level, bytes } => {
            format!("{DEVICE}.{level}.{threads}.{}", bytes.as_bytes())
        }
        What::Probe { precision, .. } => format!("{DEVICE}.{precision}.{threads}.probe"),
    }
}

fn kernel(
    target: &Target,
    name: &str,
    kind: KernelKind,
    threads: u64,
    values: &Values,
) -> Option<KernelPeak> {
    let rates = values.first()?;
    let hertz = per_thread(values.get(1).map_or(&[][..], Vec::as_slice), threads);
    let frequency_hz = spread::of(&hertz, Hertz::from_per_s);
    let mut missing = Missing::new();
    let mut noted = |field: &str, value: Result<f64, String>| {
        let reason = value.as_ref().err().cloned();
        missing.extend(reason.map(|reason| (field.to_owned(), reason)));
        value.ok()
    };
    let no_frequency = || "no frequency was measured beside it".to_owned();
    let reached = reached(&per_thread(rates, threads), &hertz).ok_or_else(no_frequency);
    let flops_per_cycle = noted("flops_per_cycle", reached);
    let documented = theory::documented(name, target.identity.as_deref(), &target.extensions);
    let source = documented
        .as_ref()
        .ok()
        .map(|found| found.source.to_owned());
    let documented = noted(
        "documented_flops_per_cycle",
        documented.map(|found| found.flops_per_cycle),
    );
    let share = noted("share", share(flops_per_cycle, documented, threads));
    if frequency_hz.is_none() {
        missing.insert("frequency_hz".to_owned(), no_frequency());
    }
    Some(KernelPeak {
        kernel: name.to_owned(),
        kind,
        flops_per_s: spread::of(rates, FlopsPerSecond::from_per_s)?,
        frequency_hz,
        flops_per_cycle,
        documented_flops_per_cycle: documented,
        documented_by: source,
        share,
        missing,
    })
}

fn per_thread(values: &[f64], threads: u64) -> Vec<f64> {
    values.iter().map(|value| value / threads as f64).collect()
}

/// The median over the rounds, each of which measured both.
fn reached(flops_per_s: &[f64], hertz: &[f64]) -> Option<f64> {
    let pairs = flops_per_s.iter().zip(hertz);
    let ratios: Vec<f64> = pairs.map(|(flops, hertz)| flops / hertz).collect();
    spread::middle(&ratios)
}

fn share(reached: Option<f64>, documented: Option<f64>, threads: u64) -> Result<f64, String> {
    match (reached, documented, threads) {
        (Some(reached), Some(documented), 1) => Ok(reached / documented),
        (Some(_), Some(_), _) => {
            Err("two threads may share a core, whose documented figure they then share".to_owned())
        }
        _ => Err("it takes what was reached and what is documented".to_owned()),
    }
}

fn bandwidth(level: &str, bytes: Bytes, threads: u64, values: &Values) -> Option<BandwidthPeak> {
    let spread = |part: usize| -> Option<Spread<BytesPerSecond>> {
        spread::of(values.get(part)?, BytesPerSecond::from_per_s)
    };
    Some(BandwidthPeak {
        device: DEVICE.to_owned(),
        level: level.to_owned(),
        working_set_bytes: bytes,
        threads,
        read_bytes_per_s: spread(0)?,
        triad_bytes_per_s: spread(1)?,
    })
}

fn middle(values: &Values, part: usize) -> Option<f64> {
    spread::middle(values.get(part)?)
}

/// Beside the other kernels of this device, precision and number of threads, of which the fastest gives the peak.
pub(crate) fn put_kernel(
    compute: &mut Vec<ComputePeak>,
    device: &str,
    precision: &str,
    threads: u64,
    kernel: KernelPeak,
) {
    let same = |peak: &&mut ComputePeak| {
        peak.device == device && peak.precision == precision && peak.threads == threads
    };
    let Some(peak) = compute.iter_mut().find(same) else {
        return compute.push(ComputePeak {
            device: device.to_owned(),
            precision: precision.to_owned(),
            threads,
            flops_per_s: kernel.flops_per_s.value,
            kernel: kernel.kernel.clone(),
            kernels: vec![kernel],
        });
    };
    peak.kernels.retain(|old| old.kernel != kernel.kernel);
    peak.kernels.push(kernel);
    let of = |kernel: &KernelPeak| kernel.flops_per_s.value.per_s();
    let best = peak.kernels.iter().max_by(|a, b| of(a).total_cmp(&of(b)));
    if let Some(best) = best {
        (peak.flops_per_s, peak.kernel) = (best.flops_per_s.value, best.kernel.clone());
    }
}

fn put_bandwidth(peaks: &mut Peaks, target: &Target, peak: BandwidthPeak) {
    let same = |old: &BandwidthPeak| {
        old.device == peak.device
            && old.threads == peak.threads
            && old.level == peak.level
            && old.working_set_bytes == peak.working_set_bytes
    };
    peaks.bandwidth.retain(|old| !same(old));
    let last = levels::levels(&target.caches, peak.threads, target.cpus.len() as u64).pop();
    let cache = last.map_or(0, |level| level.capacity);
    if peak.level == levels::DRAM && peak.working_set_bytes.as_bytes() < cache.saturating_mul(4) {
        doubt(
            peaks,
            PeaksDoubt::CacheInMemoryFigure {
                working_set_bytes: peak.working_set_bytes,
                cache_bytes: Bytes::from_bytes(cache),
            },
        );
    }
    peaks.bandwidth.push(peak);
}

fn put_probe(peaks: &mut Peaks, reading: ProbeReading) {
    let same =
        |old: &ProbeReading| old.precision == reading.precision && old.threads == reading.threads;
    peaks.probes.retain(|old| !same(old));
    peaks.probes.push(reading);
}

/// Whether `peaks` hold what a step would measure; of bandwidth any size of the level will do.
pub(crate) fn holds(peaks: &Peaks, what: &What, threads: u64) -> bool {
    let is_of = |precision: &str, number: u64, asked: &str| precision == asked && number == threads;
    match what {
        What::Kernel {
            precision, name, ..
        } => peaks.compute.iter().any(|peak| {
            peak.device == DEVICE
                && is_of(&peak.precision, peak.threads, &precision.to_string())
                && peak.kernels.iter().any(|kernel| kernel.kernel == *name)
        }),
        What::Bandwidth { level, .. } => {
            let mut known = peaks.bandwidth.iter();
            known.any(|peak| {
                peak.device == DEVICE && peak.level == *level && peak.threads == threads
            })
        }
        What::Probe { precision, name } => peaks.probes.iter().any(|reading| {
            is_of(&reading.precision, reading.threads, &precision.to_string())
                && reading.kernel == *name
        }),
    }
}

/// Each doubt once.
pub(crate) fn doubt(peaks: &mut Peaks, doubt: PeaksDoubt) {
    if !peaks.doubts.contains(&doubt) {
        peaks.doubts.push(doubt);
    }
}

#[cfg(test)]
mod tests;
