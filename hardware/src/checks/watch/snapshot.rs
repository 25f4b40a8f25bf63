//! What the kernel has counted up to one moment.

use std::collections::BTreeMap;

use super::processes::Processes;
use crate::Unavailable;
use crate::cgroup::{Cgroup, Throttled};
use crate::root::Root;
use crate::topology::{self, FOLDER};

/// Each reading, or why it failed.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) times: Result<BTreeMap<u64, Times>, Unavailable>,
    pub(super) siblings: Result<Vec<u64>, Unavailable>,
    pub(super) processes: Result<Processes, Unavailable>,
    /// By thread.
    pub(super) switches: Result<BTreeMap<String, u64>, Unavailable>,
    /// Pages that went to swap, and that came back.
    pub(super) swapped: Result<u64, Unavailable>,
    pub(super) throttled: Result<Throttled, Unavailable>,
    /// By processor.
    pub(super) slowed: Result<BTreeMap<u64, u64>, Unavailable>,
}

/// What a processor did, in ticks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) busy: u64,
    pub(super) steal: u64,
    pub(super) all: u64,
}

impl Snapshot {
    pub(super) fn take(root: &Root, pid: u32, cpus: &[u64]) -> Self {
        Self {
            times: times(root),
            siblings: siblings(root, cpus),
            processes: Processes::read(root, pid),
            switches: switches(root, pid),
            swapped: swapped(root),
            throttled: Cgroup::of(root, &pid.to_string()).and_then(|cgroup| cgroup.throttled()),
            slowed: slowed(root, cpus),
        }
    }
}

fn times(root: &Root) -> Result<BTreeMap<u64, Times>, Unavailable> {
    const FILE: &str = "proc/stat";
    let text = root.text(FILE)?;
    let lines = text.lines().take_while(|line| line.starts_with("cpu"));
    let times: BTreeMap<u64, Times> = lines.filter_map(times_of).collect();
    if times.is_empty() {
        return Err(root.unclear(FILE, "time of each processor", &text));
    }
    Ok(times)
}

/// `cpu0 user nice system idle iowait irq softirq steal guest guest_nice`; time of guests is part of the user's.
fn times_of(line: &str) -> Option<(u64, Times)> {
    let mut fields = line.strip_prefix("cpu")?.split_whitespace();
    let cpu = fields.next()?.parse().ok()?;
    let ticks: Vec<u64> = fields.map_while(|field| field.parse().ok()).collect();
    let &[user, nice, system, idle, iowait, irq, softirq, steal, ..] = ticks.as_slice() else {
        return None;
    };
    let sum = |parts: &[u64]| {
        parts
            .iter()
            .fold(0_u64, |sum, part| sum.saturating_add(*part))
    };
    let busy = sum(&[user, nice, system, irq, softirq]);
    let all = sum(&[busy, idle, iowait, steal]);
    Some((cpu, Times { busy, steal, all }))
}

/// Processors that share a core with one of `cpus` and are none of them.
fn siblings(root: &Root, cpus: &[u64]) -> Result<Vec<u64>, Unavailable> {
    let mut found = Vec::new();
    for cpu in cpus {
        let core = topology::siblings(root, *cpu)?;
        found.extend(core.into_iter().filter(|sibling| !cpus.contains(sibling)));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn switches(root: &Root, pid: u32) -> Result<BTreeMap<String, u64>, Unavailable> {
    const WHAT: &str = "nonvoluntary_ctxt_switches";
    let threads = root.names(&format!("proc/{pid}/task"))?;
    let mut found = BTreeMap::new();
    for thread in threads {
        let file = format!("proc/{pid}/task/{thread}/status");
        // A thread that ended meanwhile.
        let Ok(text) = root.text(&file) else { continue };
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(WHAT)?.strip_prefix(':'));
        let count = value.and_then(|value| value.trim().parse().ok());
        let count = count.ok_or_else(|| root.unclear(&file, WHAT, value.unwrap_or_default()))?;
        found.insert(thread, count);
    }
    Ok(found)
}

fn swapped(root: &Root) -> Result<u64, Unavailable> {
    const FILE: &str = "proc/vmstat";
    let text = root.text(FILE)?;
    let value = |key: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
        rest.trim().parse::<u64>().ok()
    };
    let sum = value("pswpin ").zip(value("pswpout "));
    let sum = sum.map(|(into, out)| into.saturating_add(out));
    sum.ok_or_else(|| root.unclear(FILE, "count of swapped pages", ""))
}

/// How often the processor slowed itself down, for its own core or its package, for heat or power.
const SLOWED: &[&str] = &[
    "core_throttle_count",
    "package_throttle_count",
    "core_power_limit_count",
    "package_power_limit_count",
];

fn slowed(root: &Root, cpus: &[u64]) -> Result<BTreeMap<u64, u64>, Unavailable> {
    let mut found = BTreeMap::new();
    let mut first = Err(Unavailable::None("no processor is being watched"));
    for (index, cpu) in cpus.iter().enumerate() {
        let read = |leaf: &&str| {
            root.number(
                &format!("{FOLDER}/cpu{cpu}/thermal_throttle/{leaf}"),
                "count",
            )
        };
        let counts: Vec<Result<u64, Unavailable>> = SLOWED.iter().map(read).collect();
        let known: Vec<u64> = counts
            .iter()
            .filter_map(|count| count.as_ref().ok().copied())
            .collect();
        if !known.is_empty() {
            found.insert(*cpu, known.into_iter().fold(0, u64::saturating_add));
        } else if let (0, Some(Err(reason))) = (index, counts.into_iter().next()) {
            first = Err(reason);
        }
    }
    if found.is_empty() { first } else { Ok(found) }
}
