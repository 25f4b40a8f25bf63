//! The processors: which, how many, with what caches and extensions.

use tare_results::Cpu;

use crate::cpu_info::CpuInfo;
use crate::gaps::Gaps;
use crate::root::Root;
use crate::topology::{self, Members};
use crate::{Unavailable, caches, frequency};

pub(crate) fn read(root: &Root, gaps: &mut Gaps) -> Cpu {
    let info = CpuInfo::read(root);
    let info = info.as_ref().map_err(Clone::clone);
    let online = topology::online(root);
    let allowed = topology::allowed(root, "self", &online);
    let extensions = info.clone().and_then(CpuInfo::extensions);
    Cpu {
        model: gaps.keep("cpu.model", info.clone().and_then(CpuInfo::model)),
        architecture: architecture(root),
        identity: gaps.keep("cpu.identity", info.clone().and_then(CpuInfo::identity)),
        microcode: gaps.keep("cpu.microcode", info.and_then(CpuInfo::microcode)),
        sockets: gaps.keep(
            "cpu.sockets",
            of(&online, |cpus| topology::sockets(root, cpus)),
        ),
        cores: gaps.keep("cpu.cores", of(&online, |cpus| topology::cores(root, cpus))),
        logical_cpus: gaps.keep("cpu.logical_cpus", count(&online)),
        allowed_cpus: gaps.keep("cpu.allowed_cpus", count(&allowed)),
        allowed_cores: gaps.keep(
            "cpu.allowed_cores",
            of(&allowed, |cpus| topology::cores(root, cpus)),
        ),
        allowed_numa_nodes: gaps.keep(
            "cpu.allowed_numa_nodes",
            of(&allowed, |cpus| count(&topology::nodes_of(root, cpus))),
        ),
        isolated_cpus: gaps.keep("cpu.isolated_cpus", isolated(root, &allowed)),
        smt: gaps.keep("cpu.smt", topology::smt(root)),
        numa_nodes: gaps.keep("cpu.numa_nodes", count(&topology::nodes(root))),
        min_frequency_khz: gaps.keep(
            "cpu.min_frequency_khz",
            frequency::lowest(root, &online, "cpuinfo_min_freq"),
        ),
        base_frequency_khz: gaps.keep("cpu.base_frequency_khz", frequency::base(root, &online)),
        max_frequency_khz: gaps.keep(
            "cpu.max_frequency_khz",
            frequency::highest(root, &online, "cpuinfo_max_freq"),
        ),
        frequency_limit_khz: gaps.keep(
            "cpu.frequency_limit_khz",
            frequency::highest(root, &online, "scaling_max_freq"),
        ),
        caches: caches::read(root, gaps),
        extensions: gaps.keep("cpu.extensions", extensions).unwrap_or_default(),
    }
}

/// As the kernel calls it; an older kernel does not say, and then it is what this program was built for.
fn architecture(root: &Root) -> String {
    root.line("proc/sys/kernel/arch", "architecture")
        .unwrap_or_else(|_| std::env::consts::ARCH.to_owned())
}

fn of(
    cpus: &Members,
    fact: impl Fn(&[u64]) -> Result<u64, Unavailable>,
) -> Result<u64, Unavailable> {
    fact(cpus.as_ref().map_err(Clone::clone)?)
}

fn count(members: &Members) -> Result<u64, Unavailable> {
    of(members, |members| Ok(members.len() as u64))
}

fn isolated(root: &Root, allowed: &Members) -> Result<u64, Unavailable> {
    let isolated = topology::isolated(root)?;
    of(allowed, |cpus| {
        Ok(cpus.iter().filter(|cpu| isolated.contains(cpu)).count() as u64)
    })
}
