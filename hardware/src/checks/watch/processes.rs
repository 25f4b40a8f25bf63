//! Every process with its processor time, so that those who ran beside the measured one can be named.

use std::collections::BTreeMap;

use crate::Unavailable;
use crate::root::Root;

/// Where there are more processes than this, only the watched one is looked at, which bounds the cost at some 30 ms.
const MOST: usize = 2_048;

/// What `/proc/PID/stat` says (the kernel's documentation, `filesystems/proc`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) name: String,
    pub(super) is_running: bool,
    pub(super) parent: u32,
    pub(super) major_faults: u64,
    /// User and system time, in ticks.
    pub(super) ticks: u64,
    /// When it began, which tells two processes of one number apart.
    pub(super) began: u64,
    /// Where it ran last.
    pub(super) processor: u64,
}

/// All processes by their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Processes(BTreeMap<u32, Process>);

impl Processes {
    pub(super) fn read(root: &Root, pid: u32) -> Result<Self, Unavailable> {
        let names = root.names("proc")?;
        let mut pids: Vec<u32> = names.iter().filter_map(|name| name.parse().ok()).collect();
        if pids.len() > MOST {
            pids = vec![pid];
        }
        let read = |pid: u32| {
            let text = root.text(&format!("proc/{pid}/stat")).ok()?;
            Some((pid, parse(&text)?))
        };
        Ok(Self(pids.into_iter().filter_map(read).collect()))
    }

    pub(super) fn get(&self, pid: u32) -> Option<&Process> {
        self.0.get(&pid)
    }

    /// `pid` and all below it.
    pub(super) fn tree(&self, pid: u32) -> Vec<u32> {
        let mut tree = vec![pid];
        let mut next = 0;
        while let Some(parent) = tree.get(next).copied() {
            let below = self
                .0
                .iter()
                .filter(|(_, process)| process.parent == parent);
            let new: Vec<u32> = below
                .map(|(pid, _)| *pid)
                .filter(|pid| !tree.contains(pid))
                .collect();
            tree.extend(new);
            next += 1;
        }
        tree
    }

    /// Of each process here, the ticks since `before`; one that began meanwhile counts from nothing.
    pub(super) fn ticks_since<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = (u32, &'a Process, u64)> {
        self.0.iter().map(|(pid, process)| {
            let earlier = before
                .get(*pid)
                .filter(|earlier| earlier.began == process.began);
            let earlier = earlier.map_or(0, |earlier| earlier.ticks);
            (*pid, process, process.ticks.saturating_sub(earlier))
        })
    }
}

/// The name stands in brackets and may hold spaces and brackets itself, so fields count from its end.
pub(super) fn parse(stat: &str) -> Option<Process> {
    let (before, after) = stat.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Process {
        name: name
            .chars()
            .map(|letter| if letter.is_control() { '?' } else { letter })
            .collect(),
        is_running: *fields.first()? == "R",
        parent: number(1)?.try_into().ok()?,
        major_faults: number(9)?,
        ticks: number(11)?.checked_add(number(12)?)?,
        began: number(19)?,
        processor: number(36)?,
    })
}
