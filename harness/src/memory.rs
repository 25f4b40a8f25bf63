//! What the parent sees of a worker's memory, phase by phase, without the harness's own buffers.

use std::path::Path;

use tare_hardware::{MemoryProbe, MemoryReading, Probe, ProcessMemory, Unavailable};
use tare_results::{Event, Kind, Memory, Missing, Phase};
use tare_units::Bytes;

use crate::supervise::Watcher;

/// Why a reading is not there when the worker died before it.
const TOO_EARLY: &str = "the worker did not get so far";

/// Reads the worker's memory whenever the worker stands still for it, and passes on what happens.
pub struct MemoryWatcher<'a> {
    cell: &'a str,
    kind: Kind,
    repeat: u64,
    tell: &'a mut dyn FnMut(Event),
    probe: Option<MemoryProbe>,
    observed: Observed,
}

/// Resident memory and what of it was the harness's own; `None` where the worker did not get so far.
type Resident = Option<(Result<Bytes, Unavailable>, Bytes)>;

/// The readings of one worker, each with what was the harness's own at that moment.
#[derive(Debug, Default)]
pub struct Observed {
    before_load: Resident,
    after_load: Resident,
    window: Option<(MemoryReading, Bytes)>,
}

impl<'a> MemoryWatcher<'a> {
    /// Of the worker that does `repeat` of `cell`.
    pub fn new(cell: &'a str, kind: Kind, repeat: u64, tell: &'a mut dyn FnMut(Event)) -> Self {
        Self {
            cell,
            kind,
            repeat,
            tell,
            probe: None,
            observed: Observed::default(),
        }
    }

    /// What was seen.
    pub fn into_observed(self) -> Observed {
        self.observed
    }
}

impl Watcher for MemoryWatcher<'_> {
    fn started(&mut self, pid: u32) {
        (self.tell)(Event::WorkerStarted {
            cell: self.cell.to_owned(),
            repeat: self.repeat,
            kind: self.kind,
            pid,
        });
    }

    fn phase(&mut self, pid: u32, phase: Phase, own: Bytes) {
        let resident = || (ProcessMemory::of(pid, Path::new("/")).rss(), own);
        match phase {
            Phase::Load => {
                let probe = self.probe.insert(MemoryProbe::of(pid, Path::new("/")));
                self.observed.before_load = Some(resident());
                // Where the window cannot be opened, its end carries the reason.
                let _ = probe.begin();
            }
            Phase::Warmup => self.observed.after_load = Some(resident()),
            Phase::Finish => {
                let reading = self.probe.take().map(|mut probe| probe.end());
                self.observed.window = reading.map(|reading| (reading, own));
            }
            Phase::Start | Phase::Run => {}
        }
        (self.tell)(Event::PhaseReached {
            cell: self.cell.to_owned(),
            repeat: self.repeat,
            phase,
        });
    }

    fn resident(&mut self, pid: u32) -> Option<Bytes> {
        ProcessMemory::of(pid, Path::new("/")).tree_rss().ok()
    }
}

impl Observed {
    /// The figures, and the reasons for those that are not there.
    pub fn into_parts(self) -> (Memory, Missing) {
        let mut missing = Missing::new();
        let window = self.window.as_ref();
        let mut bytes = |name: &str, reading: Option<(&Result<Bytes, Unavailable>, Bytes)>| {
            let value =
                reading.map(|(bytes, own)| bytes.clone().map(|bytes| bytes.saturating_sub(own)));
            kept(name, value, &mut missing)
        };
        let before_load_rss_bytes = bytes("before_load_rss_bytes", resident(&self.before_load));
        let after_load_rss_bytes = bytes("after_load_rss_bytes", resident(&self.after_load));
        let peak_rss_bytes = bytes(
            "peak_rss_bytes",
            window.map(|(reading, own)| (&reading.peak_rss, *own)),
        );
        let faults = |of: fn(&MemoryReading) -> &Result<u64, Unavailable>| {
            window.map(|(reading, _)| of(reading).clone())
        };
        let major_faults = kept(
            "major_faults",
            faults(|reading| &reading.major_faults),
            &mut missing,
        );
        let minor_faults = kept(
            "minor_faults",
            faults(|reading| &reading.minor_faults),
            &mut missing,
        );
        let pss = "the kernel keeps no high-water mark of the proportional set size";
        missing.insert("memory.peak_pss_bytes".into(), pss.into());
        for name in ["peak_vram_process_bytes", "peak_vram_device_bytes"] {
            missing.insert(format!("memory.{name}"), "the device is the CPU".into());
        }
        let memory = Memory {
            before_load_rss_bytes,
            after_load_rss_bytes,
            peak_rss_bytes,
            major_faults,
            minor_faults,
            ..Memory::default()
        };
        (memory, missing)
    }
}

fn resident(reading: &Resident) -> Option<(&Result<Bytes, Unavailable>, Bytes)> {
    reading.as_ref().map(|(rss, own)| (rss, *own))
}

/// The value, or its reason in `missing`.
fn kept<T>(name: &str, value: Option<Result<T, Unavailable>>, missing: &mut Missing) -> Option<T> {
    let reason = match value {
        Some(Ok(value)) => return Some(value),
        Some(Err(reason)) => reason.to_string(),
        None => TOO_EARLY.to_owned(),
    };
    missing.insert(format!("memory.{name}"), reason);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(rss: u64, peak: u64) -> MemoryReading {
        let absent = || Unavailable::Absent {
            path: "/proc/1/smaps_rollup".into(),
        };
        MemoryReading {
            rss: Ok(Bytes::from_bytes(rss)),
            peak_rss: Ok(Bytes::from_bytes(peak)),
            pss: Err(absent()),
            major_faults: Ok(3),
            minor_faults: Err(absent()),
        }
    }

    #[test]
    fn the_harness_s_own_buffers_are_not_the_cell_s_memory() {
        let own = Bytes::from_bytes(100);
        let observed = Observed {
            before_load: Some((Ok(Bytes::from_bytes(1_000)), own)),
            after_load: Some((Ok(Bytes::from_bytes(3_000)), own)),
            window: Some((reading(2_500, 4_000), own)),
        };
        let (memory, missing) = observed.into_parts();
        assert_eq!(memory.before_load_rss_bytes, Some(Bytes::from_bytes(900)));
        assert_eq!(memory.after_load_rss_bytes, Some(Bytes::from_bytes(2_900)));
        assert_eq!(memory.peak_rss_bytes, Some(Bytes::from_bytes(3_900)));
        assert_eq!((memory.major_faults, memory.minor_faults), (Some(3), None));
        assert!(missing["memory.peak_pss_bytes"].contains("no high-water mark"));
        assert!(missing.contains_key("memory.minor_faults"));
    }

    #[test]
    fn a_worker_that_died_early_leaves_reasons_and_no_zeros() {
        let (memory, missing) = Observed::default().into_parts();
        assert_eq!(memory, Memory::default());
        let too_early = missing.values().filter(|reason| *reason == TOO_EARLY);
        assert_eq!(too_early.count(), 5);
    }
}
