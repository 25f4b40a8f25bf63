//! What disturbs the machine before a run begins.

use std::path::Path;

use tare_hardware::checks::{Situation, refused, standing, strict_names};
use tare_results::{Checking, Finding};

use crate::exit::Failed;

/// What the checks of what stands find; nothing where nothing is to be checked.
///
/// # Errors
/// Where a strict run refuses one of them.
pub fn checked(checks: Checking) -> Result<Vec<Finding>, Failed> {
    if checks == Checking::Off {
        return Ok(Vec::new());
    }
    let findings = standing(Path::new("/"), &Situation::of_this_process());
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
