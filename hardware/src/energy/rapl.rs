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
pub(crate) fn sources(root: &Root) -> Vec<Result<Box<dyn EnergyProbe>, EnergyError>> {
    let zones = match zones(root) {
        Ok(zones) => zones,
        Err(error) => return vec![Err(error)],
    };
    let mut kinds: Vec<&str> = zones.iter().map(|zone| zone.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
        .iter()
        .map(|kind| {
            let own = zones.iter().filter(|zone| zone.kind == *kind);
            RaplSource::open(root, kind, own.cloned().collect())
        })
        .collect()
}

/// One counter.
#[derive(Debug, Clone)]
struct Zone {
    kind: String,
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
    fn open(
        root: &Root,
        kind: &str,
        zones: Vec<Zone>,
    ) -> Result<Box<dyn EnergyProbe>, EnergyError> {
        for zone in &zones {
            counter(root, &zone.file)?;
        }
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
        Ok(Box::new(Self {
            root: root.clone(),
            zones,
            spec,
        }))
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
fn zones(root: &Root) -> Result<Vec<Zone>, EnergyError> {
    let none = || EnergyError::NoRapl {
        path: root.path(FOLDER).display().to_string(),
    };
    let names = root.names(FOLDER).map_err(|reason| match reason {
        Unavailable::Absent { .. } => none(),
        other => other.into(),
    })?;
    let names = names.iter().filter(|name| name.starts_with("intel-rapl:"));
    let zones = names
        .map(|name| zone(root, &format!("{FOLDER}/{name}")))
        .collect::<Result<Vec<Zone>, EnergyError>>()?;
    if zones.is_empty() {
        return Err(none());
    }
    Ok(zones)
}

fn zone(root: &Root, folder: &str) -> Result<Zone, EnergyError> {
    let name = root.line(&format!("{folder}/name"), "name of a RAPL domain")?;
    let kind = name.split('-').next().unwrap_or(&name).to_owned();
    Ok(Zone {
        kind,
        file: format!("{folder}/energy_uj"),
        range_uj: root.number(&format!("{folder}/max_energy_range_uj"), "range")?,
        wrapped_uj: 0,
        last: None,
    })
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
