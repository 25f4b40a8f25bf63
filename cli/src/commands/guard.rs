//! `tare guard`, hidden: waits beside a tuned run, and sets the machine back if the run cannot.

use std::path::Path;

use tare_hardware::tune::{JOURNAL, gpu_clocks, guard};

use crate::exit::{Exit, Failed};

/// Guards until standard input ends; says what it had to restore itself.
///
/// # Errors
/// Where something is not as it was.
pub fn run() -> Result<Exit, Failed> {
    let root = Path::new("/");
    let clocks = gpu_clocks(root);
    let restored = guard(root, Path::new(JOURNAL), clocks.as_ref()).map_err(Failed::input)?;
    for setting in &restored {
        eprintln!("restored after the run was ended: {setting}");
    }
    Ok(Exit::Done)
}
