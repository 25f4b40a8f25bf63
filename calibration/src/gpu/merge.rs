//! Setting what a GPU can do beside what the processors can.

use tare_results::{Peaks, PeaksDoubt};

use super::{GpuPeaks, MathMode};
use crate::cell::device_peaks;

impl GpuPeaks {
    /// Replaces all that `peaks` hold of this device by what was measured at `now`, UTC, RFC 3339.
    pub fn merge_into(self, peaks: &mut Peaks, now: &str) {
        let device = self.device;
        peaks.measured_at.remove(&device);
        if !self.compute.is_empty() || !self.bandwidth.is_empty() || !self.transfers.is_empty() {
            peaks.measured_at.insert(device.clone(), now.to_owned());
            now.clone_into(&mut peaks.calibrated_at);
        }
        let of_it = |path: &str| is_of(path, &device);
        peaks.compute.retain(|peak| peak.device != device);
        peaks.bandwidth.retain(|peak| peak.device != device);
        peaks.transfers.retain(|peak| peak.device != device);
        peaks.launches.retain(|cost| cost.device != device);
        peaks.missing.retain(|path, _| !of_it(path));
        let is_its = |doubt: &PeaksDoubt| matches!(doubt, PeaksDoubt::OfDevice { device: named, .. } if *named == device);
        peaks.doubts.retain(|doubt| !is_its(doubt));
        peaks.compute.extend(self.compute);
        peaks.bandwidth.extend(self.bandwidth);
        peaks.transfers.extend(self.transfers);
        peaks.launches.extend(self.launch);
        peaks.doubts.extend(self.doubts);
        peaks.missing.extend(self.missing);
    }
}

/// Whether a run in `mode` on `device` lacks peaks; the mode's that were tried for are not tried again, a device that could not be opened is.
pub fn lacks(peaks: &Peaks, device: &str, mode: MathMode) -> bool {
    let figure = format!("{device}.{mode}");
    let tried = peaks.missing.keys().any(|path| is_of(path, &figure));
    !tried && device_peaks(peaks, device, mode).is_err()
}

/// `cuda:1.launch` is of `cuda:1`, `cuda:10` is not.
fn is_of(path: &str, device: &str) -> bool {
    let rest = path.strip_prefix(device);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
