//! Checks of which processors and memory the process gets, and who else wants them.

use super::Place;
use crate::cgroup::Cgroup;
use crate::checks::judged::{Judged, ranges};
use crate::{Unavailable, topology};

pub(super) fn smt(place: &Place) -> Result<Judged, Unavailable> {
    if !topology::smt(&place.root)? {
        return Ok(Judged::problem_if(false, "one thread a core".to_owned()));
    }
    let allowed = place.allowed()?;
    let cores = topology::cores(&place.root, allowed)?;
    let threads = place.threads.unwrap_or(allowed.len() as u64);
    let found = format!(
        "{threads} threads on {} processors of {cores} cores",
        allowed.len()
    );
    let judged = Judged::problem_if(threads > cores, found);
    Ok(judged.with_remedy(one_of_each_core(place, allowed)?))
}

fn one_of_each_core(place: &Place, allowed: &[u64]) -> Result<String, Unavailable> {
    let mut chosen = Vec::new();
    for cpu in allowed {
        let siblings = topology::siblings(&place.root, *cpu)?;
        if !siblings.iter().any(|sibling| chosen.contains(sibling)) {
            chosen.push(*cpu);
        }
    }
    let (count, list) = (chosen.len(), ranges(&chosen));
    Ok(format!(
        "use at most {count} threads, on one processor of each core: taskset -c {list} tare ..."
    ))
}

pub(super) fn affinity(place: &Place) -> Result<Judged, Unavailable> {
    let (allowed, online) = (place.allowed()?, place.online()?);
    let isolated = topology::isolated(&place.root).unwrap_or_default();
    let own = format!("processors {} of {}", ranges(allowed), ranges(online));
    if let Some(threads) = place
        .threads
        .filter(|threads| *threads > allowed.len() as u64)
    {
        let found = format!("{threads} threads on {own}");
        return Ok(Judged::problem_if(true, found));
    }
    let misses = !isolated.is_empty() && !allowed.iter().any(|cpu| isolated.contains(cpu));
    if misses {
        let list = ranges(&isolated);
        let found = format!("{own}, though {list} are kept free for whoever asks for them");
        let remedy = format!("run on them: taskset -c {list} tare ...");
        return Ok(Judged::problem_if(true, found).with_remedy(remedy));
    }
    Ok(Judged::problem_if(false, own))
}

pub(super) fn numa(place: &Place) -> Result<Judged, Unavailable> {
    let all = topology::nodes(&place.root)?;
    if all.len() < 2 {
        return Ok(Judged::problem_if(false, "one node".to_owned()));
    }
    let processors = topology::nodes_of(&place.root, place.allowed()?)?;
    let memory = topology::memory_nodes(&place.root, &place.pid)?;
    let found = format!(
        "processors of node {}, memory of node {}",
        ranges(&processors),
        ranges(&memory)
    );
    let is_bound = processors.len() == 1 && memory == processors;
    let judged = Judged::problem_if(!is_bound, found);
    let node = processors.first().copied().unwrap_or_default();
    Ok(judged.with_remedy(format!(
        "bind processors and memory to one node: numactl --cpunodebind={node} --membind={node} tare ..."
    )))
}

/// The load over the last minute counts who ran or waited; a twentieth of the processors is a machine at rest.
pub(super) fn load(place: &Place) -> Result<Judged, Unavailable> {
    const FILE: &str = "proc/loadavg";
    const WHAT: &str = "load over the last minute";
    let text = place.root.line(FILE, WHAT)?;
    let load = text
        .split_whitespace()
        .next()
        .and_then(|load| load.parse().ok());
    let load: f64 = load
        .filter(|load: &f64| load.is_finite() && *load >= 0.0)
        .ok_or_else(|| place.root.unclear(FILE, WHAT, &text))?;
    let processors = place.online()?.len();
    let bound = (processors as f64 / 20.0).max(0.25);
    let found = format!("{load:.2} over the last minute, on {processors} processors");
    Ok(Judged::within(load, bound, found))
}

pub(super) fn cpu_limit(place: &Place) -> Result<Judged, Unavailable> {
    let cgroup = Cgroup::of(&place.root, &place.pid)?;
    let Some(limit) = cgroup.cpu_limit_millis()? else {
        return Ok(Judged::problem_if(false, "no limit".to_owned()));
    };
    let processors = place.allowed()?.len() as u64;
    let wanted = place
        .threads
        .map_or(processors, |threads| threads.min(processors));
    let found = format!("{} processors of {wanted} wanted", limit as f64 / 1e3);
    Ok(Judged::problem_if(
        limit < wanted.saturating_mul(1_000),
        found,
    ))
}
