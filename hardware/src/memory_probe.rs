//! The memory probe: peak and page faults of a process within a window.

use std::path::Path;

use crate::process_memory::{MemoryReading, ProcessMemory};
use crate::{Probe, Unavailable};

/// Watches one process without its descendants; a window's faults are those since its beginning.
#[derive(Debug)]
pub struct MemoryProbe {
    process: ProcessMemory,
    beginning: Option<MemoryReading>,
    reset: Result<(), Unavailable>,
}

impl MemoryProbe {
    /// Of process `pid` under `root` (`/` but for tests).
    pub fn of(pid: u32, root: &Path) -> Self {
        Self {
            process: ProcessMemory::of(pid, root),
            beginning: None,
            reset: Err(Unavailable::None("no window was opened")),
        }
    }

    fn since_beginning(
        &self,
        now: Result<u64, Unavailable>,
        of: impl Fn(&MemoryReading) -> &Result<u64, Unavailable>,
    ) -> Result<u64, Unavailable> {
        let Some(beginning) = &self.beginning else {
            return Err(Unavailable::None("no window was opened"));
        };
        let before = of(beginning).clone()?;
        Ok(now?.saturating_sub(before))
    }
}

impl Probe for MemoryProbe {
    type Reading = MemoryReading;

    fn check(&self) -> Result<(), Unavailable> {
        let reading = self.process.read();
        reading.peak_rss.and(reading.major_faults).map(|_| ())
    }

    fn begin(&mut self) -> Result<(), Unavailable> {
        self.beginning = Some(self.process.read());
        self.reset = self.process.reset_peak();
        self.reset.clone()
    }

    fn end(&mut self) -> MemoryReading {
        let now = self.process.read();
        let reading = MemoryReading {
            major_faults: self.since_beginning(now.major_faults, |before| &before.major_faults),
            minor_faults: self.since_beginning(now.minor_faults, |before| &before.minor_faults),
            peak_rss: self.reset.clone().and(now.peak_rss),
            ..now
        };
        self.beginning = None;
        self.reset = Err(Unavailable::None("no window was opened"));
        reading
    }
}

#[cfg(test)]
mod tests {
    use tare_units::Bytes;

    use super::*;
    use crate::fake_root::FakeRoot;

    fn process(root: &FakeRoot, peak_kib: u64, minor: u64, major: u64) {
        root.file(
            "proc/7/status",
            &format!("VmHWM: {peak_kib} kB\nVmRSS: 4 kB\n"),
        )
        .file(
            "proc/7/stat",
            &format!("7 (x) S 1 7 7 0 -1 0 {minor} 0 {major} 0\n"),
        );
    }

    #[test]
    fn a_window_gives_its_own_peak_and_faults() {
        let root = FakeRoot::with(&[("proc/7/clear_refs", "")]);
        process(&root, 900, 100, 5);
        let mut probe = MemoryProbe::of(7, root.path());
        assert_eq!(probe.check(), Ok(()));
        assert_eq!(probe.begin(), Ok(()));
        assert_eq!(
            std::fs::read_to_string(root.path().join("proc/7/clear_refs")).unwrap(),
            "5"
        );
        process(&root, 64, 160, 7);
        let reading = probe.end();
        assert_eq!(reading.peak_rss, Ok(Bytes::from_bytes(65_536)));
        assert_eq!(
            (reading.minor_faults, reading.major_faults),
            (Ok(60), Ok(2))
        );
        assert_eq!(reading.rss, Ok(Bytes::from_bytes(4_096)));
        assert!(reading.pss.is_err(), "the file is not there");
    }

    #[test]
    fn a_peak_that_could_not_be_reset_is_not_given_as_the_window_s() {
        let root = FakeRoot::new();
        process(&root, 900, 100, 5);
        let mut probe = MemoryProbe::of(7, root.path());
        assert!(probe.begin().is_err());
        let reading = probe.end();
        assert_eq!(
            root.plain(&reading.peak_rss.unwrap_err()),
            "/proc/7/clear_refs does not exist"
        );
        assert_eq!(reading.minor_faults, Ok(0), "faults are still counted");
    }

    #[test]
    fn without_a_window_nothing_is_given_and_a_window_ends_once() {
        let root = FakeRoot::with(&[("proc/7/clear_refs", "")]);
        process(&root, 900, 100, 5);
        let mut probe = MemoryProbe::of(7, root.path());
        let none = Unavailable::None("no window was opened");
        assert_eq!(probe.end().peak_rss, Err(none.clone()));
        probe.begin().unwrap();
        assert!(probe.end().peak_rss.is_ok());
        let again = probe.end();
        assert_eq!(
            (again.peak_rss, again.major_faults),
            (Err(none.clone()), Err(none))
        );
    }

    #[test]
    fn a_process_that_is_not_there_fails_the_check() {
        let root = FakeRoot::new();
        let reason = MemoryProbe::of(7, root.path()).check().unwrap_err();
        assert_eq!(root.plain(&reason), "/proc/7/status does not exist");
        assert_eq!(
            MemoryProbe::of(std::process::id(), Path::new("/")).check(),
            Ok(())
        );
    }
}
