//! What disturbs the machine before a run begins.

use std::collections::BTreeSet;
use std::path::Path;

use tare_clock::MonotonicClock;
use tare_hardware::checks::{GpuWatch, Situation, is_of_gpu, refused, standing, visible_gpus};
use tare_hardware::nvml::Nvml;
use tare_results::{About, Cell, Checking, Finding, Machine};
use tare_units::Nanoseconds;

use super::super::machine::happening;
use crate::exit::Failed;

/// For how long a strict run looks at what happens before it begins.
const STRICT_LOOK: Nanoseconds = Nanoseconds::from_millis(300);

/// What the checks of what stands find beside `cells`, and of the GPUs that they use; nothing where nothing is to be
/// checked. A strict run, which heeds the checks named, looks also at what happens for a moment.
///
/// # Errors
/// Where a strict run refuses one of them.
pub fn checked<'a>(
    (checks, heeded): (Checking, &[String]),
    machine: &Machine,
    cells: impl Iterator<Item = &'a Cell> + Clone,
) -> Result<Vec<Finding>, Failed> {
    if checks == Checking::Off {
        return Ok(Vec::new());
    }
    let root = Path::new("/");
    let situation = Situation {
        threads: cells.clone().map(|cell| cell.threads).max(),
        ..Situation::of_this_process()
    };
    let mut findings = standing(root, &situation);
    let gpus = gpus(machine, cells);
    if checks != Checking::Strict {
        findings.extend(gpus.into_iter().flat_map(|mut gpu| {
            gpu.sample();
            gpu.end()
        }));
        return Ok(findings);
    }
    findings.extend(happening(root, STRICT_LOOK, gpus, &MonotonicClock));
    refuse(&findings, heeded)?;
    findings.retain(|finding| finding.about == About::Standing || is_of_gpu(finding));
    Ok(findings)
}

fn gpus<'a>(machine: &Machine, cells: impl Iterator<Item = &'a Cell>) -> Vec<GpuWatch> {
    let devices: BTreeSet<&str> = cells.map(|cell| cell.device.as_str()).collect();
    let visible = visible_gpus();
    let watched = devices
        .iter()
        .filter_map(|device| GpuWatch::on(device, (machine, visible.as_deref()), &Nvml::shared()));
    watched.collect()
}

fn refuse(findings: &[Finding], heeded: &[String]) -> Result<(), Failed> {
    let refused = refused(findings, heeded);
    if refused.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = refused.iter().map(ToString::to_string).collect();
    Err(Failed::invalid(format!(
        "--strict refuses this machine: {}",
        told.join("; ")
    )))
}
