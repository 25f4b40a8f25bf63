//! Which processors there are, which of them a process may use, and how they lie in cores and NUMA nodes.

use std::collections::{BTreeMap, BTreeSet};

use crate::root::Root;
use crate::{Unavailable, cpu_list};

pub(crate) const FOLDER: &str = "sys/devices/system/cpu";
const NODES: &str = "sys/devices/system/node";

/// Numbers of processors or nodes, or why they are not known.
pub(crate) type Members = Result<Vec<u64>, Unavailable>;

pub(crate) fn online(root: &Root) -> Members {
    list(root, &format!("{FOLDER}/online"))
}

/// Processors that process `pid` (`self` for this one) may use; the kernel also lists such as are not there.
pub(crate) fn allowed(root: &Root, pid: &str, online: &Members) -> Members {
    let allowed = status_list(root, pid, "Cpus_allowed_list")?;
    let online = online.as_ref().map_err(Clone::clone)?;
    Ok(common(&allowed, online))
}

/// NUMA nodes that the kernel has online.
pub(crate) fn nodes(root: &Root) -> Members {
    list(root, &format!("{NODES}/online"))
}

/// NUMA nodes whose memory process `pid` may use.
pub(crate) fn memory_nodes(root: &Root, pid: &str) -> Members {
    let nodes = nodes(root)?;
    Ok(common(
        &status_list(root, pid, "Mems_allowed_list")?,
        &nodes,
    ))
}

/// NUMA nodes that `cpus` lie on.
pub(crate) fn nodes_of(root: &Root, cpus: &[u64]) -> Members {
    let mut found = Vec::new();
    for node in nodes(root)? {
        let members = list(root, &format!("{NODES}/node{node}/cpulist"))?;
        if members.iter().any(|cpu| cpus.contains(cpu)) {
            found.push(node);
        }
    }
    Ok(found)
}

/// Processors that the scheduler gives to nobody by itself.
pub(crate) fn isolated(root: &Root) -> Members {
    list(root, &format!("{FOLDER}/isolated"))
}

/// The processors of `cpu`'s core, `cpu` among them.
pub(crate) fn siblings(root: &Root, cpu: u64) -> Members {
    let text = core(root, cpu)?;
    cpu_list::members(&text)
        .ok_or_else(|| root.unclear(&core_file(cpu), "list of processors", &text))
}

/// How many cores `cpus` lie on.
pub(crate) fn cores(root: &Root, cpus: &[u64]) -> Result<u64, Unavailable> {
    distinct(cpus, |cpu| core(root, cpu))
}

/// `cpus` with one of each core first, then a second of each, and so on; as they are where the kernel does not tell.
pub(crate) fn by_core(root: &Root, cpus: &[u64]) -> Vec<u64> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let place = |cpu: &u64| {
        let core = core(root, *cpu).ok()?;
        let before = seen.entry(core).or_default();
        *before += 1;
        Some((*before, *cpu))
    };
    let places: Option<Vec<(usize, u64)>> = cpus.iter().map(place).collect();
    let Some(mut places) = places else {
        return cpus.to_vec();
    };
    places.sort_unstable();
    places.into_iter().map(|(_, cpu)| cpu).collect()
}

/// How many sockets `cpus` lie on.
pub(crate) fn sockets(root: &Root, cpus: &[u64]) -> Result<u64, Unavailable> {
    let file = |cpu| format!("{FOLDER}/cpu{cpu}/topology/physical_package_id");
    distinct(cpus, |cpu| known(root.line(&file(cpu), "topology")?))
}

/// Whether cores run more than one thread at a time; without the kernel's own word, whether there are more processors
/// than cores.
pub(crate) fn smt(root: &Root) -> Result<bool, Unavailable> {
    let stated = root.number(&format!("{FOLDER}/smt/active"), "number");
    match stated {
        Ok(active) => Ok(active == 1),
        Err(_) => {
            let cpus = online(root)?;
            Ok(cores(root, &cpus)? < cpus.len() as u64)
        }
    }
}

fn core(root: &Root, cpu: u64) -> Result<String, Unavailable> {
    let older = format!("{FOLDER}/cpu{cpu}/topology/thread_siblings_list");
    let newer = root.line(&core_file(cpu), "topology");
    known(newer.or_else(|_| root.line(&older, "topology"))?)
}

fn core_file(cpu: u64) -> String {
    format!("{FOLDER}/cpu{cpu}/topology/core_cpus_list")
}

fn distinct(
    cpus: &[u64],
    of: impl Fn(u64) -> Result<String, Unavailable>,
) -> Result<u64, Unavailable> {
    let values: Result<BTreeSet<String>, Unavailable> = cpus.iter().map(|cpu| of(*cpu)).collect();
    Ok(values?.len() as u64)
}

/// Firmware that does not say makes the kernel answer −1.
fn known(value: String) -> Result<String, Unavailable> {
    match value.as_str() {
        "-1" => Err(Unavailable::None(
            "the firmware does not describe the topology",
        )),
        _ => Ok(value),
    }
}

/// An empty file is an empty list.
fn list(root: &Root, file: &str) -> Members {
    let text = root.text(file)?;
    cpu_list::members(&text).ok_or_else(|| root.unclear(file, "list of numbers", text.trim()))
}

fn status_list(root: &Root, pid: &str, what: &'static str) -> Members {
    let file = format!("proc/{pid}/status");
    let text = root.text(&file)?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    let members = value.and_then(cpu_list::members);
    members.ok_or_else(|| root.unclear(&file, what, value.unwrap_or_default()))
}

fn common(one: &[u64], other: &[u64]) -> Vec<u64> {
    one.iter()
        .filter(|member| other.contains(member))
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_root::FakeRoot;

    #[test]
    fn siblings_come_after_one_of_each_core() {
        let root = FakeRoot::new();
        for (cpu, core) in [(0, "0-1"), (1, "0-1"), (2, "2-3"), (3, "2-3")] {
            root.file(&core_file(cpu), core);
        }
        let known = Root::new(root.path());
        assert_eq!(by_core(&known, &[0, 1, 2, 3]), [0, 2, 1, 3]);
        assert_eq!(by_core(&known, &[1, 3]), [1, 3]);
        assert_eq!(by_core(&known, &[0, 1, 9]), [0, 1, 9], "9 is not described");
    }
}
