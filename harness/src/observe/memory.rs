//! The memory of a worker's tree as figures of a record, without the harness's own buffers.

use tare_hardware::checks::is_gpu;
use tare_hardware::{MemoryReading, MemoryWindow, Unavailable, VramPeaks};
use tare_results::{Memory, Missing};
use tare_units::Bytes;

use super::TOO_EARLY;

/// The readings of one worker; `None` where it did not get so far.
#[derive(Debug)]
pub(super) struct MemorySeen {
    /// What is the harness's own.
    pub(super) own: Bytes,
    pub(super) before_load: Option<MemoryReading>,
    pub(super) after_load: Option<MemoryReading>,
    /// From loading to the timed requests; `None` where nothing was timed.
    pub(super) before_run: Option<MemoryWindow>,
    /// To the end, from there or from loading.
    pub(super) last: Option<MemoryWindow>,
    /// Of the GPU that it was for; `None` where nobody looked.
    pub(super) vram: Option<VramPeaks>,
}

type Figure<'a, T> = Option<&'a Result<T, Unavailable>>;

impl Default for MemorySeen {
    fn default() -> Self {
        Self {
            own: Bytes::from_bytes(0),
            before_load: None,
            after_load: None,
            before_run: None,
            last: None,
            vram: None,
        }
    }
}

impl MemorySeen {
    /// The figures of a worker on `device`, and the reasons for those that are not there.
    pub(super) fn into_parts(self, device: &str) -> (Memory, Missing) {
        let mut kept = Kept {
            own: self.own,
            missing: Missing::new(),
        };
        let (before, after) = (self.before_load.as_ref(), self.after_load.as_ref());
        let run = self.before_run.as_ref().and(self.last.as_ref());
        let memory = Memory {
            before_load_rss_bytes: kept.bytes("before_load_rss_bytes", before.map(|now| &now.rss)),
            before_load_pss_bytes: kept.bytes("before_load_pss_bytes", before.map(|now| &now.pss)),
            after_load_rss_bytes: kept.bytes("after_load_rss_bytes", after.map(|now| &now.rss)),
            after_load_pss_bytes: kept.bytes("after_load_pss_bytes", after.map(|now| &now.pss)),
            after_run_rss_bytes: kept
                .bytes("after_run_rss_bytes", run.map(|window| &window.reading.rss)),
            after_run_pss_bytes: kept
                .bytes("after_run_pss_bytes", run.map(|window| &window.reading.pss)),
            run_peak_rss_bytes: kept.bytes(
                "run_peak_rss_bytes",
                run.map(|window| &window.reading.peak_rss),
            ),
            ..Memory::default()
        };
        let whole = match (self.before_run, self.last) {
            (Some(first), Some(last)) => Some(first.then(last)),
            (_, last) => last,
        };
        let memory = kept.whole(memory, whole.as_ref());
        let memory = kept.vram(memory, device, self.vram);
        (memory, kept.missing)
    }
}

struct Kept {
    own: Bytes,
    missing: Missing,
}

impl Kept {
    /// The figures of all windows together.
    fn whole(&mut self, memory: Memory, window: Option<&MemoryWindow>) -> Memory {
        let reading = window.map(|window| &window.reading);
        let pss = "the kernel keeps no high-water mark of the proportional set size";
        self.lack("peak_pss_bytes", pss.to_owned());
        Memory {
            peak_rss_bytes: self.bytes("peak_rss_bytes", reading.map(|now| &now.peak_rss)),
            peak_rss_of: self.figure("peak_rss_of", window.map(|window| &window.peak_of)),
            ended_child_peak_rss_bytes: self.figure(
                "ended_child_peak_rss_bytes",
                window.map(|window| &window.ended_peak_rss),
            ),
            cgroup_peak_bytes: self
                .figure("cgroup_peak_bytes", window.map(|window| &window.group_peak)),
            cgroup_other_processes: self.figure(
                "cgroup_other_processes",
                window.map(|window| &window.group_others),
            ),
            major_faults: self.figure("major_faults", reading.map(|now| &now.major_faults)),
            minor_faults: self.figure("minor_faults", reading.map(|now| &now.minor_faults)),
            ..memory
        }
    }

    fn vram(&mut self, memory: Memory, device: &str, seen: Option<VramPeaks>) -> Memory {
        let seen = seen.unwrap_or_else(|| {
            let reason = match is_gpu(device) {
                true => TOO_EARLY,
                false => "the device is the CPU",
            };
            VramPeaks {
                process: Err(reason.to_owned()),
                device: Err(reason.to_owned()),
            }
        });
        let mut keep = |name: &str, peak: Result<Bytes, String>| {
            peak.map_err(|reason| self.lack(name, reason)).ok()
        };
        Memory {
            peak_vram_process_bytes: keep("peak_vram_process_bytes", seen.process),
            peak_vram_device_bytes: keep("peak_vram_device_bytes", seen.device),
            ..memory
        }
    }

