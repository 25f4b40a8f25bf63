//! `tare machine calibrate`: measures what this machine can do, and keeps it for later runs.

use std::path::Path;

use tare_calibration::{Options, Progress, Target, allowed_cpus, cache, calibrate, render};
use tare_clock::{MonotonicClock, utc_now};
use tare_hardware::checks::allowed_cpus_by_core;

use super::super::{json, print};
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
    let available = tare_hardware::available_memory(root).ok();
    let target = Target::of(&machine, available, processors(root));
    let options = Options {
        repeats,
        ..Options::everything(target, utc_now())
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

/// Those of different cores first, or two threads would be measured on one core while another idles.
fn processors(root: &Path) -> Vec<usize> {
    match allowed_cpus_by_core(root, std::process::id()) {
        Ok(cpus) => cpus.into_iter().map(|cpu| cpu as usize).collect(),
        Err(_) => allowed_cpus(),
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
