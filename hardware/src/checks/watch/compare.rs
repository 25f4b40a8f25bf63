//! Two snapshots to findings: pure functions of what was counted.

use std::collections::BTreeMap;

use tare_results::Finding;

use super::processes::Process;
use super::snapshot::{Snapshot, Times};
use crate::Unavailable;
use crate::checks::catalogue::{
    CPU_THROTTLING, FOREIGN_LOAD, INVOLUNTARY_SWITCHES, MAJOR_FAULTS, SIBLING_BUSY, STEAL, SWAP,
    THERMAL_THROTTLING,
};
use crate::checks::judged::Judged;

/// What lies between two snapshots.
pub(super) struct Window<'a> {
    pub(super) before: &'a Snapshot,
    pub(super) after: &'a Snapshot,
    pub(super) pid: u32,
    pub(super) cpus: &'a [u64],
}

type Judgement = Result<Judged, Unavailable>;

const BACKWARDS: Unavailable = Unavailable::None("the kernel's counter went backwards");
const TOO_SHORT: Unavailable =
    Unavailable::None("the window is shorter than a tick of the kernel's accounting");
const ENDED: Unavailable = Unavailable::None("the process did not live from beginning to end");

/// Fewer ticks than this may be rounding.
const ROUNDING: u64 = 2;

pub(super) fn findings(window: &Window<'_>) -> Vec<Finding> {
    vec![
        THERMAL_THROTTLING.finding(slowed(window)),
        SIBLING_BUSY.finding(siblings(window)),
        FOREIGN_LOAD.finding(foreign(window)),
        INVOLUNTARY_SWITCHES.finding(switches(window)),
        STEAL.finding(steal(window)),
        CPU_THROTTLING.finding(throttled(window)),
        MAJOR_FAULTS.finding(faults(window)),
        SWAP.finding(swapped(window)),
    ]
}

/// More than a hundredth of the time.
fn steal(window: &Window<'_>) -> Judgement {
    let spent = spent(window, window.cpus)?;
    let share = spent.steal as f64 / spent.all as f64;
    let found = format!("the hypervisor took {:.1}% of the time", share * 100.0);
    Ok(beyond_rounding(spent.steal, share, 0.01, found))
}

/// More than a twentieth of the time.
fn siblings(window: &Window<'_>) -> Judgement {
    let siblings = window.before.siblings.as_ref().map_err(Clone::clone)?;
    if siblings.is_empty() {
        let found = "no processor outside the measured ones shares a core with them";
        return Ok(Judged::problem_if(false, found.to_owned()));
    }
    let mut worst = (0.0, 0, siblings[0]);
    for cpu in siblings {
        let spent = spent(window, &[*cpu])?;
        let share = spent.busy as f64 / spent.all as f64;
        if share > worst.0 {
            worst = (share, spent.busy, *cpu);
        }
    }
    let (share, ticks, cpu) = worst;
    let found = format!(
        "processor {cpu}, the other thread of a measured core, was busy {:.0}% of the time",
        share * 100.0
    );
    Ok(beyond_rounding(ticks, share, 0.05, found))
}

/// More than a twentieth of the processors, and more than a tenth of one.
fn foreign(window: &Window<'_>) -> Judgement {
    let spent = spent(window, window.cpus)?;
    let before = window.before.processes.as_ref().map_err(Clone::clone)?;
    let after = window.after.processes.as_ref().map_err(Clone::clone)?;
    lived(window)?;
    let tree = after.tree(window.pid);
    let since: Vec<(u32, &Process, u64)> = after.ticks_since(before).collect();
    let (own, others): (Vec<_>, Vec<_>) =
        since.into_iter().partition(|(pid, ..)| tree.contains(pid));
    let own = own
        .iter()
        .fold(0_u64, |sum, (_, _, ticks)| sum.saturating_add(*ticks));
    let ticks = spent.busy.saturating_sub(own);
    let processors = window.cpus.len() as f64;
    let length = spent.all as f64 / processors;
    let used = ticks as f64 / length;
    let bound = (processors / 20.0).max(0.1);
    let found = format!(
        "others kept {used:.2} processors busy{}",
        named(window, others, length)
    );
    Ok(beyond_rounding(ticks, used, bound, found))
}

/// Up to three that ran on the window's processors, the busiest first.
fn named(window: &Window<'_>, mut others: Vec<(u32, &Process, u64)>, length: f64) -> String {
    const NAMED: usize = 3;
    others.retain(|(_, process, ticks)| {
        *ticks > ROUNDING && window.cpus.contains(&process.processor)
    });
    others.sort_by_key(|(pid, _, ticks)| (std::cmp::Reverse(*ticks), *pid));
    let named: Vec<String> = others
        .iter()
        .take(NAMED)
        .map(|(pid, process, ticks)| {
            format!("{} ({pid}) {:.2}", process.name, *ticks as f64 / length)
        })
        .collect();
    if named.is_empty() {
        return String::new();
    }
    format!(": {}", named.join(", "))
}

