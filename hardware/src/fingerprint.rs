//! The fingerprint: what would change speed and nothing else, so that like machines share one.
//!
//! | in it | not in it, and why |
//! |---|---|
//! | architecture, model, identity and microcode of the processor (microcode that closes a leak may slow vector gathers down) | name of the host, device identifiers: differ between like machines |
//! | sockets, cores, threads of a core, online processors, NUMA nodes | |
//! | how many processors, cores and nodes are allowed, nodes whose memory is, how many of them are isolated | which: like cores are alike |
//! | frequencies: lowest, base, highest, allowed; what sets them: driver, governor, preference, turbo | the frequency of the moment: that is what probes are for |
//! | caches, arithmetic extensions | other processor flags: no kernel chooses by them |
//! | limits: processors of the control group | how many threads it may have: a cell that needs more does not run; swap: a run that swaps shows major page faults |
//! | size class of the memory that may be used: the least of what is installed, the limit and the mark above which a control group is slowed down, by steps of √2 | the exact size: kernels reserve differing amounts; what is free, uptime, load: of the moment |
//! | mode of transparent huge pages, moving of pages between nodes, closed leaks that slow arithmetic down, clock source, hypervisor | container, distribution, C library and kernel release: recorded, but the timed work hardly enters the kernel, and an update a week would leave nothing to compare with |
//! | model and driver of each GPU | memory of a GPU: its model tells |

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};
use tare_results::{Cache, Gpu, Machine};

/// Keys are declared in alphabetical order, which is the order they are hashed in.
#[derive(Serialize)]
struct Essence<'a> {
    allowed_cores: Option<u64>,
    allowed_cpus: Option<u64>,
    allowed_memory_nodes: Option<u64>,
    allowed_numa_nodes: Option<u64>,
    architecture: &'a str,
    base_frequency_khz: Option<u64>,
    caches: Vec<CacheEssence<'a>>,
    clock_source: Option<&'a str>,
    cores: Option<u64>,
    cpu_limit_millis: Option<u64>,
    energy_preference: Option<&'a str>,
    extensions: &'a [String],
    frequency_driver: Option<&'a str>,
    frequency_limit_khz: Option<u64>,
    governor: Option<&'a str>,
    gpus: Vec<GpuEssence<'a>>,
    hypervisor: Option<&'a str>,
    identity: Option<&'a str>,
    isolated_cpus: Option<u64>,
    logical_cpus: Option<u64>,
    max_frequency_khz: Option<u64>,
    memory_class: Option<u32>,
    microcode: Option<&'a str>,
    min_frequency_khz: Option<u64>,
    mitigations: &'a BTreeMap<String, String>,
    model: Option<&'a str>,
    numa_balancing: Option<bool>,
    numa_nodes: Option<u64>,
    scheme: u32,
    smt: Option<bool>,
    sockets: Option<u64>,
    transparent_huge_pages: Option<&'a str>,
    turbo: Option<bool>,
}

#[derive(Serialize)]
struct CacheEssence<'a> {
    kind: &'a str,
    level: u64,
    shared_by: Option<u64>,
    size_bytes: u64,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct GpuEssence<'a> {
    driver: Option<&'a str>,
    ecc: Option<bool>,
    max_memory_clock_mhz: Option<u64>,
    max_sm_clock_mhz: Option<u64>,
    mig: Option<bool>,
    name: &'a str,
    pcie_generation: Option<u64>,
    pcie_lanes: Option<u64>,
    power_limit_mw: Option<u64>,
}

/// The sha256 of [`canonical`], in hexadecimal.
pub(crate) fn of(machine: &Machine) -> String {
    let digest = Sha256::digest(canonical(machine).as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON without spaces, keys sorted.
pub(crate) fn canonical(machine: &Machine) -> String {
    let (cpu, environment) = (&machine.cpu, &machine.environment);
    let mut gpus: Vec<GpuEssence<'_>> = machine.gpus.iter().map(gpu).collect();
    gpus.sort();
    let essence = Essence {
        allowed_cores: cpu.allowed_cores,
        allowed_cpus: cpu.allowed_cpus,
        allowed_memory_nodes: machine.memory.allowed_numa_nodes,
        allowed_numa_nodes: cpu.allowed_numa_nodes,
        architecture: &cpu.architecture,
        base_frequency_khz: cpu.base_frequency_khz,
        caches: cpu.caches.iter().map(cache).collect(),
        clock_source: environment.clock_source.as_deref(),
        cores: cpu.cores,
        cpu_limit_millis: environment.cpu_limit_millis,
        energy_preference: environment.energy_preference.as_deref(),
        extensions: &cpu.extensions,
        frequency_driver: environment.frequency_driver.as_deref(),
        frequency_limit_khz: cpu.frequency_limit_khz,
        governor: environment.governor.as_deref(),
        gpus,
        hypervisor: environment.hypervisor.as_deref(),
        identity: cpu.identity.as_deref(),
        isolated_cpus: cpu.isolated_cpus,
        logical_cpus: cpu.logical_cpus,
        max_frequency_khz: cpu.max_frequency_khz,
        memory_class: memory_class(machine),
        microcode: cpu.microcode.as_deref(),
        min_frequency_khz: cpu.min_frequency_khz,
        mitigations: &environment.mitigations,
        model: cpu.model.as_deref(),
        numa_balancing: environment.numa_balancing,
        numa_nodes: cpu.numa_nodes,
        scheme: 3,
        smt: cpu.smt,
        sockets: cpu.sockets,
        transparent_huge_pages: environment.transparent_huge_pages.as_deref(),
        turbo: environment.turbo,
    };
    // Strings and whole numbers under string keys are never refused.
    serde_json::to_string(&essence).unwrap_or_default()
}

fn gpu(gpu: &Gpu) -> GpuEssence<'_> {
    GpuEssence {
        driver: gpu.driver.as_deref(),
        ecc: gpu.ecc,
        max_memory_clock_mhz: gpu.max_memory_clock_mhz,
        max_sm_clock_mhz: gpu.max_sm_clock_mhz,
        mig: gpu.mig,
        name: &gpu.name,
        pcie_generation: gpu.pcie_generation,
        pcie_lanes: gpu.pcie_lanes,
        power_limit_mw: gpu.power_limit_mw,
    }
}

fn cache(cache: &Cache) -> CacheEssence<'_> {
    CacheEssence {
        kind: &cache.kind,
        level: cache.level,
        shared_by: cache.shared_by,
        size_bytes: cache.size_bytes.as_bytes(),
    }
}

/// The whole number nearest to 2·log₂ of the bytes: installed sizes, a little reduced by the kernel, lie far from a border.
fn memory_class(machine: &Machine) -> Option<u32> {
    let total = machine.memory.total_bytes?;
    let environment = &machine.environment;
    let limits = [
        environment.memory_limit_bytes,
        environment.memory_high_bytes,
    ];
    let usable = limits.into_iter().flatten().fold(total, Ord::min);
    Some((2.0 * (usable.as_bytes().max(1) as f64).log2()).round() as u32)
}

#[cfg(test)]
mod tests;
