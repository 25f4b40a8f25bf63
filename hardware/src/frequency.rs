//! Which frequencies the processors offer, and which settings choose among them.

use std::collections::BTreeSet;

use crate::Unavailable;
use crate::root::Root;
use crate::topology::{FOLDER, Members};

/// The highest reading of `leaf` over all processors, which need not be alike; the reason is the first one's.
pub(crate) fn highest(root: &Root, cpus: &Members, leaf: &str) -> Result<u64, Unavailable> {
    let read = |cpu: u64| root.number(&file(cpu, leaf), "frequency");
    let readings = readings(cpus, read)?;
    readings.into_iter().max().ok_or(NOBODY)
}

/// The lowest reading of `leaf` over all processors.
pub(crate) fn lowest(root: &Root, cpus: &Members, leaf: &str) -> Result<u64, Unavailable> {
    let read = |cpu: u64| root.number(&file(cpu, leaf), "frequency");
    let readings = readings(cpus, read)?;
    readings.into_iter().min().ok_or(NOBODY)
}

/// The frequency in kHz that is promised without turbo: the driver's own file, or the firmware's (ACPI CPPC, in MHz).
pub(crate) fn base(root: &Root, cpus: &Members) -> Result<u64, Unavailable> {
    let stated = |cpu: u64| root.number(&file(cpu, "base_frequency"), "frequency");
    let firmware = |cpu: u64| {
        let file = format!("{FOLDER}/cpu{cpu}/acpi_cppc/nominal_freq");
        let mhz = root.number(&file, "frequency")?;
        match mhz.checked_mul(1_000) {
            Some(khz) if khz > 0 => Ok(khz),
            _ => Err(root.unclear(&file, "frequency", &mhz.to_string())),
        }
    };
    let read = |cpu: u64| stated(cpu).or_else(|reason| firmware(cpu).map_err(|_| reason));
    readings(cpus, read)?.into_iter().max().ok_or(NOBODY)
}

/// What `leaf` says over all processors, each once, joined by ` + `.
pub(crate) fn settings(root: &Root, cpus: &Members, leaf: &str) -> Result<String, Unavailable> {
    let read = |cpu: u64| root.line(&file(cpu, leaf), "setting");
    let distinct: BTreeSet<String> = readings(cpus, read)?.into_iter().collect();
    Ok(distinct.into_iter().collect::<Vec<_>>().join(" + "))
}

/// The file that allows or forbids frequencies above the base, and the text that forbids them.
pub(crate) const TURBO: &[(&str, &str)] = &[
    ("sys/devices/system/cpu/intel_pstate/no_turbo", "1"),
    ("sys/devices/system/cpu/cpufreq/boost", "0"),
];

/// Whether frequencies above the base are allowed.
pub(crate) fn turbo(root: &Root) -> Result<bool, Unavailable> {
    for (file, off) in TURBO {
        match root.line(file, "switch") {
            Ok(text) if ["0", "1"].contains(&text.as_str()) => return Ok(text != *off),
            Ok(text) => return Err(root.unclear(file, "switch", &text)),
            Err(Unavailable::Absent { .. }) => {}
            Err(reason) => return Err(reason),
        }
    }
    Err(Unavailable::None(
        "the kernel offers no switch for turbo here",
    ))
}

const NOBODY: Unavailable = Unavailable::None("no processor is online");

/// Those that can be read; where none can, the first one's reason.
fn readings<T>(
    cpus: &Members,
    read: impl Fn(u64) -> Result<T, Unavailable>,
) -> Result<Vec<T>, Unavailable> {
    let mut found = Vec::new();
    let mut first = None;
    for cpu in cpus.as_ref().map_err(Clone::clone)? {
        match read(*cpu) {
            Ok(value) => found.push(value),
            Err(reason) => {
                first.get_or_insert(reason);
            }
        }
    }
    match first {
        Some(reason) if found.is_empty() => Err(reason),
        _ => Ok(found),
    }
}

fn file(cpu: u64, leaf: &str) -> String {
    format!("{FOLDER}/cpu{cpu}/cpufreq/{leaf}")
}

#[cfg(test)]
mod tests;
