//! What the machine can do for the cells of a run: what is lacking is measured before, and a probe stands beside each repeat.

use std::path::Path;

use tare_calibration::{
    Beside, Need, Precision, ProbeRequest, Prober, Progress, Target, cache, cell_peaks, lacks,
    needed,
};
use tare_clock::{MonotonicClock, utc_now};
use tare_harness::PeakMeter;
use tare_results::{CellPeaks, Machine, Peaks, PeaksDoubt, PlannedCell, ProbeReading};
use tare_units::{Bytes, Nanoseconds};

use super::super::machine::target;
use super::super::worker::this_program;
use crate::exit::Failed;
use crate::model_source::cache_folder;
use crate::terminal::rewrite;

/// A probe takes a tenth of a second with its process; a machine that needs this long is not measuring anything.
const DEADLINE: Nanoseconds = Nanoseconds::from_secs(5);

/// The peaks of this machine, and the program that probes it.
pub struct Calibrated {
    peaks: Peaks,
    target: Target,
    prober: Prober,
}

impl Calibrated {
    /// The peaks that `cells` need: those that are kept, and what they lack measured now.
    ///
    /// # Errors
    /// Where the path of this program cannot be found out.
    pub fn for_cells(cells: &[PlannedCell], machine: &Machine) -> Result<Self, Failed> {
        let target = target(Path::new("/"), machine);
        let needs: Vec<Need> = cells
            .iter()
            .filter_map(|cell| need(cell, &target).ok())
            .collect();
        Ok(Self {
            peaks: known_and_lacking(&needs, &target),
            target,
            prober: Prober {
                path: this_program()?,
                arguments: vec!["probe".into()],
                deadline: DEADLINE,
            },
        })
    }
}

fn known_and_lacking(needs: &[Need], target: &Target) -> Peaks {
    let folder = cache_folder("peaks").ok();
    let known = folder
        .as_ref()
        .and_then(|folder| cache::read(folder, &target.fingerprint).ok());
    let is_lacking = |peaks: &Peaks| needs.iter().any(|need| lacks(peaks, *need, target));
    let is_measured = known.as_ref().is_none_or(is_lacking);
    let peaks = needed(
        known,
        needs,
        target,
        &utc_now(),
        &MonotonicClock,
        &mut |progress| {
            let Progress { left, step, .. } = progress;
            rewrite(&format!(
                "measuring what this machine can do · {left} left · {step}"
            ));
        },
    );
    rewrite("");
    if let Some(folder) = folder.filter(|_| is_measured)
        && let Err(error) = cache::write(&folder, &peaks)
    {
        eprintln!(
            "what this machine can do cannot be kept in {}: {error}; each run measures it anew",
            folder.display()
        );
    }
    peaks
}

/// What the floor of `cell` is computed from; threads that find no processor of their own do not count.
fn need(cell: &PlannedCell, target: &Target) -> Result<Need, String> {
    let PlannedCell { cell, model, .. } = cell;
    if cell.device != "cpu" {
        return Err(format!("what {} can do is not measured", cell.device));
    }
    let precision = cell.precision.parse::<Precision>();
    let working_set = || {
        let weights = model
            .bytes_min?
            .saturating_sub(model.input_bytes?)
            .saturating_sub(model.output_bytes?);
        let activations = model.peak_activation_bytes?.as_bytes();
        Some(Bytes::from_bytes(
            weights.as_bytes().saturating_add(activations),
        ))
    };
    Ok(Need {
        precision: precision.map_err(|error| error.to_string())?,
        threads: cell.threads.min(target.cpus.len() as u64),
        working_set: working_set()
            .ok_or("how much memory the model touches is not known".to_owned())?,
    })
}

impl PeakMeter for Calibrated {
    fn probe(&self, cell: &PlannedCell) -> Result<ProbeReading, String> {
        let need = need(cell, &self.target)?;
        let request = ProbeRequest {
            precision: need.precision,
            threads: need.threads,
            cpus: self.target.cpus.clone(),
        };
        self.prober.ask(&request).map_err(|error| error.to_string())
    }

    fn peaks(
        &self,
        cell: &PlannedCell,
        before: Result<&ProbeReading, &str>,
        after: Result<&ProbeReading, &str>,
    ) -> Result<(CellPeaks, Vec<PeaksDoubt>), String> {
        let need = need(cell, &self.target)?;
        let beside = Beside { before, after };
        cell_peaks(&self.peaks, need, &self.target.caches, beside)
            .map_err(|error| error.to_string())
    }
}
