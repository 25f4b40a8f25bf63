//! Which sources a machine has, and why it has no others.

use std::collections::BTreeMap;
use std::path::Path;

use crate::energy::source::{EnergyError, EnergyProbe};
use crate::energy::{Meter, gpu, rapl};
use crate::gpus::has_driver;
use crate::nvml::{Nvml, NvmlError};
use crate::root::Root;

/// The sources of a machine.
#[derive(Default)]
pub struct Sources {
    /// Ready to be read.
    pub usable: Vec<Box<dyn EnergyProbe>>,
    /// Why others are not there, by dotted path: `energy.rapl`, `energy.nvml`, `energy.meter`.
    pub missing: BTreeMap<String, String>,
}

/// RAPL under `root` (`/` but for tests), the GPUs of `nvml`, and the meter, where one was asked for.
pub fn discover(
    root: &Path,
    nvml: &Result<Nvml, NvmlError>,
    meter: Option<Result<Meter, EnergyError>>,
) -> Sources {
    let mut sources = Sources::default();
    for source in rapl::sources(&Root::new(root)) {
        sources.keep("rapl", source);
    }
    match nvml.as_ref().map_err(Clone::clone).and_then(gpus) {
        Ok(found) => found
            .into_iter()
            .for_each(|source| sources.keep("nvml", source)),
        Err(NvmlError::Library { .. }) if !has_driver(&Root::new(root)) => {
            sources.lack("nvml", "no NVIDIA driver");
        }
        Err(error) => sources.keep("nvml", Err(error.into())),
    }
    if let Some(meter) = meter {
        let boxed = |meter| -> Box<dyn EnergyProbe> { Box::new(meter) };
        sources.keep("meter", meter.map(boxed));
    }
    sources
}

type Found = Result<Box<dyn EnergyProbe>, EnergyError>;

fn gpus(nvml: &Nvml) -> Result<Vec<Found>, NvmlError> {
    let facts = nvml.facts()?;
    if facts.is_empty() {
        return Err(NvmlError::NoGpu);
    }
    Ok(facts
        .iter()
        .flat_map(|gpu| gpu::sources(nvml, gpu))
        .collect())
}

impl Sources {
    fn keep(&mut self, family: &str, source: Found) {
        match source {
            Ok(source) => self.usable.push(source),
            Err(error) => self.lack(family, &error.to_string()),
        }
    }

    fn lack(&mut self, family: &str, reason: &str) {
        let reasons = self.missing.entry(format!("energy.{family}"));
        let reasons = reasons.or_default();
        if !reasons.is_empty() {
            reasons.push_str("; ");
        }
        reasons.push_str(reason);
    }
}

#[cfg(test)]
mod tests {
    use tare_clock::MonotonicClock;

    use super::*;
    use crate::energy::MeterCommand;
    use crate::fake_root::FakeRoot;

    #[test]
    fn a_machine_with_nothing_has_a_reason_for_each_family() {
        let root = FakeRoot::new();
        let found = discover(root.path(), &Err(NvmlError::NoDriver), None);
        assert!(found.usable.is_empty());
        let families: Vec<&str> = found.missing.keys().map(String::as_str).collect();
        assert_eq!(families, ["energy.nvml", "energy.rapl"]);
        assert_eq!(
            found.missing["energy.nvml"],
            "the NVIDIA driver is not loaded; load its kernel module (modprobe nvidia)"
        );
    }

    #[test]
    fn a_library_is_asked_for_only_where_there_is_a_driver() {
        let library = NvmlError::Library {
            path: "libnvidia-ml.so.1".to_owned(),
            error: "no such file".to_owned(),
        };
        let reason = |root: &FakeRoot| {
            let found = discover(root.path(), &Err(library.clone()), None);
            found.missing["energy.nvml"].clone()
        };
        let root = FakeRoot::new();
        assert_eq!(reason(&root), "no NVIDIA driver");
        root.file("dev/nvidiactl", "");
        assert_eq!(reason(&root), library.to_string());
    }

    #[test]
    fn a_meter_is_a_source_or_a_reason() {
        let root = FakeRoot::new();
        let start = |script: &str| {
            let command = MeterCommand::new("sh", &["-c", script]);
            let meter = Meter::start(&command, MonotonicClock);
            discover(root.path(), &Err(NvmlError::NoDriver), Some(meter))
        };
        let good = start("echo 0 10 W; sleep 100");
        let names: Vec<&str> = good
            .usable
            .iter()
            .map(|source| source.spec().name.as_str())
            .collect();
        assert_eq!(names, ["meter"]);
        let bad = start("exit 9");
        assert!(bad.missing["energy.meter"].contains("exit status: 9"));
    }
}
