//! Watching a process over a window from the outside: what the kernel counted meanwhile, and the frequencies seen.
//!
//! Beginning and ending read all of `/proc/*/stat` once (about 10 µs a process, 1 ms on a machine with 90) and some files a
//! processor besides; nothing runs
//! in between unless [`Watch::sample`] is called. Both belong where nothing is timed: while the worker stands still.

mod compare;
mod frequencies;
mod processes;
mod snapshot;

use std::path::Path;

use tare_results::Finding;

use self::frequencies::Frequencies;
use self::snapshot::Snapshot;
use crate::root::Root;

/// A window that is open.
#[derive(Debug)]
pub struct Watch {
    root: Root,
    pid: u32,
    cpus: Vec<u64>,
    before: Snapshot,
    frequencies: Frequencies,
}

impl Watch {
    /// Opens a window on process `pid`, which may use `cpus`, of the system whose files lie under `root` (`/` but for
    /// tests). What cannot be read now is a finding at the end.
    pub fn begin(root: &Path, pid: u32, cpus: &[u64]) -> Self {
        let root = Root::new(root);
        Self {
            before: Snapshot::take(&root, pid, cpus),
            frequencies: Frequencies::of(&root, cpus),
            root,
            pid,
            cpus: cpus.to_owned(),
        }
    }

    /// Looks at the frequency of the processors that the process runs on right now: two small files a thread. Reading a
    /// frequency may interrupt that processor for some microseconds, so not more often than some ten times a second.
    pub fn sample(&mut self) {
        self.frequencies.sample(&self.root, self.pid);
    }

    /// Closes the window while the process still lives; in the order of the list of checks.
    pub fn end(self) -> Vec<Finding> {
        let after = Snapshot::take(&self.root, self.pid, &self.cpus);
        let window = compare::Window {
            before: &self.before,
            after: &after,
            pid: self.pid,
            cpus: &self.cpus,
        };
        let mut findings = vec![self.frequencies.finding()];
        findings.extend(compare::findings(&window));
        findings
    }
}

#[cfg(test)]
mod tests;