/// More than 20 a second; a quiet machine's own threads of the kernel cause some.
fn switches(window: &Window<'_>) -> Judgement {
    const A_SECOND: f64 = 20.0;
    let before = window.before.switches.as_ref().map_err(Clone::clone)?;
    let after = window.after.switches.as_ref().map_err(Clone::clone)?;
    let count = sum_grown(before, after)?;
    let spent = spent(window, window.cpus)?;
    let seconds = seconds(spent.all) / window.cpus.len() as f64;
    let rate = count as f64 / seconds;
    let found = format!("{count} in {seconds:.2} s");
    Ok(Judged::within(rate, A_SECOND, found))
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

fn throttled(window: &Window<'_>) -> Judgement {
    let before = window.before.throttled.as_ref().map_err(Clone::clone)?;
    let after = window.after.throttled.as_ref().map_err(Clone::clone)?;
    let periods = grown(before.periods, after.periods)?;
    let time_us = grown(before.time_us, after.time_us)?;
    let found = match periods {
        0 => "never stopped".to_owned(),
        _ => format!(
            "stopped in {periods} periods, for {:.1} ms",
            time_us as f64 / 1e3
        ),
    };
    Ok(Judged::problem_if(periods > 0, found))
}

fn slowed(window: &Window<'_>) -> Judgement {
    let before = window.before.slowed.as_ref().map_err(Clone::clone)?;
    let after = window.after.slowed.as_ref().map_err(Clone::clone)?;
    let mut events = 0_u64;
    for (cpu, count) in after {
        let earlier = before.get(cpu).unwrap_or(count);
        events = events.saturating_add(grown(*earlier, *count)?);
    }
    let found = match events {
        0 => "never slowed down".to_owned(),
        _ => format!("slowed down {events} times, over all measured processors"),
    };
    Ok(Judged::problem_if(events > 0, found))
}

fn faults(window: &Window<'_>) -> Judgement {
    let (before, after) = lived(window)?;
    let faults = grown(before.major_faults, after.major_faults)?;
    Ok(Judged::problem_if(
        faults > 0,
        format!("{faults} pages were read from the disk"),
    ))
}

fn swapped(window: &Window<'_>) -> Judgement {
    let before = window.before.swapped.as_ref().map_err(Clone::clone)?;
    let after = window.after.swapped.as_ref().map_err(Clone::clone)?;
    let pages = grown(*before, *after)?;
    Ok(Judged::problem_if(
        pages > 0,
        format!("{pages} pages were swapped, of whichever process"),
    ))
}

/// The watched process at both ends.
fn lived<'a>(window: &Window<'a>) -> Result<(&'a Process, &'a Process), Unavailable> {
    let at = |snapshot: &'a Snapshot| {
        let processes = snapshot.processes.as_ref().map_err(Clone::clone)?;
        processes.get(window.pid).ok_or(ENDED)
    };
    let (before, after) = (at(window.before)?, at(window.after)?);
    if before.began != after.began {
        return Err(ENDED);
    }
    Ok((before, after))
}

/// What `cpus` did together within the window.
fn spent(window: &Window<'_>, cpus: &[u64]) -> Result<Times, Unavailable> {
    let before = window.before.times.as_ref().map_err(Clone::clone)?;
    let after = window.after.times.as_ref().map_err(Clone::clone)?;
    let mut spent = Times::default();
    for cpu in cpus {
        let (Some(before), Some(after)) = (before.get(cpu), after.get(cpu)) else {
            return Err(Unavailable::None(
                "the kernel gives no times of a measured processor",
            ));
        };
        let add = |sum: u64, before: u64, after: u64| -> Result<u64, Unavailable> {
            Ok(sum.saturating_add(grown(before, after)?))
        };
        spent.busy = add(spent.busy, before.busy, after.busy)?;
        spent.steal = add(spent.steal, before.steal, after.steal)?;
        spent.all = add(spent.all, before.all, after.all)?;
    }
    if spent.all == 0 {
        Err(TOO_SHORT)
    } else {
        Ok(spent)
    }
}

fn grown(before: u64, after: u64) -> Result<u64, Unavailable> {
    after.checked_sub(before).ok_or(BACKWARDS)
}

/// Over all threads that are still there; new ones count from nothing.
fn sum_grown(
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
) -> Result<u64, Unavailable> {
    let each = after
        .iter()
        .map(|(thread, count)| grown(before.get(thread).copied().unwrap_or_default(), *count));
    each.reduce(|sum, more| Ok(sum?.saturating_add(more?)))
        .unwrap_or(Ok(0))
}

fn beyond_rounding(ticks: u64, value: f64, bound: f64, found: String) -> Judged {
    match ticks > ROUNDING {
        true => Judged::within(value, bound, found),
        false => Judged::problem_if(false, found),
    }
}
