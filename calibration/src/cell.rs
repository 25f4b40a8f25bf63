//! The peaks that hold for one cell at the time of one repeat: calibrated ones, corrected by the probes beside it. Pure functions.

use tare_results::{
    BandwidthPeak, Cache, CellPeaks, ComputePeak, KernelKind, Peaks, PeaksDoubt, ProbeReading,
};
use tare_units::{Bytes, BytesPerSecond, Rate};

use crate::assemble::{DEVICE, path};
use crate::calibrate::Need;
use crate::levels::{self, DRAM};
use crate::plan::What;

/// Why a cell has no peaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPeaks {
    /// The sizes of the caches are not known, so that no memory can be chosen.
    #[error("the sizes of the caches are not known, so no bandwidth can be chosen")]
    NoCaches,
    /// No arithmetic was measured.
    #[error(
        "no peak of {precision} with {threads} threads was measured{because}; calibrate for it"
    )]
    NoCompute {
        /// Asked for.
        precision: String,
        /// Asked for.
        threads: u64,
        /// Why, where the calibration says.
        because: String,
    },
    /// A figure of a device was not measured.
    #[error("no {figure} of {device} was measured{because}; calibrate for it")]
    NotOfDevice {
        /// Such as `cuda:0`.
        device: String,
        /// Such as `peak of fp16`.
        figure: String,
        /// Why, where the calibration says.
        because: String,
    },
    /// No bandwidth was measured.
    #[error("no bandwidth of {level} with {threads} threads was measured; calibrate for it")]
    NoBandwidth {
        /// Asked for.
        level: String,
        /// Asked for.
        threads: u64,
    },
}

/// Readings of the probe beside one repeat; each may be missing, with its reason.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// Just before the repeat.
    pub before: Result<&'a ProbeReading, &'a str>,
    /// Just after it.
    pub after: Result<&'a ProbeReading, &'a str>,
}

/// A figure as it was at the time of a repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Corrected<R> {
    /// Calibrated × probe now ÷ probe at calibration.
    pub value: R,
    /// Where the probes before and after disagree by more than a twentieth of their mean.
    pub doubt: Option<PeaksDoubt>,
}

/// `calibrated` times the mean of `before` and `after` over `at_calibration`; `figure` names it in the doubt.
pub fn corrected<R: Rate>(
    figure: &str,
    calibrated: R,
    at_calibration: R,
    before: R,
    after: R,
) -> Corrected<R> {
    const DISAGREE: f64 = 0.05;
    let (before, after) = (before.over(at_calibration), after.over(at_calibration));
    let mean = (before + after) / 2.0;
    let doubt = || PeaksDoubt::ProbesDisagree {
        figure: figure.to_owned(),
        before,
        after,
    };
    Corrected {
        value: calibrated.scaled(mean),
        doubt: ((after - before).abs() > DISAGREE * mean).then(doubt),
    }
}

/// What the floor of a cell is computed from.
///
/// The first two caches are a core's own and follow its clock, so their bandwidth is corrected by the arithmetic that the probe reached; that of what lies behind by what it read.
///
/// With them the reasons not to trust them fully.
///
/// # Errors
/// What was not measured.
pub fn cell_peaks(
    peaks: &Peaks,
    need: Need,
    caches: &[Cache],
    beside: Beside<'_>,
) -> Result<(CellPeaks, Vec<PeaksDoubt>), NoPeaks> {
    let chosen = levels::level(need.working_set, caches, need.threads, need.processors)
        .ok_or(NoPeaks::NoCaches)?;
    let compute = compute(peaks, need)?;
    let bandwidth = bandwidth(peaks, &chosen.level, need.threads, need.working_set)?;
    let mut cell = CellPeaks {
        flops_per_s: compute.flops_per_s,
        bytes_per_s: bandwidth.bytes_per_s,
        level: chosen.level,
        h2d_bytes_per_s: None,
        d2h_bytes_per_s: None,
        calibrated_at: oldest(peaks, need, compute, &bandwidth),
    };
    let touching = peaks
        .doubts
        .iter()
        .filter(|doubt| touches(doubt, &cell.level));
    let mut doubts: Vec<PeaksDoubt> = touching.cloned().chain(chosen.doubt).collect();
    correct(&mut cell, &mut doubts, peaks, need, beside);
    Ok((cell, doubts))
}

/// Whether a doubt of the calibration is one of a cell whose working set is in `level`.
fn touches(doubt: &PeaksDoubt, level: &str) -> bool {
    match doubt {
        PeaksDoubt::FewerRepeats { .. } | PeaksDoubt::OfDevice { .. } => false,
        PeaksDoubt::CacheInMemoryFigure { .. } => level == DRAM,
        _ => true,
    }
}

/// When the oldest was measured of the figures that a cell's are made of.
fn oldest(peaks: &Peaks, need: Need, compute: &ComputePeak, bandwidth: &Moved<'_>) -> String {
    let kernel = What::Kernel {
        precision: need.precision,
        name: compute.kernel.clone(),
        kind: KernelKind::Fma,
    };
    let moved = |peak: &BandwidthPeak| What::Bandwidth {
        level: peak.level.clone(),
        bytes: peak.working_set_bytes,
    };
    let probe = What::Probe {
        precision: need.precision,
        name: compute.kernel.clone(),
    };
    let whats = [
        kernel,
        moved(bandwidth.below),
        moved(bandwidth.above),
        probe,
    ];
    let paths = whats.map(|what| path(&what, need.threads));
    peaks.oldest(paths.iter().map(String::as_str)).to_owned()
}

