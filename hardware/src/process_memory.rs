//! The memory of one process, or of it with its descendants, as the kernel counts it.

use std::fs;
use std::path::Path;

use tare_units::Bytes;

pub use self::reading::MemoryReading;
use self::stat::Stat;
use crate::Unavailable;
use crate::root::{self, Root};

mod reading;
pub(crate) mod stat;
pub(crate) mod tree;

/// Reads one process; opening it reads nothing, so that a process that ends later is an error of the reading.
#[derive(Debug, Clone)]
pub struct ProcessMemory {
    root: Root,
    pid: u32,
}

impl ProcessMemory {
    /// Of process `pid` of the system whose `proc` lies under `root` (`/` but for tests).
    pub fn of(pid: u32, root: &Path) -> Self {
        Self {
            root: Root::new(root),
            pid,
        }
    }

    /// Resident memory now: one read of one small file, cheap enough to poll.
    ///
    /// # Errors
    /// Where the process has ended or its figures cannot be read.
    pub fn rss(&self) -> Result<Bytes, Unavailable> {
        resident(&self.root, self.pid)
    }

    /// Resident memory of the process and all its descendants now; pages they share count each time.
    ///
    /// # Errors
    /// Where the process itself cannot be read; a descendant that ends meanwhile is left out.
    pub fn tree_rss(&self) -> Result<Bytes, Unavailable> {
        let mut total = self.rss()?.as_bytes();
        for pid in self.descendants()? {
            total += resident(&self.root, pid).map_or(0, Bytes::as_bytes);
        }
        Ok(Bytes::from_bytes(total))
    }

    /// The processes below this one, parents before children.
    ///
    /// # Errors
    /// Where the process has ended, or the kernel does not list children.
    pub fn descendants(&self) -> Result<Vec<u32>, Unavailable> {
        tree::descendants(&self.root, self.pid)
    }

    /// Sets the high-water mark back to what is resident now.
    ///
    /// # Errors
    /// Where the process has ended or belongs to someone else.
    pub fn reset_peak(&self) -> Result<(), Unavailable> {
        const RESET_HIGH_WATER_MARK: &str = "5";
        let path = self.root.path(&file(self.pid, "clear_refs"));
        let mut options = fs::OpenOptions::new();
        let opened = options.write(true).open(&path);
        opened
            .and_then(|mut file| {
                std::io::Write::write_all(&mut file, RESET_HIGH_WATER_MARK.as_bytes())
            })
            .map_err(|error| root::failed(&path, &error))
    }

    /// All that the kernel says; walks the process's pages for `pss`, so not while anything is timed.
    pub fn read(&self) -> MemoryReading {
        let (peak_rss, rss) = self.peak_and_rss();
        let faults = self.stat().map(|stat| stat.own);
        MemoryReading {
            rss,
            peak_rss,
            pss: self.field(
                &self.root.text(&file(self.pid, "smaps_rollup")),
                "smaps_rollup",
                "Pss",
            ),
            major_faults: faults.clone().map(|faults| faults.major_faults),
            minor_faults: faults.map(|faults| faults.minor_faults),
        }
    }

    /// The process and its descendants in sum; `peak_rss` is then an upper bound, as peaks need not coincide.
    ///
    /// A descendant that has ended is left out. Where one cannot be read for another reason, or the kernel does not list
    /// children, the figure carries the reason.
    pub fn read_tree(&self) -> MemoryReading {
        let own = self.read();
        match self.living_descendants() {
            Ok(below) => below
                .iter()
                .fold(own, |sum, process| sum.plus(process.read())),
            Err(reason) => own.without(&reason),
        }
    }

    /// The descendants that hold memory still.
    pub(crate) fn living_descendants(&self) -> Result<Vec<Self>, Unavailable> {
        self.descendants_by_life().map(|(living, _)| living)
    }

    /// The descendants that hold memory still, and those that have ended and were not waited for.
    pub(crate) fn descendants_by_life(&self) -> Result<(Vec<Self>, Vec<Self>), Unavailable> {
        let below = self.descendants()?.into_iter().map(|pid| Self {
            root: self.root.clone(),
            pid,
        });
        Ok(below.partition(|process| !process.has_ended()))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn stat(&self) -> Result<Stat, Unavailable> {
        Stat::read(&self.root, self.pid)
    }

    /// The high-water mark of resident memory, and what is resident now.
    pub(crate) fn peak_and_rss(&self) -> (Result<Bytes, Unavailable>, Result<Bytes, Unavailable>) {
        let status = self.root.text(&file(self.pid, "status"));
        let field = |what| self.field(&status, "status", what);
        (field("VmHWM"), field("VmRSS"))
    }

    /// A process that has ended and was not waited for has a state and no memory.
    fn has_ended(&self) -> bool {
        match self.root.text(&file(self.pid, "status")) {
            Ok(status) => {
                let has = |what| status.lines().any(|line| line.starts_with(what));
                has("State:") && !has("VmHWM:")
            }
            Err(reason) => matches!(reason, Unavailable::Absent { .. }),
        }
    }

    fn field(
        &self,
        text: &Result<String, Unavailable>,
        name: &str,
        what: &'static str,
    ) -> Result<Bytes, Unavailable> {
        let text = text.as_ref().map_err(Clone::clone)?;
        let unclear = |found: &str| self.root.unclear(&file(self.pid, name), what, found);
        let rest = |line: &'_ str| {
            Some(
                line.strip_prefix(what)?
                    .strip_prefix(':')?
                    .trim()
                    .to_owned(),
            )
        };
        // A process that has ended but was not waited for has no such line.
        let rest = text.lines().find_map(rest).ok_or_else(|| unclear(""))?;
        let kib: Option<u64> = rest
            .strip_suffix("kB")
            .and_then(|kib| kib.trim().parse().ok());
        let bytes = kib.and_then(|kib| kib.checked_mul(1024));
        bytes.map(Bytes::from_bytes).ok_or_else(|| unclear(&rest))
    }
}

fn resident(root: &Root, pid: u32) -> Result<Bytes, Unavailable> {
    let name = file(pid, "statm");
    let text = root.text(&name)?;
    let pages: Option<u64> = text
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    let bytes = pages.and_then(|pages| pages.checked_mul(rustix::param::page_size() as u64));
    let bytes = bytes.map(Bytes::from_bytes);
    bytes.ok_or_else(|| root.unclear(&name, "resident pages", &text))
}

fn file(pid: u32, name: &str) -> String {
    format!("proc/{pid}/{name}")
}

#[cfg(test)]
mod tests;
