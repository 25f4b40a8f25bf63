//! What each thread did: processor time to the nanosecond and context switches, from `/proc/PID/task`.

use std::collections::BTreeMap;

use tare_units::Nanoseconds;

use crate::Unavailable;
use crate::process_memory::tree::{self, unless_gone};
use crate::root::Root;

/// The counts of the threads of several processes at one moment, by process and thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Threads(BTreeMap<(u32, u32), Thread>);

/// Since the thread began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Thread {
    /// On a processor; lags by up to a tick while it runs.
    ran_ns: u64,
    /// On a processor at all.
    turns: u64,
    voluntary: u64,
    involuntary: u64,
}

/// What the threads of a process tree did in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Processor time of the threads that lived at the end, to the nanosecond.
    pub gained: Nanoseconds,
    /// Threads that gained any processor time.
    pub ran: u64,
    /// Threads that gained at least a hundredth of what the busiest did: those who do the work, without those who only
    /// woke up.
    pub used: u64,
    /// Times that a thread gave its processor away itself.
    pub voluntary_switches: u64,
    /// Times that the kernel took it.
    pub involuntary_switches: u64,
    /// Threads of the beginning that ended within the window: nothing of theirs is in these figures.
    pub ended: u64,
    /// Processes that lived at the end.
    pub processes: u64,
    /// Processor time of each thread that lived at the end, by its id.
    pub by_thread: BTreeMap<u32, Nanoseconds>,
}

/// Of all threads of `pids`; what ends meanwhile is left out.
pub(super) fn read(root: &Root, pids: &[u32]) -> Result<Threads, Unavailable> {
    let mut found = BTreeMap::new();
    for (at, pid) in pids.iter().enumerate() {
        let threads = unless_gone(tree::threads(root, *pid), at == 0)?;
        for thread in threads.unwrap_or_default() {
            let is_needed = at == 0 && thread == *pid;
            let counts = unless_gone(Thread::read(root, *pid, thread), is_needed)?;
            found.extend(counts.map(|counts| ((*pid, thread), counts)));
        }
    }
    // A thread that lives has had its turn; a kernel that keeps no counters answers zeros.
    match found.values().any(|thread| thread.turns > 0) {
        true => Ok(Threads(found)),
        false => Err(Unavailable::None(
            "the kernel keeps no scheduler statistics",
        )),
    }
}

impl Threads {
    /// What was done since `before`; a thread that began meanwhile did all of its own.
    pub(super) fn since(&self, before: &Self) -> Result<Work, Unavailable> {
        let gains = self.0.iter().map(|(key, now)| {
            let earlier = before.0.get(key).copied().unwrap_or_default();
            now.since(earlier)
                .ok_or_else(|| backwards(*key, earlier.ran_ns, now.ran_ns))
        });
        let gains: Vec<Thread> = gains.collect::<Result<_, _>>()?;
        let sum = |of: fn(&Thread) -> u64| gains.iter().map(of).fold(0, u64::saturating_add);
        let busiest = gains.iter().map(|gain| gain.ran_ns).max().unwrap_or(0);
        let at_least = |least: u64| {
            let those = gains.iter().filter(|gain| gain.ran_ns >= least.max(1));
            those.count() as u64
        };
        let processes: std::collections::BTreeSet<u32> = self.0.keys().map(|key| key.0).collect();
        let by_thread = self.0.keys().zip(&gains);
        let by_thread = by_thread.map(|(key, gain)| (key.1, Nanoseconds::from_nanos(gain.ran_ns)));
        let ended = before.0.keys().filter(|key| !self.0.contains_key(key));
        Ok(Work {
            gained: Nanoseconds::from_nanos(sum(|gain| gain.ran_ns)),
            ran: at_least(1),
            used: at_least(busiest.div_ceil(100)),
            voluntary_switches: sum(|gain| gain.voluntary),
            involuntary_switches: sum(|gain| gain.involuntary),
            ended: ended.count() as u64,
            processes: processes.len() as u64,
            by_thread: by_thread.collect(),
        })
    }
}

impl Thread {
    fn read(root: &Root, pid: u32, thread: u32) -> Result<Self, Unavailable> {
        let folder = format!("proc/{pid}/task/{thread}");
        let name = format!("{folder}/schedstat");
        let text = root.text(&name)?;
        let numbers: Option<Vec<u64>> = text.split_whitespace().map(|n| n.parse().ok()).collect();
        let Some([ran_ns, _, turns]) = numbers.as_deref() else {
            return Err(root.unclear(&name, "time on a processor", &text));
        };
        let name = format!("{folder}/status");
        let status = root.text(&name)?;
        let switches = |what: &'static str| {
            let mut lines = status.lines();
            let rest = lines.find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
            let number = rest.and_then(|rest| rest.trim().parse().ok());
            number.ok_or_else(|| root.unclear(&name, what, rest.unwrap_or_default()))
        };
        Ok(Self {
            ran_ns: *ran_ns,
            turns: *turns,
            voluntary: switches("voluntary_ctxt_switches")?,
            involuntary: switches("nonvoluntary_ctxt_switches")?,
        })
    }

    /// `None` where a count fell.
    fn since(self, before: Self) -> Option<Self> {
        Some(Self {
            ran_ns: self.ran_ns.checked_sub(before.ran_ns)?,
            turns: self.turns.checked_sub(before.turns)?,
            voluntary: self.voluntary.checked_sub(before.voluntary)?,
            involuntary: self.involuntary.checked_sub(before.involuntary)?,
        })
    }
}

fn backwards((pid, thread): (u32, u32), before: u64, now: u64) -> Unavailable {
    Unavailable::Unclear {
        path: format!("/proc/{pid}/task/{thread}"),
        what: "counts that only grow",
        found: format!("{now} ns after {before} ns"),
    }
}
