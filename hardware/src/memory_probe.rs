//! The memory probe: peaks and page faults of a process and its descendants within a window.

use std::path::Path;

use tare_results::PeakOf;
use tare_units::Bytes;

use self::window::{Family, Start};
use crate::cgroup::PeakWindow;
use crate::process_memory::{MemoryReading, ProcessMemory};
use crate::root::Root;
use crate::{Probe, Unavailable};

mod window;

const NO_WINDOW: Unavailable = Unavailable::None("no window was opened");

/// Watches a process and its descendants by the kernel's own high-water marks, so that no peak is too short for it.
///
/// Where one window follows another, the process should stand still between them: a peak there is in neither.
#[derive(Debug)]
pub struct MemoryProbe {
    process: ProcessMemory,
    root: Root,
    window: Option<Window>,
}

#[derive(Debug)]
struct Window {
    start: Result<Start, Unavailable>,
    group: Result<PeakWindow, Unavailable>,
}

/// What a window gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryWindow {
    /// At the window's end, in sum over the tree: resident and proportional set size. `peak_rss` is the sum of each
    /// process's high-water mark within the window; the faults are those of the window, children that ended and were
    /// waited for included.
    pub reading: MemoryReading,
    /// Of what `reading.peak_rss` is the sum.
    pub peak_of: Result<PeakOf, Unavailable>,
    /// The largest mark that was seen of a descendant that ended within the window; it may have risen after the last
    /// [`MemoryProbe::look`].
    pub ended_peak_rss: Result<Bytes, Unavailable>,
    /// The peak of the memory of the process's control group, page cache and kernel memory included.
    pub group_peak: Result<Bytes, Unavailable>,
    /// How many processes of that group are not of the tree.
    pub group_others: Result<u64, Unavailable>,
}

impl MemoryProbe {
    /// Of process `pid` and its descendants under `root` (`/` but for tests).
    pub fn of(pid: u32, root: &Path) -> Self {
        Self {
            process: ProcessMemory::of(pid, root),
            root: Root::new(root),
            window: None,
        }
    }

    /// Resident memory of the tree now, as [`ProcessMemory::tree_rss`]; within a window, the marks of descendants are
    /// remembered in case that they end before it does.
    ///
    /// # Errors
    /// Where the process itself cannot be read, or the kernel does not list children.
    pub fn look(&mut self) -> Result<Bytes, Unavailable> {
        let mut total = self.process.rss()?.as_bytes();
        for process in self.process.living_descendants()? {
            total += process.rss().map_or(0, Bytes::as_bytes);
            if let Some(Window {
                start: Ok(start), ..
            }) = &mut self.window
            {
                start.look_at(&process);
            }
        }
        Ok(Bytes::from_bytes(total))
    }

    fn close(&self, window: &Window) -> Result<MemoryWindow, Unavailable> {
        let start = window.start.as_ref().map_err(Clone::clone)?;
        let family = Family::of(&self.process)?;
        let peaks = start.peaks(&family);
        let counts = start.counts_since(&family);
        let group = window.group.as_ref().map_err(Clone::clone);
        let now = self.process.read_tree();
        Ok(MemoryWindow {
            peak_of: peaks.sum.clone().map(|_| peaks.of),
            reading: MemoryReading {
                peak_rss: peaks.sum,
                major_faults: counts.clone().map(|counts| counts.major_faults),
                minor_faults: counts.map(|counts| counts.minor_faults),
                ..now
            },
            ended_peak_rss: peaks.ended,
            group_peak: group.clone().and_then(PeakWindow::peak),
            group_others: group.and_then(|group| group.others(&family.pids())),
        })
    }
}

impl Probe for MemoryProbe {
    type Reading = MemoryWindow;

    fn check(&self) -> Result<(), Unavailable> {
        let reading = self.process.read();
        reading.peak_rss.and(reading.major_faults)?;
        self.process.descendants().map(|_| ())
    }

    fn begin(&mut self) -> Result<(), Unavailable> {
        let family = Family::of(&self.process);
        let group = family.clone();
        let window = self.window.insert(Window {
            group: group.and_then(|family| PeakWindow::open(&self.root, &family.pids())),
            start: family.map(|family| Start::of(&family)),
        });
        match &window.start {
            Ok(start) => start.refused.clone().map_or(Ok(()), Err),
            Err(reason) => Err(reason.clone()),
        }
    }

    fn end(&mut self) -> MemoryWindow {
        let window = self.window.take().ok_or(NO_WINDOW);
        window
            .and_then(|window| self.close(&window))
            .unwrap_or_else(|reason| MemoryWindow::without(&reason))
    }
}

impl MemoryWindow {
    /// Of this window and the one that followed it without a gap: what was resident at the later end, the larger peak,
    /// the faults of both.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        let (peak_of, is_incomplete) = match (self.peak_of, later.peak_of) {
            (Ok(first), Ok(then)) => (Ok(first.max(then)), first == PeakOf::Incomplete),
            (first, then) => (first.and(then), false),
        };
        Self {
            reading: MemoryReading {
                peak_rss: both(self.reading.peak_rss, later.reading.peak_rss, Bytes::max),
                major_faults: both(
                    self.reading.major_faults,
                    later.reading.major_faults,
                    u64::saturating_add,
                ),
                minor_faults: both(
                    self.reading.minor_faults,
                    later.reading.minor_faults,
                    u64::saturating_add,
                ),
                ..later.reading
            },
            peak_of,
            ended_peak_rss: match (self.ended_peak_rss, later.ended_peak_rss) {
                (Ok(first), Ok(then)) => Ok(first.max(then)),
                (Ok(seen), Err(_)) | (Err(_), Ok(seen)) => Ok(seen),
                (first, then) => {
                    if is_incomplete {
                        first
                    } else {
                        then
                    }
                }
            },
            group_peak: match (self.group_peak, later.group_peak) {
                (Ok(first), Ok(then)) => Ok(first.max(then)),
                // A mark that was not passed in one of the windows lies below the other's.
                (Ok(peak), Err(Unavailable::None(_))) | (Err(Unavailable::None(_)), Ok(peak)) => {
                    Ok(peak)
                }
                (first, then) => first.and(then),
            },
            group_others: later.group_others,
        }
    }

    fn without(reason: &Unavailable) -> Self {
        let why = || reason.clone();
        Self {
            reading: MemoryReading {
                rss: Err(why()),
                peak_rss: Err(why()),
                pss: Err(why()),
                major_faults: Err(why()),
                minor_faults: Err(why()),
            },
            peak_of: Err(why()),
            ended_peak_rss: Err(why()),
            group_peak: Err(why()),
            group_others: Err(why()),
        }
    }
}

fn both<T>(
    first: Result<T, Unavailable>,
    later: Result<T, Unavailable>,
    join: fn(T, T) -> T,
) -> Result<T, Unavailable> {
    Ok(join(first?, later?))
}

#[cfg(test)]
mod tests;
