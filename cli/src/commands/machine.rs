//! `tare machine`: what is known of this machine.

use std::path::Path;

use super::{json, print};
use crate::arguments::{ListFormat, MachineCommand};
use crate::exit::{Exit, Failed};

/// Prints the machine's facts.
///
/// # Errors
/// Where they cannot be printed.
pub fn run(command: &MachineCommand) -> Result<Exit, Failed> {
    let MachineCommand::Show { format } = command;
    let machine = tare_hardware::machine(Path::new("/"));
    match format {
        ListFormat::Json => print(&json(&machine)?),
        ListFormat::Table => print(&tare_hardware::render(&machine)),
    }
}
