//! Where a run's joules come from: RAPL, NVML, and the meter that was asked for.

use std::path::Path;

use tare_clock::MonotonicClock;
use tare_hardware::energy::{Meter, MeterCommand, discover};
use tare_hardware::nvml::Nvml;
use tare_harness::EnergyMeter;

use crate::exit::Failed;

/// Reads every source that is here; `meter` is a command for the shell.
///
/// # Errors
/// Where the meter that was asked for does not work: without it, the run would lack what it is made for.
pub fn meters(meter: Option<&str>) -> Result<EnergyMeter, Failed> {
    let meter = meter.map(|command| {
        let command = MeterCommand::new("sh", &["-c", command]);
        Meter::start(&command, MonotonicClock)
    });
    let meter = meter.transpose().map_err(|error| {
        Failed::told(format!(
            "--meter: {error}; it must print lines such as '12.50 187.5 W'"
        ))
    })?;
    let sources = discover(Path::new("/"), &Nvml::shared(), meter.map(Ok));
    EnergyMeter::start(sources, MonotonicClock).map_err(Failed::input)
}
