//! What the machine could do beside the repeats.

use tare_results::{CellPeaks, ProbeReading, ProbesBeside, Record};
use tare_units::Rate;

use super::figures::{Figures, mean};

impl Figures<'_> {
    /// Means over the repeats of the rates; all else is the same in each.
    pub fn peaks(&mut self) -> Option<CellPeaks> {
        let all = self.group("peaks", |record| record.peaks.as_ref())?;
        let first = *all.first()?;
        Some(CellPeaks {
            flops_per_s: average(&all, |peaks| peaks.flops_per_s),
            bytes_per_s: average(&all, |peaks| peaks.bytes_per_s),
            ..first.clone()
        })
    }

    /// Means over the repeats of what was read before them, and after.
    pub fn probe(&mut self) -> Option<ProbesBeside> {
        self.group("probe", |record| record.probe.as_ref())?;
        Some(ProbesBeside {
            before: self.reading("probe.before", |probe| probe.before.as_ref()),
            after: self.reading("probe.after", |probe| probe.after.as_ref()),
        })
    }

    fn reading(
        &mut self,
        path: &str,
        get: impl Fn(&ProbesBeside) -> Option<&ProbeReading>,
    ) -> Option<ProbeReading> {
        let all = self.group(path, |record: &Record| get(record.probe.as_ref()?))?;
        let first = *all.first()?;
        Some(ProbeReading {
            flops_per_s: average(&all, |reading| reading.flops_per_s),
            bytes_per_s: average(&all, |reading| reading.bytes_per_s),
            ..first.clone()
        })
    }
}

fn average<T, R: Rate>(all: &[&T], get: impl Fn(&T) -> R) -> R {
    R::from_per_s(mean(all.iter().map(|one| get(one).per_s())))
}
