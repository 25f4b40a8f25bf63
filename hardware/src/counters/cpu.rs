//! The processor probe: processor time, threads at work and context switches of a process tree in a window.

use std::path::Path;

use tare_clock::Clock;
use tare_units::Nanoseconds;

use super::threads::{self, Threads, Work};
use crate::process_memory::stat::{self, Counts, Stat};
use crate::process_memory::tree::{self, unless_gone};
use crate::root::Root;
use crate::{Probe, Unavailable};

/// Reads `/proc` at both ends of a window; the process need not stand still, only what it does meanwhile blurs the ends.
#[derive(Debug)]
pub struct CpuProbe<'a, C> {
    root: Root,
    pid: u32,
    clock: &'a C,
    beginning: Option<Snapshot>,
}

#[derive(Debug)]
struct Snapshot {
    at: Nanoseconds,
    counts: Result<Counts, Unavailable>,
    threads: Result<Threads, Unavailable>,
}

/// What a window gives.
#[derive(Debug, Clone, PartialEq)]
pub struct CpuReading {
    /// By the clock of the probe.
    pub wall: Result<Nanoseconds, Unavailable>,
    /// In user space, in ticks of the kernel (most often 10 ms), children that were waited for included.
    pub user: Result<Nanoseconds, Unavailable>,
    /// In the kernel, in ticks.
    pub system: Result<Nanoseconds, Unavailable>,
    /// Of each thread that lived at the end.
    pub threads: Result<Work, Unavailable>,
}

impl<'a, C: Clock> CpuProbe<'a, C> {
    /// Of process `pid` and its descendants under `root` (`/` but for tests), beside the time of `clock`.
    pub fn of(pid: u32, root: &Path, clock: &'a C) -> Self {
        Self {
            root: Root::new(root),
            pid,
            clock,
            beginning: None,
        }
    }

    fn snapshot(&self) -> Snapshot {
        let at = self.clock.now();
        let family = tree::family(&self.root, self.pid);
        let family = family.as_ref().map_err(Clone::clone);
        Snapshot {
            at,
            counts: family.clone().and_then(|pids| self.counts(pids)),
            threads: family.and_then(|pids| threads::read(&self.root, pids)),
        }
    }

    /// A descendant that ended meanwhile adds nothing, as its parent has its counts once it has waited for it.
    fn counts(&self, pids: &[u32]) -> Result<Counts, Unavailable> {
        let mut total = Counts::default();
        for pid in pids {
            let stat = unless_gone(Stat::read(&self.root, *pid), *pid == self.pid)?;
            total = stat.map_or(total, |stat| total.plus(stat.all()));
        }
        Ok(total)
    }
}

impl<C: Clock> Probe for CpuProbe<'_, C> {
    type Reading = CpuReading;

    fn check(&self) -> Result<(), Unavailable> {
        let now = self.snapshot();
        now.counts.and(now.threads.map(|_| ()))
    }

    fn begin(&mut self) -> Result<(), Unavailable> {
        let now = self.beginning.insert(self.snapshot());
        let threads = now.threads.as_ref().map(|_| ()).map_err(Clone::clone);
        now.counts.clone().and(threads)
    }

    fn end(&mut self) -> CpuReading {
        match self.beginning.take() {
            Some(beginning) => between(beginning, self.snapshot()),
            None => CpuReading::without(&Unavailable::None("no window was opened")),
        }
    }
}

fn between(before: Snapshot, now: Snapshot) -> CpuReading {
    let counts = before.counts.and_then(|before| Ok((before, now.counts?)));
    let time = |of: fn(&Counts) -> u64| {
        let (before, now) = counts.as_ref().map_err(Clone::clone)?;
        let ticks = of(now).checked_sub(of(before));
        ticks.map(stat::time).ok_or(Unavailable::None(
            "the process's processor time went backwards, as it does when a child that has ended is not waited for",
        ))
    };
    CpuReading {
        wall: Ok(now.at.saturating_sub(before.at)),
        user: time(|counts| counts.user_ticks),
        system: time(|counts| counts.system_ticks),
        threads: before
            .threads
            .and_then(|before| now.threads?.since(&before)),
    }
}

impl CpuReading {
    fn without(reason: &Unavailable) -> Self {
        Self {
            wall: Err(reason.clone()),
            user: Err(reason.clone()),
            system: Err(reason.clone()),
            threads: Err(reason.clone()),
        }
    }

    /// Of the whole tree: what the threads gained, to the nanosecond, unless ticks tell of more than they can account for.
    ///
    /// # Errors
    /// Where either cannot be read.
    pub fn cpu(&self) -> Result<Nanoseconds, Unavailable> {
        let threads = self.threads.clone()?;
        let ticks = self.user.clone()? + self.system.clone()?;
        // User and system time are both rounded down at both ends.
        let rounding = stat::time(2 * threads.processes.max(1));
        let is_all = ticks <= threads.gained + rounding;
        Ok(if is_all { threads.gained } else { ticks })
    }

    /// Of the thread with this id alone, to the nanosecond; where there is none, it is not known which is meant.
    ///
    /// # Errors
    /// Where it cannot be read, is not known or has ended.
    pub fn of(&self, thread: Option<u32>) -> Result<Nanoseconds, Unavailable> {
        let unknown = "the worker did not say which of its threads issues requests";
        let thread = thread.ok_or(Unavailable::None(unknown))?;
        let threads = self.threads.as_ref().map_err(Clone::clone)?;
        let time = threads.by_thread.get(&thread).copied();
        time.ok_or(Unavailable::None(
            "the thread that issued the requests has ended",
        ))
    }

    /// How many threads worked on average: processor time by wall time; `None` for a window without length.
    ///
    /// # Errors
    /// As [`CpuReading::cpu`].
    pub fn mean_threads(&self) -> Result<Option<f64>, Unavailable> {
        let wall = self.wall.clone()?.as_nanos();
        let cpu = self.cpu()?.as_nanos();
        Ok((wall > 0).then(|| cpu as f64 / wall as f64))
    }
}

#[cfg(test)]
mod tests;
