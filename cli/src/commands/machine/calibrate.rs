//! `tare machine calibrate`: measures what this machine can do, and keeps it for later runs.

use std::io;
use std::path::{Path, PathBuf};

use tare_calibration::{Options, Progress, cache, calibrate, render};
use tare_clock::{MonotonicClock, utc_now};
use tare_units::Nanoseconds;

use super::super::worker::this_program;
use super::super::{json, print};
use super::{gpu_devices, measure_gpus, target};
use crate::arguments::ListFormat;
use crate::exit::{Exit, Failed};
use crate::model_source::cache_folder;
use crate::terminal::rewrite;

/// What is left of a minute for the processors where GPUs are to be measured too.
const BESIDE_GPUS: Nanoseconds = Nanoseconds::from_secs(30);
/// For all GPUs together.
const GPUS: Nanoseconds = Nanoseconds::from_secs(20);

/// Calibrates, prints the peaks, and keeps them under the machine's fingerprint.
///
/// # Errors
/// Where the path of this program cannot be found out or there is no folder for the peaks, before anything is measured;
/// where the peaks cannot be printed, or, once they are, cannot be kept.
pub fn run(repeats: u64, format: ListFormat) -> Result<Exit, Failed> {
    let program = this_program()?;
    let folder = folder()?;
    let root = Path::new("/");
    let machine = tare_hardware::machine(root);
    let gpus = gpu_devices(&machine);
    let mut options = Options {
        repeats,
        ..Options::everything(target(root, &machine), utc_now())
    };
    if !gpus.is_empty() {
        options.budget = options.budget.min(BESIDE_GPUS);
    }
    let mut peaks = calibrate(&options, &MonotonicClock, &mut tell);
    if gpus.is_empty() {
        let reason = machine.missing.get("gpus").cloned();
        let reason = reason.unwrap_or_else(|| "CUDA is shown none of the GPUs".to_owned());
        peaks.missing.insert("cuda".to_owned(), reason);
    }
    let each = Nanoseconds::from_nanos(GPUS.as_nanos() / (gpus.len() as u64).max(1));
    measure_gpus(&program, &gpus, (repeats, each), &mut peaks);
    rewrite("");
    let printed = match format {
        ListFormat::Json => print(&json(&peaks)?),
        ListFormat::Table => print(&render(&peaks)),
    }?;
    let kept = cache::write(&folder, &peaks).map_err(|error| not_kept(&folder, &error))?;
    eprintln!("kept in {}", kept.display());
    Ok(printed)
}

/// Where peaks are kept.
fn folder() -> Result<PathBuf, Failed> {
    let folder = cache_folder("peaks").map_err(Failed::input)?;
    match std::fs::create_dir_all(&folder) {
        Ok(()) => Ok(folder),
        Err(error) => Err(not_kept(&folder, &error)),
    }
}

fn not_kept(folder: &Path, error: &io::Error) -> Failed {
    Failed::told(format!(
        "cannot keep the peaks in {}: {error}; set XDG_CACHE_HOME to a folder that can be written",
        folder.display()
    ))
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
