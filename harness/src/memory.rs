//! What the parent sees of a worker's memory, phase by phase, without the harness's own buffers.

use std::path::Path;

use tare_hardware::{MemoryReading, ProcessMemory, Unavailable};
use tare_results::{Doubt, Event, Kind, Memory, Missing, Phase};
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
    observed: Observed,
}

/// The readings of one worker.
#[derive(Debug, Default)]
pub struct Observed {
    before_load: Option<(MemoryReading, Bytes)>,
    after_load: Option<(MemoryReading, Bytes)>,
    at_end: Option<(MemoryReading, Bytes)>,
    not_reset: Option<Unavailable>,
}

impl<'a> MemoryWatcher<'a> {
    /// Of the worker that does `repeat` of `cell`.
    pub fn new(cell: &'a str, kind: Kind, repeat: u64, tell: &'a mut dyn FnMut(Event)) -> Self {
        Self {
            cell,
            kind,
            repeat,
            tell,
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
        let process = process(pid);
        let observed = &mut self.observed;
        match phase {
            Phase::Load => {
                observed.not_reset = process.reset_peak().err();
                observed.before_load = Some((process.read_tree(), own));
            }
            Phase::Warmup => observed.after_load = Some((process.read_tree(), own)),
            Phase::Finish => observed.at_end = Some((process.read_tree(), own)),
            Phase::Start | Phase::Run => {}
        }
        (self.tell)(Event::PhaseReached {
            cell: self.cell.to_owned(),
            repeat: self.repeat,
            phase,
        });
    }

    fn resident(&mut self, pid: u32) -> Option<Bytes> {
        process(pid).tree_rss().ok()
    }
}

fn process(pid: u32) -> ProcessMemory {
    ProcessMemory::of(pid, Path::new("/"))
}

impl Observed {
    /// The figures, the reasons for those that are not there, and what makes them doubtful.
    pub fn into_parts(self) -> (Memory, Missing, Vec<Doubt>) {
        let mut missing = Missing::new();
        let mut take = |name: &str, value: Option<Result<Bytes, String>>| {
            let value = value.unwrap_or_else(|| Err(TOO_EARLY.into()));
            value
                .map_err(|reason| missing.insert(format!("memory.{name}"), reason))
                .ok()
        };
        let rss = |at: &Option<(MemoryReading, Bytes)>| {
            at.as_ref().map(|(reading, own)| less(&reading.rss, *own))
        };
        let end = self.at_end.as_ref();
        let mut memory = Memory {
            before_load_rss_bytes: take("before_load_rss_bytes", rss(&self.before_load)),
            after_load_rss_bytes: take("after_load_rss_bytes", rss(&self.after_load)),
            peak_rss_bytes: take(
                "peak_rss_bytes",
                end.map(|(reading, own)| less(&reading.peak_rss, *own)),
            ),
            peak_pss_bytes: take(
                "peak_pss_bytes",
                end.map(|(reading, own)| less(&reading.pss, *own)),
            ),
            ..Memory::default()
        };
        for name in ["peak_vram_process_bytes", "peak_vram_device_bytes"] {
            missing.insert(format!("memory.{name}"), "the device is the CPU".into());
        }
        memory.major_faults = self.since_load("major_faults", &mut missing, |reading| {
            &reading.major_faults
        });
        memory.minor_faults = self.since_load("minor_faults", &mut missing, |reading| {
            &reading.minor_faults
        });
        let doubts = self.not_reset.map(|reason| Doubt::CoarseMemory {
            reason: format!("the high-water mark was not reset before loading: {reason}"),
        });
        (memory, missing, doubts.into_iter().collect())
    }

    /// How much a counter grew between the end of loading and the end of the timed requests.
    fn since_load(
        &self,
        name: &str,
        missing: &mut Missing,
        counter: fn(&MemoryReading) -> &Result<u64, Unavailable>,
    ) -> Option<u64> {
        let at = |reading: &Option<(MemoryReading, Bytes)>| match reading {
            Some((reading, _)) => counter(reading)
                .clone()
                .map_err(|reason| reason.to_string()),
            None => Err(TOO_EARLY.to_owned()),
        };
        match at(&self.after_load).and_then(|before| Ok((before, at(&self.at_end)?))) {
            Ok((before, after)) => Some(after.saturating_sub(before)),
            Err(reason) => {
                missing.insert(format!("memory.{name}"), reason);
                None
            }
        }
    }
}

fn less(reading: &Result<Bytes, Unavailable>, own: Bytes) -> Result<Bytes, String> {
    reading
        .as_ref()
        .map(|bytes| bytes.saturating_sub(own))
        .map_err(ToString::to_string)
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
            before_load: Some((reading(1_000, 5_000), own)),
            after_load: Some((reading(3_000, 3_500), own)),
            at_end: Some((reading(2_500, 4_000), own)),
            not_reset: None,
        };
        let (memory, missing, doubts) = observed.into_parts();
        assert_eq!(memory.before_load_rss_bytes, Some(Bytes::from_bytes(900)));
        assert_eq!(memory.after_load_rss_bytes, Some(Bytes::from_bytes(2_900)));
        assert_eq!(memory.peak_rss_bytes, Some(Bytes::from_bytes(3_900)));
        assert_eq!(memory.major_faults, Some(0));
        assert_eq!(memory.minor_faults, None);
        assert!(missing["memory.peak_pss_bytes"].contains("smaps_rollup"));
        assert!(missing.contains_key("memory.minor_faults"));
        assert!(doubts.is_empty());
    }

    #[test]
    fn a_worker_that_died_early_leaves_reasons_and_no_zeros() {
        let (memory, missing, _) = Observed::default().into_parts();
        assert_eq!(memory, Memory::default());
        assert_eq!(
            missing["memory.peak_rss_bytes"],
            "the worker did not get so far"
        );
    }
}
