//! What a source of energy readings is asked, and what must be known of it to judge its readings.

use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::Unavailable;
use crate::energy::series::Reading;
use crate::nvml::NvmlError;

/// What a source's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Joules since some beginning.
    Energy,
    /// Watts at the moment.
    Power,
}

/// What is known of a source beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSpec {
    /// Such as `rapl:package`; unique among the sources of a machine.
    pub name: String,
    /// What the values are.
    pub quantity: Quantity,
    /// The longest time between two updates of the value; zero where each reading is an update with its own time.
    pub tick: Nanoseconds,
    /// The step between neighbouring values, in joules or watts.
    pub quantum: f64,
    /// The share of the time in which the sensor looks, from 0 (points) to 1 (all of it).
    pub share: f64,
    /// The typical relative error of the sensor's gain; `None` where nobody says.
    pub gain: Option<f64>,
    /// Where the counter begins again at zero, in joules.
    pub wraps_at: Option<f64>,
    /// The time over which values are means, where that is longer than a tick.
    pub averaged: Option<Nanoseconds>,
    /// The device, for sources that watch the same one.
    pub device: Option<String>,
}

/// A source that is read by the parent while a worker runs.
pub trait EnergyProbe: Send {
    /// What is known of it.
    fn spec(&self) -> &SourceSpec;

    /// The readings since the last call, oldest first; one for a source that is asked, any number for one that tells.
    ///
    /// # Errors
    /// Why there is none. A source that has ended for good says so each time.
    fn poll(&mut self, clock: &dyn Clock) -> Result<Vec<Reading>, EnergyError>;
}

/// Why a source tells nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EnergyError {
    /// A file of the kernel's.
    #[error(transparent)]
    File(#[from] Unavailable),
    /// The library of the driver.
    #[error(transparent)]
    Nvml(#[from] NvmlError),
    /// RAPL counters can be seen but not read.
    #[error(
        "{path} may be read by root only; run as root, or let a group read it: chgrp GROUP {path} && chmod g+r {path}"
    )]
    RootOnly {
        /// The file.
        path: String,
    },
    /// No RAPL here.
    #[error(
        "{path} shows no RAPL: this machine or virtual machine has none, or the module intel_rapl_msr is not loaded"
    )]
    NoRapl {
        /// The folder.
        path: String,
    },
    /// A domain of unknown kind might be a part of this kind.
    #[error(
        "rapl:{kind} may lack the domain in {folder}, whose name cannot be read; without it the sum would be too small"
    )]
    RaplPart {
        /// The kind.
        kind: String,
        /// The domain's folder.
        folder: String,
    },
    /// The device is shared in instances.
    #[error(
        "MIG is on: the sensors of {device} do not tell its instances apart; turn MIG off to measure energy"
    )]
    Mig {
        /// The device.
        device: String,
    },
    /// The meter's program could not be started.
    #[error(
        "the meter {program} does not start: {error}; check its path and that it may be executed"
    )]
    MeterStart {
        /// The program.
        program: String,
        /// What the operating system said.
        error: String,
    },
    /// The meter's program is no longer there.
    #[error("the meter {program} ended ({status}); run it by hand to see why")]
    MeterEnded {
        /// The program.
        program: String,
        /// Its exit status.
        status: String,
    },
    /// The meter's program printed too much.
    #[error(
        "the meter {program} printed more than {lines} lines in a second and was stopped; let it print fewer"
    )]
    MeterFlooded {
        /// The program.
        program: String,
        /// The most that are taken.
        lines: u64,
    },
    /// The meter's program has not printed a reading yet.
    #[error(
        "the meter {program} has printed no reading; a line is `SECONDS VALUE J` or `SECONDS VALUE W`"
    )]
    MeterSilent {
        /// The program.
        program: String,
    },
}
