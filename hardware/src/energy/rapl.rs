//! The processor's own energy counters (RAPL) through the kernel's powercap files.

use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::energy::series::Reading;
use crate::energy::source::{EnergyError, EnergyProbe, Quantity, SourceSpec};
use crate::root::Root;
use crate::{Unavailable, energy::source::EnergyError::RootOnly};

const FOLDER: &str = "sys/class/powercap";
/// Twice the millisecond that Intel's manual gives (volume 3B, 15.10).
const TICK: Nanoseconds = Nanoseconds::from_millis(2);
/// The coarsest usual unit of the registers, 2⁻¹⁴ J.
const QUANTUM: f64 = 61e-6;
const GAIN: f64 = 0.05;
/// No socket draws more: a fall of the counter that would need it is no wrap.
const CEILING: f64 = 1e4;

/// One source for each kind of domain: `psys` holds `package`, and `package` holds `core` and `uncore`, so kinds are never
/// added; the sockets' domains of one kind are.
///
/// A domain that cannot be read is a reason of its own, and takes along the kind of which it is a part, as a sum without
/// it would be too small: all kinds at its depth where not even its name can be read.
pub(crate) fn sources(root: &Root) -> Vec<Result<Box<dyn EnergyProbe>, EnergyError>> {
    let zones = match zones(root) {
        Ok(zones) => zones,
        Err(error) => return vec![Err(error)],
    };
    let mut kinds: Vec<&str> = zones.iter().filter_map(|one| one.kind.as_deref()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let nameless = zones.iter().filter(|one| one.kind.is_none());
    let nameless = nameless.filter_map(|one| one.zone.as_ref().err().cloned().map(Err));
    kinds
        .iter()
        .flat_map(|kind| of_kind(root, kind, &zones))
        .chain(nameless)
        .collect()
}

/// The source of a kind, or why each domain that it lacks cannot be read.
fn of_kind(
    root: &Root,
    kind: &str,
    zones: &[Found],
) -> Vec<Result<Box<dyn EnergyProbe>, EnergyError>> {
    let own: Vec<&Found> = zones
        .iter()
        .filter(|one| one.kind.as_deref() == Some(kind))
        .collect();
    let mut read = Vec::new();
    let mut failed = Vec::new();
    for found in &own {
        match &found.zone {
            Ok(zone) => read.push(zone.clone()),
            Err(error) => failed.push(Err(error.clone())),
        }
    }
    let is_part =
        |other: &&Found| other.kind.is_none() && own.iter().any(|one| one.depth() == other.depth());
    if !failed.is_empty() {
        return failed;
    }
    match zones.iter().find(is_part) {
        Some(nameless) => vec![Err(EnergyError::RaplPart {
            kind: kind.to_owned(),
            folder: root.path(&nameless.folder).display().to_string(),
        })],
        None => vec![Ok(RaplSource::open(root, kind, read))],
    }
}

/// A domain's folder, its kind where its name can be read, and its counter where that can.
struct Found {
    folder: String,
    kind: Option<String>,
    zone: Result<Zone, EnergyError>,
}

impl Found {
    /// `intel-rapl:0` is a socket's, `intel-rapl:0:1` a part of it.
    fn depth(&self) -> usize {
        self.folder.matches(':').count()
    }
}

/// One counter.
#[derive(Debug, Clone)]
struct Zone {
    file: String,
    range_uj: u64,
    wrapped_uj: u64,
    last: Option<(Nanoseconds, u64)>,
}

struct RaplSource {
    root: Root,
    zones: Vec<Zone>,
    spec: SourceSpec,
}

impl RaplSource {
    fn open(root: &Root, kind: &str, zones: Vec<Zone>) -> Box<dyn EnergyProbe> {
        let spec = SourceSpec {
            name: format!("rapl:{kind}"),
            quantity: Quantity::Energy,
            tick: TICK,
            quantum: QUANTUM * zones.len() as f64,
            share: 1.0,
            gain: Some(GAIN),
            wraps_at: None,
            averaged: None,
            device: None,
        };
        Box::new(Self {
            root: root.clone(),
            zones,
            spec,
        })
    }
}

impl EnergyProbe for RaplSource {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    fn poll(&mut self, clock: &dyn Clock) -> Result<Vec<Reading>, EnergyError> {
        let asked = clock.now();
        let mut microjoules = 0u64;
        for zone in &mut self.zones {
            let now = counter(&self.root, &zone.file)?;
            microjoules = microjoules.saturating_add(zone.unwrap(asked, now));
        }
        Ok(vec![Reading {
            asked,
            answered: clock.now(),
            value: microjoules as f64 / 1e6,
        }])
    }
}

impl Zone {
    /// The counter without its wraps; where it falls and cannot have wrapped, the sum falls with it.
    fn unwrap(&mut self, at: Nanoseconds, now: u64) -> u64 {
        if let Some((before, last)) = self.last.filter(|(_, last)| now < *last) {
            let step = (self.range_uj + now).saturating_sub(last) as f64 / 1e6;
            let time = (at.saturating_sub(before) + TICK).as_secs_f64();
            if step <= CEILING * time {
                self.wrapped_uj += self.range_uj;
            }
        }
        self.last = Some((at, now));
        self.wrapped_uj.saturating_add(now)
    }
}

/// Every zone of `intel-rapl` (AMD's as well); `intel-rapl-mmio` shows the packages a second time.
fn zones(root: &Root) -> Result<Vec<Found>, EnergyError> {
    let none = || EnergyError::NoRapl {
        path: root.path(FOLDER).display().to_string(),
    };
    let names = root.names(FOLDER).map_err(|reason| match reason {
        Unavailable::Absent { .. } => none(),
        other => other.into(),
    })?;
    let names = names.iter().filter(|name| name.starts_with("intel-rapl:"));
    let zones: Vec<Found> = names
        .map(|name| found(root, format!("{FOLDER}/{name}")))
        .collect();
    if zones.is_empty() {
        return Err(none());
    }
    Ok(zones)
}

fn found(root: &Root, folder: String) -> Found {
    match root.line(&format!("{folder}/name"), "name of a RAPL domain") {
        Ok(name) => Found {
            kind: Some(name.split('-').next().unwrap_or(&name).to_owned()),
            zone: zone(root, &folder),
            folder,
        },
        Err(error) => Found {
            folder,
            kind: None,
            zone: Err(error.into()),
        },
    }
}

/// One whose counter can be read now.
fn zone(root: &Root, folder: &str) -> Result<Zone, EnergyError> {
    let zone = Zone {
        file: format!("{folder}/energy_uj"),
        range_uj: root.number(&format!("{folder}/max_energy_range_uj"), "range")?,
        wrapped_uj: 0,
        last: None,
    };
    counter(root, &zone.file)?;
    Ok(zone)
}

/// Since Linux 5.10 root's only, as the counters tell other processes' secrets (CVE-2020-8694).
fn counter(root: &Root, file: &str) -> Result<u64, EnergyError> {
    let found = std::fs::read_to_string(root.path(file));
    if found.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied) {
        let path = root.path(file).display().to_string();
        return Err(RootOnly { path });
    }
    Ok(root.number(file, "energy")?)
}

#[cfg(test)]
mod tests;
