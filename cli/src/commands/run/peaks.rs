//! What the machine can do for the cells of a run: what is lacking is measured before, and a probe stands beside each repeat.

use std::path::Path;

use tare_calibration::gpu::{self, MathMode};
use tare_calibration::{
    Beside, Need, Precision, ProbeRequest, Prober, Progress, Target, cache, cell_peaks,
    device_peaks, needed,
};
use tare_clock::{MonotonicClock, utc_now};
use tare_hardware::checks::{Watch, is_gpu};
use tare_harness::PeakMeter;
use tare_harness::plan::Rates;
use tare_results::{
    CellPeaks, Finding, Machine, Outcome, Peaks, PeaksDoubt, PlannedCell, ProbeReading,
};
use tare_units::{Bytes, Nanoseconds};

use super::super::machine::{gpu_devices, measure_gpus, target};
use super::super::probe::prober;
use super::super::worker::this_program;
use crate::exit::Failed;
use crate::model_source::cache_folder;
use crate::terminal::rewrite;

/// How often, and for how long at the most, a GPU is measured that was not calibrated.
const GPU_BUDGET: (u64, Nanoseconds) = (3, Nanoseconds::from_secs(4));

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
        let program = this_program()?;
        let target = target(Path::new("/"), machine);
        let folder = cache_folder("peaks").ok();
        let known = folder
            .as_ref()
            .and_then(|folder| cache::read(folder, &target.fingerprint).ok());
        let kept = known.clone();
        let cpus: Vec<u64> = target.cpus.iter().map(|cpu| *cpu as u64).collect();
        let watch = Watch::begin(Path::new("/"), std::process::id(), &cpus);
        let mut peaks = of_processors(known, cells, &target);
        let mut gpus = gpu_devices(machine);
        gpus.retain(|number| is_lacking(&peaks, &format!("cuda:{number}"), cells));
        measure_gpus(&program, &gpus, GPU_BUDGET, &mut peaks);
        rewrite("");
        if let Some(folder) = folder.filter(|_| kept.as_ref() != Some(&peaks)) {
            if let Some(what) = disturbance(&watch.end()) {
                eprintln!(
                    "what this machine can do was measured beside others ({what}) and may be too low: once they have ended, tare machine calibrate measures it anew"
                );
            }
            keep(&folder, &peaks);
        }
        Ok(Self {
            peaks,
            target,
            prober: prober()?,
        })
    }
}

/// How fast models run here as far as is known without measuring: from the peaks that are kept, else assumed.
pub fn kept_rates() -> Rates {
    let root = Path::new("/");
    let target = target(root, &tare_hardware::machine(root));
    let kept = cache_folder("peaks").ok();
    let kept = kept.and_then(|folder| cache::read(&folder, &target.fingerprint).ok());
    kept.map_or_else(Rates::assumed, |peaks| Rates::of(&peaks))
}

/// Whether a cell on `device` lacks peaks of it.
fn is_lacking(peaks: &Peaks, device: &str, cells: &[PlannedCell]) -> bool {
    let mut cells = cells.iter().map(|planned| &planned.cell);
    cells.any(|cell| {
        let mode = cell.precision.parse::<MathMode>();
        cell.device == device && mode.is_ok_and(|mode| gpu::lacks(peaks, device, mode))
    })
}

fn of_processors(known: Option<Peaks>, cells: &[PlannedCell], target: &Target) -> Peaks {
    let needs = cells.iter().filter_map(|cell| need(cell, target).ok());
    let needs: Vec<Need> = needs.collect();
    let mut told = |progress: &Progress| {
        let Progress { left, step, .. } = progress;
        rewrite(&format!(
            "measuring what this machine can do · {left} left · {step}"
        ));
    };
    needed(
        known,
        &needs,
        target,
        &utc_now(),
        &MonotonicClock,
        &mut told,
    )
}

/// What took processors or memory away while peaks were measured, so that they are lower than what the machine can do.
fn disturbance(findings: &[Finding]) -> Option<&str> {
    let taking = ["foreign-load", "steal"];
    findings.iter().find_map(|finding| match &finding.outcome {
        Outcome::Problem { found, .. } if taking.contains(&finding.check.as_str()) => {
            Some(found.as_str())
        }
        _ => None,
    })
}

fn keep(folder: &Path, peaks: &Peaks) {
    if let Err(error) = cache::write(folder, peaks) {
        eprintln!(
            "what this machine can do cannot be kept in {}: {error}; each run measures it anew",
            folder.display()
        );
    }
}

/// What the floor of `cell` is computed from; threads that find no processor of their own do not count.
fn need(cell: &PlannedCell, target: &Target) -> Result<Need, String> {
    let PlannedCell { cell, model, .. } = cell;
    if cell.device != "cpu" {
        return Err(format!("no probe runs on {} beside a repeat", cell.device));
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
        processors: target.cpus.len() as u64,
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
        if is_gpu(&cell.cell.device) {
            let mode = cell.cell.precision.parse::<MathMode>();
            let mode = mode.map_err(|error| error.to_string())?;
            let peaks = device_peaks(&self.peaks, &cell.cell.device, mode);
            return peaks.map_err(|error| error.to_string());
        }
        let need = need(cell, &self.target)?;
        let beside = Beside { before, after };
        cell_peaks(&self.peaks, need, &self.target.caches, beside)
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use tare_results::About;

    use super::*;

    fn problem(check: &str) -> Finding {
        Finding {
            check: check.to_owned(),
            about: About::Window,
            outcome: Outcome::Problem {
                found: format!("{check} was found"),
                excess: None,
                why: String::new(),
                remedy: String::new(),
            },
        }
    }

    #[test]
    fn peaks_measured_beside_others_are_told() {
        let switches = problem("involuntary-switches");
        assert_eq!(disturbance(&[]), None);
        assert_eq!(disturbance(std::slice::from_ref(&switches)), None);
        let found = [switches, problem("foreign-load")];
        assert_eq!(disturbance(&found), Some("foreign-load was found"));
    }
}
