//! `tare machine restore`: sets back what tuning changed and could not set back itself.

use std::path::Path;

use tare_hardware::tune::{JOURNAL, gpu_clocks, restore_by_hand};

use super::super::print;
use crate::exit::{Exit, Failed};

/// Restores what the journal says and prints it.
///
/// # Errors
/// Where the run that tuned goes on, its journal cannot be read, or something cannot be restored.
pub fn run() -> Result<Exit, Failed> {
    let root = Path::new("/");
    let clocks = gpu_clocks(root);
    let journal = Path::new(JOURNAL);
    let is_there = journal.exists();
    let restored = restore_by_hand(root, journal, clocks.as_ref()).map_err(Failed::input)?;
    let lines = restored
        .iter()
        .map(|setting| format!("restored: {setting}\n"));
    match (is_there, restored.is_empty()) {
        (false, _) => print(&format!("nothing to restore: there is no {JOURNAL}\n")),
        (true, true) => print("nothing to restore: all settings are as they were\n"),
        (true, false) => print(&lines.collect::<String>()),
    }
}
