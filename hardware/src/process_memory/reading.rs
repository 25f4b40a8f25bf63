//! What the kernel says of a process's memory at one moment, and how the readings of several processes add up.

use tare_units::Bytes;

use crate::Unavailable;

/// The memory of a process at one moment, or the sums over a process and its descendants.
///
/// The kernel batches its counters of resident pages by processor, so that `rss` and `peak_rss` may lag by some hundred
/// KiB; `pss` is exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryReading {
    /// Resident now.
    pub rss: Result<Bytes, Unavailable>,
    /// The high-water mark of `rss` since the process began or [`reset_peak`](crate::ProcessMemory::reset_peak).
    pub peak_rss: Result<Bytes, Unavailable>,
    /// Resident now, a page that n processes share counted as 1/n.
    pub pss: Result<Bytes, Unavailable>,
    /// Page faults that needed the disk, since the process began.
    pub major_faults: Result<u64, Unavailable>,
    /// Page faults that did not.
    pub minor_faults: Result<u64, Unavailable>,
}

impl MemoryReading {
    /// The sums; what is absent of `other`, because that process has ended meanwhile, adds nothing.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            rss: sum_bytes(self.rss, other.rss),
            peak_rss: sum_bytes(self.peak_rss, other.peak_rss),
            pss: sum_bytes(self.pss, other.pss),
            major_faults: sum(self.major_faults, other.major_faults),
            minor_faults: sum(self.minor_faults, other.minor_faults),
        }
    }

    /// The reason in place of each figure that has none of its own.
    pub(crate) fn without(self, reason: &Unavailable) -> Self {
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
