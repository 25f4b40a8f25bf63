//! What a calibration has to know of the machine beforehand.

use tare_results::{Cache, Machine};
use tare_units::Bytes;

/// The machine, as far as it decides what is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The fingerprint that the peaks are kept under.
    pub fingerprint: String,
    /// Vendor, family, model and stepping.
    pub identity: Option<String>,
    /// Instruction-set extensions by the kernel's names.
    pub extensions: Vec<String>,
    /// The caches that a processor sees.
    pub caches: Vec<Cache>,
    /// Memory that can be had now; a quarter of it, at most 1 GiB, is used.
    pub available_memory: Option<Bytes>,
    /// The processors to use, those of different cores first; the n-th thread runs on the n-th.
    pub cpus: Vec<usize>,
}

impl Target {
    /// Of these facts.
    pub fn of(machine: &Machine, available_memory: Option<Bytes>, cpus: Vec<usize>) -> Self {
        Self {
            fingerprint: machine.fingerprint.clone(),
            identity: machine.cpu.identity.clone(),
            extensions: machine.cpu.extensions.clone(),
            caches: machine.cpu.caches.clone(),
            available_memory,
            cpus,
        }
    }

    /// The largest working set that may be touched.
    pub(crate) fn most(&self) -> Bytes {
        const MOST: Bytes = Bytes::from_mib(1024);
        let quarter = |bytes: Bytes| Bytes::from_bytes(bytes.as_bytes() / 4);
        self.available_memory
            .map_or(Bytes::from_mib(256), quarter)
            .min(MOST)
    }
}

/// A machine that is told, for tests.
#[cfg(test)]
pub(crate) mod fixture {
    use super::*;

    /// With first and second caches of these KiB.
    pub(crate) fn target(kib: [u64; 2], available: Bytes, cpus: Vec<usize>) -> Target {
        let cache = |(level, kib): (u64, u64)| Cache {
            level,
            kind: "data".into(),
            size_bytes: Bytes::from_bytes(kib << 10),
            shared_by: Some(1),
        };
        Target {
            fingerprint: "f".into(),
            identity: None,
            extensions: Vec::new(),
            caches: (1..).zip(kib).map(cache).collect(),
            available_memory: Some(available),
            cpus,
        }
    }
}
