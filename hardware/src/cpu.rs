//! The processors: which, how many, with what caches and extensions.

use std::collections::BTreeSet;

use tare_results::Cpu;

use crate::cpu_info::CpuInfo;
use crate::gaps::Gaps;
use crate::root::Root;
use crate::{Unavailable, caches, cpu_list};

const FOLDER: &str = "sys/devices/system/cpu";

pub(crate) fn read(root: &Root, gaps: &mut Gaps) -> Cpu {
    let info = CpuInfo::read(root);
    let online = online(root);
    Cpu {
        model: gaps.keep(
            "cpu.model",
            info.as_ref().map_err(Clone::clone).and_then(CpuInfo::model),
        ),
        architecture: architecture(root),
        identity: gaps.keep(
            "cpu.identity",
            info.as_ref()
                .map_err(Clone::clone)
                .and_then(CpuInfo::identity),
        ),
        microcode: gaps.keep(
            "cpu.microcode",
            info.as_ref()
                .map_err(Clone::clone)
                .and_then(CpuInfo::microcode),
        ),
        sockets: gaps.keep(
            "cpu.sockets",
            distinct(root, &online, &["physical_package_id"]),
        ),
        cores: gaps.keep(
            "cpu.cores",
            distinct(root, &online, &["core_cpus_list", "thread_siblings_list"]),
        ),
        logical_cpus: gaps.keep("cpu.logical_cpus", count(&online)),
        allowed_cpus: gaps.keep("cpu.allowed_cpus", allowed(root, &online)),
        numa_nodes: gaps.keep("cpu.numa_nodes", nodes(root)),
        max_frequency_khz: gaps.keep("cpu.max_frequency_khz", max_frequency(root, &online)),
        caches: caches::read(root, gaps),
        extensions: gaps
            .keep(
                "cpu.extensions",
                info.as_ref()
                    .map_err(Clone::clone)
                    .and_then(CpuInfo::extensions),
            )
            .unwrap_or_default(),
    }
}

/// As the kernel calls it; an older kernel does not say, and then it is what this program was built for.
fn architecture(root: &Root) -> String {
    root.line("proc/sys/kernel/arch", "architecture")
        .unwrap_or_else(|_| std::env::consts::ARCH.to_owned())
}

type Cpus = Result<Vec<u64>, Unavailable>;

fn online(root: &Root) -> Cpus {
    list(root, &format!("{FOLDER}/online"))
}

fn list(root: &Root, file: &str) -> Cpus {
    const WHAT: &str = "list of numbers";
    let text = root.line(file, WHAT)?;
    cpu_list::members(&text).ok_or_else(|| root.unclear(file, WHAT, &text))
}

fn count(cpus: &Cpus) -> Result<u64, Unavailable> {
    cpus.clone().map(|cpus| cpus.len() as u64)
}

fn nodes(root: &Root) -> Result<u64, Unavailable> {
    count(&list(root, "sys/devices/system/node/online"))
}

/// The list may name processors that this machine does not have, so only those online count.
fn allowed(root: &Root, online: &Cpus) -> Result<u64, Unavailable> {
    const FILE: &str = "proc/self/status";
    const WHAT: &str = "Cpus_allowed_list";
    let text = root.text(FILE)?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(WHAT)?.strip_prefix(':'));
    let members = value.and_then(cpu_list::members);
    let members = members.ok_or_else(|| root.unclear(FILE, WHAT, value.unwrap_or_default()))?;
    let online = online.as_ref().map_err(Clone::clone)?;
    Ok(members.iter().filter(|cpu| online.contains(cpu)).count() as u64)
}

/// How many values the first readable of `files` takes over the processors' topology.
fn distinct(root: &Root, cpus: &Cpus, files: &[&str]) -> Result<u64, Unavailable> {
    let mut values = BTreeSet::new();
    for cpu in cpus.as_ref().map_err(Clone::clone)? {
        let read =
            |file: &&str| root.line(&format!("{FOLDER}/cpu{cpu}/topology/{file}"), "topology");
        let mut last = Err(Unavailable::None("no topology"));
        for file in files {
            last = last.or_else(|_: Unavailable| read(file));
        }
        values.insert(known(last?)?);
    }
    Ok(values.len() as u64)
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

/// The highest over all processors, which need not be alike; the reason is the first one's.
fn max_frequency(root: &Root, cpus: &Cpus) -> Result<u64, Unavailable> {
    let read = |cpu: &u64| {
        let file = format!("{FOLDER}/cpu{cpu}/cpufreq/cpuinfo_max_freq");
        root.number(&file, "frequency")
    };
    let cpus = cpus.as_ref().map_err(Clone::clone)?;
    let readings: Vec<Result<u64, Unavailable>> = cpus.iter().map(read).collect();
    match readings.iter().flatten().max() {
        Some(highest) => Ok(*highest),
        None => readings
            .into_iter()
            .next()
            .unwrap_or(Err(Unavailable::None("no processor is online"))),
    }
}