fn compute(peaks: &Peaks, need: Need) -> Result<&ComputePeak, NoPeaks> {
    let precision = need.precision.to_string();
    let mut known = peaks.compute.iter();
    let found = known.find(|peak| {
        peak.device == DEVICE && peak.precision == precision && peak.threads == need.threads
    });
    found.ok_or_else(|| {
        let reason = peaks
            .missing
            .get(&format!("cpu.{precision}.{}.probe", need.threads));
        let reason = reason.or(peaks.missing.get(&format!("cpu.{}", need.threads)));
        NoPeaks::NoCompute {
            precision,
            threads: need.threads,
            because: reason.map_or_else(String::new, |reason| format!(" ({reason})")),
        }
    })
}

/// The bandwidth at one working set, and the measured ones that it lies between.
struct Moved<'a> {
    bytes_per_s: BytesPerSecond,
    below: &'a BandwidthPeak,
    above: &'a BandwidthPeak,
}

/// That of the level's sizes on both sides of the working set, along the straight line between them in logarithms: behind a
/// cache that others fill too, the larger ones are slower. Beyond all sizes it is that of the last.
fn bandwidth<'a>(
    peaks: &'a Peaks,
    level: &str,
    threads: u64,
    working_set: Bytes,
) -> Result<Moved<'a>, NoPeaks> {
    let is_of_it = |peak: &&BandwidthPeak| {
        peak.device == DEVICE && peak.level == level && peak.threads == threads
    };
    let of_it = || peaks.bandwidth.iter().filter(is_of_it);
    let size = |peak: &&BandwidthPeak| peak.working_set_bytes;
    let below = of_it().filter(|peak| peak.working_set_bytes <= working_set);
    let above = of_it().filter(|peak| peak.working_set_bytes >= working_set);
    let (below, above) = (below.max_by_key(size), above.min_by_key(size));
    let (below, above) =
        below
            .or(above)
            .zip(above.or(below))
            .ok_or_else(|| NoPeaks::NoBandwidth {
                level: level.to_owned(),
                threads,
            })?;
    let logarithm = |bytes: Bytes| (bytes.as_bytes().max(1) as f64).ln();
    let [low, at, high] = [
        below.working_set_bytes,
        working_set,
        above.working_set_bytes,
    ]
    .map(logarithm);
    let along = match high > low {
        true => (at - low) / (high - low),
        false => 0.0,
    };
    let ratio = above.bytes_per_s().over(below.bytes_per_s());
    Ok(Moved {
        bytes_per_s: below.bytes_per_s().scaled(ratio.powf(along)),
        below,
        above,
    })
}

fn correct(
    cell: &mut CellPeaks,
    doubts: &mut Vec<PeaksDoubt>,
    peaks: &Peaks,
    need: Need,
    beside: Beside<'_>,
) {
    let Some((at_calibration, before, after)) = readings(peaks, need, beside, doubts) else {
        return;
    };
    let flops = corrected(
        "flops_per_s",
        cell.flops_per_s,
        at_calibration.flops_per_s,
        before.flops_per_s,
        after.flops_per_s,
    );
    let bytes = corrected(
        "bytes_per_s",
        cell.bytes_per_s,
        at_calibration.bytes_per_s,
        before.bytes_per_s,
        after.bytes_per_s,
    );
    let follows_the_clock = ["L1", "L2"].contains(&cell.level.as_str());
    let clock = flops.value.over(cell.flops_per_s);
    cell.flops_per_s = flops.value;
    doubts.extend(flops.doubt);
    if follows_the_clock {
        cell.bytes_per_s = cell.bytes_per_s.scaled(clock);
    } else {
        cell.bytes_per_s = bytes.value;
        doubts.extend(bytes.doubt);
    }
}

/// At calibration, before, after; one that is missing is replaced by the other, and a doubt says so.
fn readings<'a>(
    peaks: &'a Peaks,
    need: Need,
    beside: Beside<'a>,
    doubts: &mut Vec<PeaksDoubt>,
) -> Option<(&'a ProbeReading, &'a ProbeReading, &'a ProbeReading)> {
    let mut lacking = |reason: &str| {
        let reason = reason.to_owned();
        doubts.push(PeaksDoubt::ProbeLacks { reason });
    };
    let precision = need.precision.to_string();
    let of_it =
        |probe: &&ProbeReading| probe.precision == precision && probe.threads == need.threads;
    let Some(at_calibration) = peaks.probes.iter().find(of_it) else {
        lacking("the calibration holds no probe to compare with");
        return None;
    };
    let mut like = |reading: Result<&'a ProbeReading, &'a str>| match reading {
        Ok(reading) if of_it(&reading) && reading.kernel == at_calibration.kernel => Some(reading),
        Ok(_) => {
            lacking("the probe was of another kernel than at calibration");
            None
        }
        Err(reason) => {
            lacking(reason);
            None
        }
    };
    let (before, after) = (like(beside.before), like(beside.after));
    let (before, after) = (before.or(after)?, after.or(before)?);
    Some((at_calibration, before, after))
}

mod device;

pub use device::device_peaks;

#[cfg(test)]
mod tests;
