//! Where a run's joules come from: RAPL, NVML, and the meter that was asked for.

use std::path::Path;

use tare_clock::MonotonicClock;
use tare_hardware::energy::{Meter, MeterCommand, Sources, discover};
use tare_hardware::nvml::Nvml;
use tare_harness::{EnergyMeter, NO_PROBES};

use crate::exit::Failed;

/// Reads every source that is here, or none where nothing `is_probed`; `meter` is a command for the shell with its
/// accuracy, a share.
///
/// # Errors
/// Where the meter that was asked for does not work: without it, the run would lack what it is made for.
pub fn meters(
    is_probed: bool,
    meter: (Option<&str>, Option<f64>),
    bound: Option<f64>,
) -> Result<EnergyMeter, Failed> {
    let sources = match is_probed {
        true => sources(meter)?,
        false => return unread(NO_PROBES),
    };
    EnergyMeter::start(sources, bound, MonotonicClock).map_err(Failed::input)
}

/// Refuses what is about joules alone (`needed`) where nothing here tells any.
///
/// # Errors
/// Says why each source is not there.
pub fn check(needed: bool) -> Result<(), Failed> {
    if !needed {
        return Ok(());
    }
    let Sources { usable, missing } = sources((None, None))?;
    if !usable.is_empty() {
        return Ok(());
    }
    let reasons = missing.iter();
    let reasons: Vec<String> = reasons
        .map(|(path, reason)| format!("{}: {reason}", path.trim_start_matches("energy.")))
        .collect();
    Err(Failed::told(format!(
        "energy cannot be measured here ({}): grant a source, or give another --metric",
        reasons.join("; ")
    )))
}

/// Reads none, for this `reason`.
///
/// # Errors
/// Where the meter's thread cannot be started.
pub fn unread(reason: &str) -> Result<EnergyMeter, Failed> {
    let sources = Sources {
        usable: Vec::new(),
        missing: [("energy".to_owned(), reason.to_owned())].into(),
    };
    EnergyMeter::start(sources, None, MonotonicClock).map_err(Failed::input)
}

fn sources((meter, gain): (Option<&str>, Option<f64>)) -> Result<Sources, Failed> {
    let meter = meter.map(|command| {
        let command = MeterCommand {
            name: format!("'{command}'"),
            gain,
            ..MeterCommand::new("sh", &["-c", command])
        };
        Meter::start(&command, MonotonicClock)
    });
    let meter = meter.transpose().map_err(|error| {
        Failed::told(format!(
            "--meter: {error}; it must print lines such as '12.50 187.5 W'"
        ))
    })?;
    Ok(discover(Path::new("/"), &Nvml::shared(), meter.map(Ok)))
}
