//! `tare machine check`: what disturbs measurements here, and what to do about it.

use std::path::Path;

use tare_clock::{Clock, MonotonicClock, utc_now};
use tare_hardware::checks::{
    GpuWatch, Situation, Watch, allowed_cpus, render_findings, render_strict, standing,
};
use tare_hardware::nvml::Nvml;
use tare_results::{CHECKS_SCHEMA, Checks, Finding};
use tare_units::Nanoseconds;

use super::super::{json, print};
use crate::arguments::ListFormat;
use crate::exit::{Exit, Failed};

/// Checks what stands, and what happens within `window`; prints both.
///
/// # Errors
/// Where they cannot be printed.
pub fn run(window: Nanoseconds, format: ListFormat) -> Result<Exit, Failed> {
    let findings = findings(Path::new("/"), window, &MonotonicClock);
    match format {
        ListFormat::Json => {
            let machine = tare_hardware::machine(Path::new("/"));
            let checks = Checks {
                schema: CHECKS_SCHEMA.to_owned(),
                created: utc_now(),
                machine: machine.fingerprint,
                findings,
            };
            print(&json(&checks)?)
        }
        ListFormat::Table => print(&format!(
            "{}\n{}",
            render_findings(&findings),
            render_strict()
        )),
    }
}

/// Between two looks at GPUs.
const LOOK: Nanoseconds = Nanoseconds::from_millis(100);

fn findings(root: &Path, window: Nanoseconds, clock: &dyn Clock) -> Vec<Finding> {
    let mut findings = standing(root, &Situation::of_this_process());
    let gpus = GpuWatch::on_each(root, Nvml::shared);
    findings.extend(happening(root, window, gpus, clock));
    findings
}

/// What happens to this process and on `gpus` within `window`.
pub fn happening(
    root: &Path,
    window: Nanoseconds,
    mut gpus: Vec<GpuWatch>,
    clock: &dyn Clock,
) -> Vec<Finding> {
    let pid = std::process::id();
    let cpus = allowed_cpus(root, pid).unwrap_or_default();
    let watch = Watch::begin(root, pid, &cpus);
    let end = clock.now() + window;
    loop {
        gpus.iter_mut().for_each(GpuWatch::sample);
        let now = clock.now();
        if now >= end {
            break;
        }
        clock.wait_until(end.min(now + LOOK));
    }
    let mut findings = watch.end();
    findings.extend(gpus.into_iter().flat_map(GpuWatch::end));
    findings
}
