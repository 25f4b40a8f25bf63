//! `tare machine calibrate`: measures what this machine can do, and keeps it for later runs.

use std::io::{IsTerminal, Write};
use std::path::Path;

use tare_calibration::{Options, Progress, Target, allowed_cpus, cache, calibrate, render};
use tare_clock::{MonotonicClock, utc_now};

use super::super::{json, print};
use crate::arguments::ListFormat;
use crate::exit::{Exit, Failed};
use crate::model_source::cache_folder;

/// Calibrates, keeps the peaks under the machine's fingerprint, and prints them.
///
/// # Errors
/// Where they cannot be kept or printed.
pub fn run(repeats: u64, format: ListFormat) -> Result<Exit, Failed> {
    let root = Path::new("/");
    let machine = tare_hardware::machine(root);
    let available = tare_hardware::available_memory(root).ok();
    let target = Target::of(&machine, available, allowed_cpus());
    let options = Options {
        repeats,
        ..Options::everything(target, utc_now())
    };
    let peaks = calibrate(&options, &MonotonicClock, &mut tell);
    clear();
    let folder = cache_folder("peaks").map_err(Failed::input)?;
    let kept = cache::write(&folder, &peaks).map_err(|error| {
        Failed::told(format!(
            "cannot keep the peaks in {}: {error}; set XDG_CACHE_HOME to a folder that can be written",
            folder.display()
        ))
    })?;
    eprintln!("kept in {}", kept.display());
    match format {
        ListFormat::Json => print(&json(&peaks)?),
        ListFormat::Table => print(&render(&peaks)),
    }
}

/// One line that rewrites itself in a terminal; nothing elsewhere.
fn tell(progress: &Progress) {
    let mut error = std::io::stderr();
    if error.is_terminal() {
        let Progress {
            done,
            total,
            left,
            step,
        } = progress;
        // Progress that cannot be shown costs nothing that was asked for.
        let _ = write!(error, "\r\x1b[2K{done}/{total} · {left} left · {step}");
        let _ = error.flush();
    }
}

fn clear() {
    let mut error = std::io::stderr();
    if error.is_terminal() {
        let _ = write!(error, "\r\x1b[2K");
    }
}
