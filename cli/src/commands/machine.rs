//! `tare machine`: what is known of this machine, what disturbs measurements on it, and what it can do.

mod calibrate;
mod check;
mod gpus;
mod restore;

use std::path::Path;

use tare_calibration::{Target, allowed_cpus};
use tare_hardware::checks::allowed_cpus_by_core;
use tare_results::Machine;

pub use check::happening;
pub use gpus::{devices as gpu_devices, measure as measure_gpus};

use super::{json, print};
use crate::arguments::{ListFormat, MachineCommand};
use crate::exit::{Exit, Failed};

/// Does what was asked of the machine.
///
/// # Errors
/// Where it cannot be printed or kept.
pub fn run(command: &MachineCommand) -> Result<Exit, Failed> {
    match command {
        MachineCommand::Show { format } => show(*format),
        MachineCommand::Check { window, format } => check::run(*window, *format),
        MachineCommand::Restore => restore::run(),
        MachineCommand::Calibrate { repeats, format } => calibrate::run(*repeats, *format),
    }
}

/// What a calibration has to know of `machine`, whose files lie under `root`.
pub fn target(root: &Path, machine: &Machine) -> Target {
    let available = tare_hardware::available_memory(root).ok();
    Target::of(machine, available, processors(root))
}

/// Those of different cores first, or two threads would be measured on one core while another idles.
fn processors(root: &Path) -> Vec<usize> {
    match allowed_cpus_by_core(root, std::process::id()) {
        Ok(cpus) => cpus.into_iter().map(|cpu| cpu as usize).collect(),
        Err(_) => allowed_cpus(),
    }
}

fn show(format: ListFormat) -> Result<Exit, Failed> {
    let machine = tare_hardware::machine(Path::new("/"));
    match format {
        ListFormat::Json => print(&json(&machine)?),
        ListFormat::Table => print(&tare_hardware::render(&machine)),
    }
}
