//! The memory of one process, or of it with its descendants, as the kernel counts it.

use std::fs;
use std::path::Path;

use tare_units::Bytes;

use crate::Unavailable;
use crate::root::{self, Root};

/// Reads one process; opening it reads nothing, so that a process that ends later is an error of the reading.
#[derive(Debug, Clone)]
pub struct ProcessMemory {
    root: Root,
    pid: u32,
}

/// What the kernel says of a process at one moment.
///
/// The kernel batches its counters of resident pages by processor, so that `rss` and `peak_rss` may lag by some hundred
/// KiB; `pss` is exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryReading {
    /// Resident now.
    pub rss: Result<Bytes, Unavailable>,
    /// The high-water mark of `rss` since the process began or [`ProcessMemory::reset_peak`].
    pub peak_rss: Result<Bytes, Unavailable>,
    /// Resident now, a page that n processes share counted as 1/n.
    pub pss: Result<Bytes, Unavailable>,
    /// Page faults that needed the disk, since the process began.
    pub major_faults: Result<u64, Unavailable>,
    /// Page faults that did not.
    pub minor_faults: Result<u64, Unavailable>,
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
        let mut waiting = children(&self.root, self.pid)?;
        let mut found = Vec::new();
        while !waiting.is_empty() {
            let mut below = Vec::new();
            for pid in waiting {
                if pid != self.pid && !found.contains(&pid) {
                    found.push(pid);
                    below.extend(children(&self.root, pid).unwrap_or_default());
                }
            }
            waiting = below;
        }
        Ok(found)
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
        let status = self.root.text(&file(self.pid, "status"));
        let faults = self.faults();
        MemoryReading {
            rss: self.field(&status, "status", "VmRSS"),
            peak_rss: self.field(&status, "status", "VmHWM"),
            pss: self.field(
                &self.root.text(&file(self.pid, "smaps_rollup")),
                "smaps_rollup",
                "Pss",
            ),
            major_faults: faults.clone().map(|faults| faults.major),
            minor_faults: faults.map(|faults| faults.minor),
        }
    }

    /// The process and its descendants in sum; `peak_rss` is then an upper bound, as peaks need not coincide.
    ///
    /// A descendant that ends meanwhile is left out. Where one cannot be read for another reason, or the kernel does not
    /// list children, the figure carries the reason.
    pub fn read_tree(&self) -> MemoryReading {
        let own = self.read();
        match self.descendants() {
            Ok(pids) => pids.iter().fold(own, |sum, pid| {
                let process = Self {
                    root: self.root.clone(),
                    pid: *pid,
                };
                sum.plus(process.read())
            }),
            Err(reason) => own.without(&reason),
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

    fn faults(&self) -> Result<Faults, Unavailable> {
        let name = file(self.pid, "stat");
        let text = self.root.text(&name)?;
        faults(&text).ok_or_else(|| self.root.unclear(&name, "count of page faults", &text))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Faults {
    major: u64,
    minor: u64,
}

/// The command's name stands in brackets and may hold spaces and brackets itself, so fields count from its end.
fn faults(stat: &str) -> Option<Faults> {
    const MINOR: usize = 7;
    const MAJOR: usize = 9;
    let (_, after) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    Some(Faults {
        minor: fields.get(MINOR)?.parse().ok()?,
        major: fields.get(MAJOR)?.parse().ok()?,
    })
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

/// The children of every thread: each thread has a list of its own.
fn children(root: &Root, pid: u32) -> Result<Vec<u32>, Unavailable> {
    let mut found = Vec::new();
    let threads = root.names(&file(pid, "task"))?;
    let mut listed = Err(Unavailable::None("the process has no threads"));
    for thread in &threads {
        let name = file(pid, &format!("task/{thread}/children"));
        match root.text(&name) {
            Ok(text) => {
                found.extend(
                    text.split_whitespace()
                        .filter_map(|pid| pid.parse::<u32>().ok()),
                );
                listed = Ok(());
            }
            Err(reason) if listed.is_err() => listed = Err(reason),
            // A thread that ended meanwhile.
            Err(_) => {}
        }
    }
    listed.map(|()| found)
}

fn file(pid: u32, name: &str) -> String {
    format!("proc/{pid}/{name}")
}

impl MemoryReading {
    fn plus(self, other: Self) -> Self {
        Self {
            rss: sum_bytes(self.rss, other.rss),
            peak_rss: sum_bytes(self.peak_rss, other.peak_rss),
            pss: sum_bytes(self.pss, other.pss),
            major_faults: sum(self.major_faults, other.major_faults),
            minor_faults: sum(self.minor_faults, other.minor_faults),
        }
    }

    fn without(self, reason: &Unavailable) -> Self {
        let why = || reason.clone();
        Self {
            rss: self.rss.and(Err(why())),
            peak_rss: self.peak_rss.and(Err(why())),
            pss: self.pss.and(Err(why())),
            major_faults: self.major_faults.and(Err(why())),
            minor_faults: self.minor_faults.and(Err(why())),
        }
    }
}

fn sum_bytes(
    total: Result<Bytes, Unavailable>,
    part: Result<Bytes, Unavailable>,
) -> Result<Bytes, Unavailable> {
    let number = |bytes: Result<Bytes, Unavailable>| bytes.map(Bytes::as_bytes);
    sum(number(total), number(part)).map(Bytes::from_bytes)
}

fn sum(
    total: Result<u64, Unavailable>,
    part: Result<u64, Unavailable>,
) -> Result<u64, Unavailable> {
    match (total?, part) {
        (total, Ok(part)) => Ok(total.saturating_add(part)),
        (total, Err(Unavailable::Absent { .. })) => Ok(total),
        (_, Err(reason)) => Err(reason),
    }
}

#[cfg(test)]
mod tests;
