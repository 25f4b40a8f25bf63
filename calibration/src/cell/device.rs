//! The peaks that hold for a cell on a device, whose floor counts the copies to it and from it too.

use tare_results::{CellPeaks, Direction, Peaks, PeaksDoubt};
use tare_units::BytesPerSecond;

use super::NoPeaks;
use crate::gpu::MathMode;
use crate::levels::DRAM;

/// What the floor of a cell on `device`, such as `cuda:0`, is computed from, copies included, with the reasons not to trust it fully.
///
/// No probe runs on a device beside a repeat, so the calibrated figures stand, with a doubt.
///
/// # Errors
/// The first figure that was not measured.
pub fn device_peaks(
    peaks: &Peaks,
    device: &str,
    mode: MathMode,
) -> Result<(CellPeaks, Vec<PeaksDoubt>), NoPeaks> {
    let precision = mode.to_string();
    let lacks = |figure: &str, path: &str| lacks(peaks, device, figure, path);
    let mut compute = peaks.compute.iter();
    let compute = compute.find(|peak| peak.device == device && peak.precision == precision);
    let compute = compute.ok_or_else(|| lacks(&format!("peak of {precision}"), &precision))?;
    let mut bandwidth = peaks.bandwidth.iter();
    let bandwidth = bandwidth.find(|peak| peak.device == device && peak.level == DRAM);
    let bandwidth = bandwidth.ok_or_else(|| lacks("bandwidth of its memory", DRAM))?;
    let copies = |direction: Direction| -> Result<BytesPerSecond, NoPeaks> {
        let mut known = peaks.transfers.iter();
        let found = known.find(|one| one.device == device && one.direction == direction);
        let figure = || format!("rate of {} copies", direction.name());
        found
            .map(|one| one.bytes_per_s.value)
            .ok_or_else(|| lacks(&figure(), direction.name()))
    };
    let cell = CellPeaks {
        flops_per_s: compute.flops_per_s,
        bytes_per_s: bandwidth.bytes_per_s(),
        level: DRAM.to_owned(),
        h2d_bytes_per_s: Some(copies(Direction::H2d)?),
        d2h_bytes_per_s: Some(copies(Direction::D2h)?),
        calibrated_at: peaks.oldest([device]).to_owned(),
    };
    Ok((cell, doubts(peaks, device)))
}

/// With the reason for the figure itself, for a part of it, or for the whole device.
fn lacks(peaks: &Peaks, device: &str, figure: &str, path: &str) -> NoPeaks {
    let whole = format!("{device}.{path}");
    let part = format!("{whole}.");
    let mut known = peaks.missing.iter();
    let reason = known.find(|(at, _)| **at == whole || at.starts_with(&part) || *at == device);
    NoPeaks::NotOfDevice {
        device: device.to_owned(),
        figure: figure.to_owned(),
        because: reason.map_or_else(String::new, |(_, reason)| format!(" ({reason})")),
    }
}

fn doubts(peaks: &Peaks, device: &str) -> Vec<PeaksDoubt> {
    let touches = |doubt: &&PeaksDoubt| match doubt {
        PeaksDoubt::OfDevice {
            device: named,
            about,
        } => named == device && !matches!(**about, PeaksDoubt::FewerRepeats { .. }),
        _ => false,
    };
    let uncorrected = PeaksDoubt::ProbeLacks {
        reason: format!("no probe runs on {device} beside a repeat"),
    };
    let of_it = peaks.doubts.iter().filter(touches).cloned();
    of_it.chain([uncorrected]).collect()
}
