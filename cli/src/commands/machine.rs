//! `tare machine`: what is known of this machine, what disturbs measurements on it, and what it can do.

mod calibrate;
mod check;
mod restore;

use std::path::Path;

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

fn show(format: ListFormat) -> Result<Exit, Failed> {
    let machine = tare_hardware::machine(Path::new("/"));
    match format {
        ListFormat::Json => print(&json(&machine)?),
        ListFormat::Table => print(&tare_hardware::render(&machine)),
    }
}
