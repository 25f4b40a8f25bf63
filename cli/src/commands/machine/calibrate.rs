//! `tare machine calibrate`: measures what this machine can do, and keeps it for later runs.

use std::path::Path;

use tare_calibration::{Options, Progress, cache, calibrate, render};
use tare_clock::{MonotonicClock, utc_now};

use super::super::{json, print};
use super::target;
use crate::arguments::ListFormat;
use crate::exit::{Exit, Failed};
use crate::model_source::cache_folder;
use crate::terminal::rewrite;

/// Calibrates, keeps the peaks under the machine's fingerprint, and prints them.
///
/// # Errors
/// Where they cannot be kept or printed.
pub fn run(repeats: u64, format: ListFormat) -> Result<Exit, Failed> {
    let root = Path::new("/");
    let machine = tare_hardware::machine(root);
    let options = Options {
        repeats,
        ..Options::everything(target(root, &machine), utc_now())
    };
    let peaks = calibrate(&options, &MonotonicClock, &mut tell);
    rewrite("");
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

fn tell(progress: &Progress) {
    let Progress {
        done,
        total,
        left,
        step,
    } = progress;
    rewrite(&format!("{done}/{total} · {left} left · {step}"));
}
