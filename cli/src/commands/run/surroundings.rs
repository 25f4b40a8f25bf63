//! What disturbs the machine before a run begins.

use std::collections::BTreeSet;
use std::path::Path;

use tare_hardware::checks::{GpuWatch, Situation, refused, standing, strict_names, visible_gpus};
use tare_hardware::nvml::Nvml;
use tare_results::{Cell, Checking, Finding, Machine};

use crate::exit::Failed;

/// What the checks of what stands find beside `cells`, and of the GPUs that they use; nothing where nothing is to be checked.
///
/// # Errors
/// Where a strict run refuses one of them.
pub fn checked<'a>(
    checks: Checking,
    machine: &Machine,
    cells: impl Iterator<Item = &'a Cell> + Clone,
) -> Result<Vec<Finding>, Failed> {
    if checks == Checking::Off {
        return Ok(Vec::new());
    }
    let situation = Situation {
        threads: cells.clone().map(|cell| cell.threads).max(),
        ..Situation::of_this_process()
    };
    let mut findings = standing(Path::new("/"), &situation);
    let devices: BTreeSet<&str> = cells.map(|cell| cell.device.as_str()).collect();
    let visible = visible_gpus();
    let visible = visible.as_deref();
    let gpus = devices
        .iter()
        .filter_map(|device| GpuWatch::on(device, (machine, visible), &Nvml::shared()));
    findings.extend(gpus.flat_map(|mut gpu| {
        gpu.sample();
        gpu.end()
    }));
    let refused = refused(&findings, &strict_names());
    if checks == Checking::Strict && !refused.is_empty() {
        let told: Vec<String> = refused.iter().map(ToString::to_string).collect();
        return Err(Failed::invalid(format!(
            "--strict refuses this machine: {}",
            told.join("; ")
        )));
    }
    Ok(findings)
}
