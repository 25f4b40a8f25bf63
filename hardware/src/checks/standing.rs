//! Checks of what stands still: settings, placement and limits, before anything is measured.

mod kernel;
mod placement;
mod speed;

use std::path::Path;

use tare_results::Finding;
use tare_units::Nanoseconds;

use super::catalogue::{
    AFFINITY, CLOCK_SOURCE, CPU_LIMIT, FREQUENCY_LIMIT, GOVERNOR, HUGE_PAGES, LOAD, NUMA, SMT,
    TIMER_RESOLUTION, TIMER_SLACK, TURBO,
};
use crate::Unavailable;
use crate::root::Root;
use crate::topology::{self, Members};

/// What the checks are told besides what they read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The process that is going to measure, or be measured.
    pub pid: u32,
    /// How many threads it will compute with, where that is known already.
    pub threads: Option<u64>,
    /// [`timer_resolution`], where it was asked for.
    pub timer_resolution: Option<Nanoseconds>,
}

impl Situation {
    /// Of this process, whose number of threads is not known.
    pub fn of_this_process() -> Self {
        Self {
            pid: std::process::id(),
            threads: None,
            timer_resolution: Some(timer_resolution()),
        }
    }
}

/// The findings on what stands, in the order of the list of checks; a few hundred small files at most are read.
pub fn standing(root: &Path, situation: &Situation) -> Vec<Finding> {
    let place = Place::of(&Root::new(root), situation);
    vec![
        GOVERNOR.finding(speed::governor(&place)),
        TURBO.finding(speed::turbo(&place)),
        FREQUENCY_LIMIT.finding(speed::limit(&place)),
        SMT.finding(placement::smt(&place)),
        AFFINITY.finding(placement::affinity(&place)),
        NUMA.finding(placement::numa(&place)),
        LOAD.finding(placement::load(&place)),
        CPU_LIMIT.finding(placement::cpu_limit(&place)),
        HUGE_PAGES.finding(kernel::huge_pages(&place)),
        CLOCK_SOURCE.finding(kernel::clock_source(&place)),
        TIMER_RESOLUTION.finding(kernel::timer_resolution(situation.timer_resolution)),
        TIMER_SLACK.finding(kernel::timer_slack(&place)),
    ]
}

/// The same before and after one of many repeats, without the load, which is over a minute and would be that of the repeats themselves.
pub fn standing_beside(root: &Path, situation: &Situation) -> Vec<Finding> {
    let mut findings = standing(root, situation);
    findings.retain(|finding| finding.check != LOAD.name);
    findings
}

/// The processors, by number, that process `pid` may use and that are online.
///
/// # Errors
/// Where the process has ended or the kernel does not say.
pub fn allowed_cpus(root: &Path, pid: u32) -> Result<Vec<u64>, Unavailable> {
    let root = Root::new(root);
    let online = topology::online(&root);
    topology::allowed(&root, &pid.to_string(), &online)
}

/// The processors that process `pid` may use, those of different cores before their siblings.
///
/// # Errors
/// As [`allowed_cpus`].
pub fn allowed_cpus_by_core(root: &Path, pid: u32) -> Result<Vec<u64>, Unavailable> {
    let allowed = allowed_cpus(root, pid)?;
    Ok(topology::by_core(&Root::new(root), &allowed))
}

/// The resolution of the kernel's timers: 1 ns with high-resolution timers, else a tick of some milliseconds.
pub fn timer_resolution() -> Nanoseconds {
    let resolution = rustix::time::clock_getres(rustix::time::ClockId::Monotonic);
    let nanos = resolution.tv_sec as u64 * 1_000_000_000 + resolution.tv_nsec as u64;
    Nanoseconds::from_nanos(nanos)
}

/// What several checks look at.
struct Place {
    root: Root,
    pid: String,
    threads: Option<u64>,
    online: Members,
    allowed: Members,
}

impl Place {
    fn of(root: &Root, situation: &Situation) -> Self {
        let online = topology::online(root);
        let pid = situation.pid.to_string();
        Self {
            root: root.clone(),
            allowed: topology::allowed(root, &pid, &online),
            pid,
            threads: situation.threads,
            online,
        }
    }

    fn online(&self) -> Result<&[u64], Unavailable> {
        self.online.as_deref().map_err(Clone::clone)
    }

    fn allowed(&self) -> Result<&[u64], Unavailable> {
        self.allowed.as_deref().map_err(Clone::clone)
    }
}

#[cfg(test)]
mod tests;
