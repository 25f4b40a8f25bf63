//! What a window of the memory probe remembers from its beginning, and what its end makes of it.

use std::collections::BTreeMap;

use tare_results::PeakOf;
use tare_units::Bytes;

use crate::Unavailable;
use crate::process_memory::ProcessMemory;
use crate::process_memory::stat::{Counts, Stat};
use crate::process_memory::tree::unless_gone;

/// The processes of a tree at one moment, the process itself first.
#[derive(Debug, Clone)]
pub(super) struct Family {
    pub(super) living: Vec<ProcessMemory>,
    /// Ended and not waited for.
    ended: Vec<ProcessMemory>,
}

/// The processes of a tree as they were when a window began or when they were last looked at.
#[derive(Debug)]
pub(super) struct Start {
    known: BTreeMap<Identity, Known>,
    ended: Vec<Identity>,
    counts: Result<Counts, Unavailable>,
    /// Why the mark of the process itself was not reset.
    pub(super) refused: Option<Unavailable>,
}

/// A process's number and its birth, as numbers are given again.
type Identity = (u32, u64);

#[derive(Debug)]
struct Known {
    reaped: Counts,
    /// The mark before the window where it could not be reset, and why.
    kept: Option<(Result<Bytes, Unavailable>, Unavailable)>,
    /// The most that was seen of it within the window.
    seen: Bytes,
}

/// The high-water marks of a window.
#[derive(Debug)]
pub(super) struct Peaks {
    pub(super) sum: Result<Bytes, Unavailable>,
    pub(super) of: PeakOf,
    pub(super) ended: Result<Bytes, Unavailable>,
}

impl Family {
    pub(super) fn of(process: &ProcessMemory) -> Result<Self, Unavailable> {
        let (below, ended) = process.descendants_by_life()?;
        let mut living = vec![process.clone()];
        living.extend(below);
        Ok(Self { living, ended })
    }

    pub(super) fn pids(&self) -> Vec<u32> {
        self.living.iter().map(ProcessMemory::pid).collect()
    }

    fn ended(&self) -> Vec<Identity> {
        let stats = self
            .ended
            .iter()
            .map(|process| Some((process, process.stat().ok()?)));
        let stats = stats.flatten();
        stats
            .map(|(process, stat)| (process.pid(), stat.birth))
            .collect()
    }
}

impl Start {
    /// Resets the mark of each living process.
    pub(super) fn of(family: &Family) -> Self {
        let mut known = BTreeMap::new();
        let mut refused = None;
        for (at, process) in family.living.iter().enumerate() {
            let (before, rss) = process.peak_and_rss();
            let reset = process.reset_peak();
            if at == 0 {
                refused = reset.clone().err();
            }
            if let Ok(stat) = process.stat() {
                let here = Known {
                    reaped: stat.reaped,
                    kept: reset.err().map(|reason| (before, reason)),
                    seen: rss.unwrap_or(Bytes::from_bytes(0)),
                };
                known.insert((process.pid(), stat.birth), here);
            }
        }
        Self {
            known,
            ended: family.ended(),
            counts: counts(&family.living),
            refused,
        }
    }

    /// Remembers the mark of a descendant that may end before the window does.
    pub(super) fn look_at(&mut self, process: &ProcessMemory) {
        let (Ok(stat), (Ok(peak), _)) = (process.stat(), process.peak_and_rss()) else {
            return;
        };
        let known = self.known.entry((process.pid(), stat.birth));
        let known = known.or_insert_with(|| Known {
            reaped: Counts::default(),
            kept: None,
            seen: peak,
        });
        if known.kept.is_none() {
            known.seen = known.seen.max(peak);
        }
    }

    /// The faults since the beginning, of children that ended only once they were waited for.
    pub(super) fn counts_since(&self, family: &Family) -> Result<Counts, Unavailable> {
        let before = self.counts.clone()?;
        let now = counts(&family.living)?;
        let gain = |now: u64, before: u64| {
            now.checked_sub(before).ok_or(Unavailable::None(
                "the kernel's counts went backwards, as they do when a child that has ended is not waited for",
            ))
        };
        Ok(Counts {
            minor_faults: gain(now.minor_faults, before.minor_faults)?,
            major_faults: gain(now.major_faults, before.major_faults)?,
            ..Counts::default()
        })
    }

    /// The marks of those who live at the window's end.
    pub(super) fn peaks(&self, family: &Family) -> Peaks {
        let mut living: Vec<Identity> = Vec::new();
        let mut total: Result<u64, Unavailable> = Ok(0);
        let mut unseen = family.ended().iter().any(|ended| self.is_new(ended));
        for (at, process) in family.living.iter().enumerate() {
            let Ok(stat) = process.stat() else { continue };
            living.push((process.pid(), stat.birth));
            let known = self.known.get(&(process.pid(), stat.birth));
            unseen |= waited_for_children(known, &stat);
            let peak = unless_gone(self.peak(known, process), at == 0);
            total = total.and_then(|sum| {
                let peak = peak?.map_or(0, Bytes::as_bytes);
                Ok(sum.saturating_add(peak))
            });
        }
        let gone = self.known.iter().filter(|(who, _)| !living.contains(who));
        let seen = gone.map(|(_, known)| known.seen).max();
        Peaks {
            sum: total.map(Bytes::from_bytes),
            of: match (seen, unseen, living.len()) {
                (None, false, 0 | 1) => PeakOf::OneProcess,
                (None, false, _) => PeakOf::SumOfPeaks,
                _ => PeakOf::Incomplete,
            },
            ended: seen.ok_or(ended_unseen(unseen)),
        }
    }

    fn is_new(&self, ended: &Identity) -> bool {
        !self.ended.contains(ended)
    }

    /// A mark that could not be reset is the window's where it rose.
    fn peak(&self, known: Option<&Known>, process: &ProcessMemory) -> Result<Bytes, Unavailable> {
        let peak = process.peak_and_rss().0?;
        match known.and_then(|known| known.kept.as_ref()) {
            Some((before, reason)) if before.as_ref().is_ok_and(|before| peak <= *before) => {
                Err(reason.clone())
            }
            Some((Err(_), reason)) => Err(reason.clone()),
            _ => Ok(peak),
        }
    }
}

/// A child that has ended had faults at the least.
fn waited_for_children(known: Option<&Known>, stat: &Stat) -> bool {
    let before = known.map_or(0, |known| known.reaped.minor_faults);
    stat.reaped.minor_faults > before
}

fn ended_unseen(unseen: bool) -> Unavailable {
    Unavailable::None(match unseen {
        true => {
            "children ended before anybody looked at them, and the kernel shows no mark of a process that is gone"
        }
        false => "no child ended in the window",
    })
}

/// Of all processes and the children that they waited for; a descendant that is gone meanwhile adds nothing.
fn counts(family: &[ProcessMemory]) -> Result<Counts, Unavailable> {
    let mut total = Counts::default();
    for (at, process) in family.iter().enumerate() {
        let stat = unless_gone(process.stat(), at == 0)?;
        total = stat.map_or(total, |stat| total.plus(stat.all()));
    }
    Ok(total)
}
