//! `tare machine calibrate`: measures what this machine can do, and keeps it for later runs.

use std::path::Path;

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

/// Calibrates, keeps the peaks under the machine's fingerprint, and prints them.
///
/// # Errors
/// Where the path of this program cannot be found out, before anything is measured; where the peaks cannot be kept or printed.
pub fn run(repeats: u64, format: ListFormat) -> Result<Exit, Failed> {
    let program = this_program()?;
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
