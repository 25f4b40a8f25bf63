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
