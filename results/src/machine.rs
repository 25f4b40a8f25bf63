//! What is known of the machine, and the fingerprint that groups records of like machines.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_units::Bytes;

/// The machine a run was made on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The sha256 over what would change speed, in hexadecimal.
    pub fingerprint: String,
    /// Processors.
    pub cpu: Cpu,
    /// Main memory.
    pub memory: MemoryFacts,
    /// Accelerators; empty where none was found.
    pub gpus: Vec<Gpu>,
    /// Kernel and distribution.
    pub os: OperatingSystem,
    /// Container, virtualisation and limits.
    pub environment: Environment,
    /// Facts that could not be read, by dotted path.
    #[serde(default)]
    pub missing: BTreeMap<String, String>,
}

/// Processors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cpu {
    /// Such as `Intel(R) Xeon(R) Processor`; kinds of core joined by ` + `.
    pub model: Option<String>,
    /// Such as `x86_64`.
    pub architecture: String,
    /// Vendor, family, model and stepping numbers, such as `GenuineIntel 6-167-1`.
    pub identity: Option<String>,
    /// The microcode revision.
    pub microcode: Option<String>,
    /// Physical packages.
    pub sockets: Option<u64>,
    /// Physical cores, all sockets together.
    pub cores: Option<u64>,
    /// Processors that the kernel has online.
    pub logical_cpus: Option<u64>,
    /// Processors that this process may use.
    pub allowed_cpus: Option<u64>,
    /// Physical cores that these lie on.
    #[serde(default)]
    pub allowed_cores: Option<u64>,
    /// NUMA nodes that these lie on.
    #[serde(default)]
    pub allowed_numa_nodes: Option<u64>,
    /// Of the processors that this process may use, those that the scheduler gives to nobody by itself.
    #[serde(default)]
    pub isolated_cpus: Option<u64>,
    /// Whether cores run more than one thread at a time.
    #[serde(default)]
    pub smt: Option<bool>,
    /// NUMA nodes.
    pub numa_nodes: Option<u64>,
    /// The lowest frequency in kilohertz that the hardware offers.
    #[serde(default)]
    pub min_frequency_khz: Option<u64>,
    /// The frequency in kilohertz that is promised with every core busy, without turbo; the highest over all cores.
    #[serde(default)]
    pub base_frequency_khz: Option<u64>,
    /// The highest frequency in kilohertz that the hardware offers.
    pub max_frequency_khz: Option<u64>,
    /// The highest frequency in kilohertz that the settings allow.
    #[serde(default)]
    pub frequency_limit_khz: Option<u64>,
    /// Caches that processor 0 sees.
    pub caches: Vec<Cache>,
    /// Instruction-set extensions that change the speed of arithmetic, sorted.
    pub extensions: Vec<String>,
}

/// One cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cache {
    /// 1, 2, 3.
    pub level: u64,
    /// `data`, `instruction` or `unified`.
    pub kind: String,
    /// Size of one instance.
    pub size_bytes: Bytes,
    /// Logical processors that share an instance.
    pub shared_by: Option<u64>,
}

/// Main memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryFacts {
    /// Installed, as the kernel counts it.
    pub total_bytes: Option<Bytes>,
    /// Swap space.
    pub swap_bytes: Option<Bytes>,
    /// NUMA nodes whose memory this process may use.
    #[serde(default)]
    pub allowed_numa_nodes: Option<u64>,
}

/// An accelerator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gpu {
    /// Such as `NVIDIA H200`.
    pub name: String,
    /// The driver's identifier, where it says.
    pub uuid: Option<String>,
    /// Memory of the device.
    pub memory_bytes: Option<Bytes>,
    /// The driver's version.
    pub driver: Option<String>,
    /// The newest CUDA that the driver serves, such as `12.8`.
    pub cuda: Option<String>,
    /// Such as `9.0`: what its kernels are compiled for.
    pub compute_capability: Option<String>,
    /// Whether its memory corrects errors.
    pub ecc: Option<bool>,
    /// Whether it is divided into instances; `null` without a reason where it cannot be.
    pub mig: Option<bool>,
    /// Whether the driver stays loaded while nobody uses it.
    pub persistence: Option<bool>,
    /// What it may draw, in milliwatts, as enforced now.
    pub power_limit_mw: Option<u64>,
    /// What it may draw, in milliwatts, as it was delivered.
    pub default_power_limit_mw: Option<u64>,
    /// The highest clock of its multiprocessors, in megahertz.
    pub max_sm_clock_mhz: Option<u64>,
    /// The highest clock of its memory, in megahertz.
    pub max_memory_clock_mhz: Option<u64>,
    /// The PCIe generation that device and slot reach together; an idle link runs at a lower one.
    pub pcie_generation: Option<u64>,
    /// The PCIe lanes that device and slot have together.
    pub pcie_lanes: Option<u64>,
}

/// Kernel and distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperatingSystem {
    /// Such as `Linux`.
    pub name: String,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// Such as `Debian GNU/Linux 12 (bookworm)`.
    pub distribution: Option<String>,
    /// The C library that this process uses, such as `glibc 2.36`; `null` where it is part of the program.
    #[serde(default)]
    pub c_library: Option<String>,
}

/// Container, virtualisation and limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The hypervisor, where one shows.
    pub hypervisor: Option<String>,
    /// The kind of container, where one shows.
    pub container: Option<String>,
    /// The cgroup's processor limit in thousandths of a processor.
    pub cpu_limit_millis: Option<u64>,
    /// The cgroup's memory limit.
    pub memory_limit_bytes: Option<Bytes>,
    /// The memory above which the cgroup is slowed down.
    #[serde(default)]
    pub memory_high_bytes: Option<Bytes>,
    /// How many threads and processes the cgroup may have.
    #[serde(default)]
    pub tasks_limit: Option<u64>,
    /// The frequency governors of the processors, each once, joined by ` + `.
    pub governor: Option<String>,
    /// What sets frequencies, such as `intel_pstate`.
    #[serde(default)]
    pub frequency_driver: Option<String>,
    /// What the hardware is told to prefer between speed and energy, each once, joined by ` + `.
    #[serde(default)]
    pub energy_preference: Option<String>,
    /// Whether frequencies above the base are allowed.
    #[serde(default)]
    pub turbo: Option<bool>,
    /// The mode of transparent huge pages.
    pub transparent_huge_pages: Option<String>,
    /// Whether the kernel moves pages between NUMA nodes by itself.
    #[serde(default)]
    pub numa_balancing: Option<bool>,
    /// Measures against leaks that slow programs down outside the kernel too, by the kernel's name for the leak.
    #[serde(default)]
    pub mitigations: BTreeMap<String, String>,
    /// The kernel's clock source.
    pub clock_source: Option<String>,
}