    /// Without what is the harness's own.
    fn bytes(&mut self, name: &str, figure: Figure<'_, Bytes>) -> Option<Bytes> {
        let bytes = self.figure(name, figure)?;
        Some(bytes.saturating_sub(self.own))
    }

    fn figure<T: Clone>(&mut self, name: &str, figure: Figure<'_, T>) -> Option<T> {
        let reason = match figure {
            Some(Ok(value)) => return Some(value.clone()),
            Some(Err(reason)) => reason.to_string(),
            None => TOO_EARLY.to_owned(),
        };
        self.lack(name, reason);
        None
    }

    fn lack(&mut self, name: &str, reason: String) {
        self.missing.insert(format!("memory.{name}"), reason);
    }
}

#[cfg(test)]
mod tests {
    use tare_results::PeakOf;

    use super::*;

    const fn bytes(count: u64) -> Bytes {
        Bytes::from_bytes(count)
    }

    fn absent() -> Unavailable {
        Unavailable::Absent {
            path: "/proc/1/smaps_rollup".into(),
        }
    }

    fn reading(rss: u64, peak: u64) -> MemoryReading {
        MemoryReading {
            rss: Ok(bytes(rss)),
            peak_rss: Ok(bytes(peak)),
            pss: Err(absent()),
            major_faults: Ok(3),
            minor_faults: Err(absent()),
        }
    }

    fn window(rss: u64, peak: u64) -> MemoryWindow {
        MemoryWindow {
            reading: reading(rss, peak),
            peak_of: Ok(PeakOf::OneProcess),
            ended_peak_rss: Err(Unavailable::None("no child ended")),
            group_peak: Ok(bytes(9_000)),
            group_others: Ok(2),
        }
    }

    #[test]
    fn the_harness_s_own_buffers_are_not_the_cell_s_memory() {
        let seen = MemorySeen {
            own: bytes(100),
            before_load: Some(reading(1_000, 1_000)),
            after_load: Some(reading(3_000, 3_000)),
            before_run: Some(window(2_900, 4_000)),
            last: Some(window(2_500, 3_100)),
            vram: None,
        };
        let (memory, missing) = seen.into_parts("cpu");
        assert_eq!(memory.before_load_rss_bytes, Some(bytes(900)));
        assert_eq!(memory.after_load_rss_bytes, Some(bytes(2_900)));
        assert_eq!(memory.after_run_rss_bytes, Some(bytes(2_400)));
        assert_eq!(memory.peak_rss_bytes, Some(bytes(3_900)));
        assert_eq!(memory.run_peak_rss_bytes, Some(bytes(3_000)));
        assert_eq!(memory.cgroup_peak_bytes, Some(bytes(9_000)));
        assert_eq!((memory.major_faults, memory.minor_faults), (Some(6), None));
        assert!(missing["memory.peak_pss_bytes"].contains("no high-water mark"));
        assert!(missing.contains_key("memory.minor_faults"));
    }

    #[test]
    fn where_nothing_was_timed_there_is_no_peak_of_the_requests() {
        let seen = MemorySeen {
            last: Some(window(2_500, 4_000)),
            ..MemorySeen::default()
        };
        let (memory, missing) = seen.into_parts("cpu");
        assert_eq!(memory.peak_rss_bytes, Some(bytes(4_000)));
        assert_eq!(memory.run_peak_rss_bytes, None);
        assert_eq!(missing["memory.run_peak_rss_bytes"], TOO_EARLY);
    }

    #[test]
    fn a_worker_that_died_early_leaves_reasons_and_no_zeros() {
        let (memory, missing) = MemorySeen::default().into_parts("cpu");
        assert_eq!(memory, Memory::default());
        let too_early = missing.values().filter(|reason| *reason == TOO_EARLY);
        assert_eq!(too_early.count(), 14);
        let vram = |device| {
            MemorySeen::default().into_parts(device).1["memory.peak_vram_device_bytes"].clone()
        };
        assert_eq!(vram("cpu"), "the device is the CPU");
        assert_eq!(vram("cuda:0"), TOO_EARLY);
    }

    #[test]
    fn what_a_gpu_told_stands_beside_the_reason_for_what_it_did_not() {
        let seen = MemorySeen {
            own: bytes(100),
            vram: Some(VramPeaks {
                process: Err("no permission".to_owned()),
                device: Ok(bytes(5_000)),
            }),
            ..MemorySeen::default()
        };
        let (memory, missing) = seen.into_parts("cuda:0");
        assert_eq!(memory.peak_vram_device_bytes, Some(bytes(5_000)));
        assert_eq!(memory.peak_vram_process_bytes, None);
        assert_eq!(missing["memory.peak_vram_process_bytes"], "no permission");
        assert!(!missing.contains_key("memory.peak_vram_device_bytes"));
    }
}
