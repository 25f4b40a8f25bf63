//! What surrounds the process: container, hypervisor, and settings of the kernel that change speed.

use std::collections::BTreeMap;

use tare_results::Environment;

use crate::cgroup::Cgroup;
use crate::cpu_info::CpuInfo;
use crate::gaps::Gaps;
use crate::root::Root;
use crate::{Unavailable, frequency, topology};

pub(crate) fn read(root: &Root, gaps: &mut Gaps) -> Environment {
    let online = topology::online(root);
    let cgroup = Cgroup::read(root);
    let cgroup = cgroup.as_ref().map_err(Clone::clone);
    Environment {
        hypervisor: hypervisor(root),
        container: container(root),
        cpu_limit_millis: gaps
            .keep(
                "environment.cpu_limit_millis",
                cgroup.clone().and_then(Cgroup::cpu_limit_millis),
            )
            .flatten(),
        memory_limit_bytes: gaps
            .keep(
                "environment.memory_limit_bytes",
                cgroup.clone().and_then(Cgroup::memory_limit),
            )
            .flatten(),
        memory_high_bytes: cgroup.clone().ok().and_then(Cgroup::memory_high),
        tasks_limit: cgroup.ok().and_then(Cgroup::tasks_limit),
        governor: gaps.keep(
            "environment.governor",
            frequency::settings(root, &online, "scaling_governor"),
        ),
        frequency_driver: gaps.keep(
            "environment.frequency_driver",
            frequency::settings(root, &online, "scaling_driver"),
        ),
        energy_preference: gaps.keep(
            "environment.energy_preference",
            frequency::settings(root, &online, "energy_performance_preference"),
        ),
        turbo: gaps.keep("environment.turbo", frequency::turbo(root)),
        transparent_huge_pages: gaps.keep("environment.transparent_huge_pages", huge_pages(root)),
        numa_balancing: gaps.keep("environment.numa_balancing", numa_balancing(root)),
        mitigations: mitigations(root),
        clock_source: gaps.keep("environment.clock_source", clock_source(root)),
    }
}

/// 0 is off; the other modes of the kernel's documentation all move pages.
fn numa_balancing(root: &Root) -> Result<bool, Unavailable> {
    let mode = root.number("proc/sys/kernel/numa_balancing", "mode")?;
    Ok(mode != 0)
}

/// Vector gathers, and loads behind stores: the leaks whose closing slows arithmetic down (the kernel's documentation of
/// hardware vulnerabilities). Kernels and architectures that do not know them say nothing.
fn mitigations(root: &Root) -> BTreeMap<String, String> {
    const GATHER: &str = "gather_data_sampling";
    let file = format!("sys/devices/system/cpu/vulnerabilities/{GATHER}");
    let gather = root.line(&file, "state").ok();
    let store = root.text("proc/self/status").ok().and_then(|text| {
        let state = text
            .lines()
            .find_map(|line| line.strip_prefix("Speculation_Store_Bypass:"));
        state.map(|state| state.trim().to_owned())
    });
    let known = [(GATHER, gather), ("spec_store_bypass", store)];
    let stated = known
        .into_iter()
        .filter_map(|(name, state)| Some((name.to_owned(), state?)));
    stated.collect()
}

pub(crate) fn clock_source(root: &Root) -> Result<String, Unavailable> {
    let folder = "sys/devices/system/clocksource/clocksource0";
    root.line(&format!("{folder}/current_clocksource"), "clock source")
}

/// The choice in brackets of `always [madvise] never`.
pub(crate) fn huge_pages(root: &Root) -> Result<String, Unavailable> {
    const FILE: &str = "sys/kernel/mm/transparent_hugepage/enabled";
    let text = root.text(FILE)?;
    let chosen = text
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    let chosen = chosen.ok_or_else(|| root.unclear(FILE, "choice in brackets", &text))?;
    Ok(chosen.0.to_owned())
}

/// What firmware calls the machine under a hypervisor, and what that hypervisor is.
const FIRMWARE: &[(&str, &str)] = &[
    ("QEMU", "KVM or QEMU"),
    ("Amazon EC2", "Amazon Nitro"),
    ("Google Compute Engine", "Google KVM"),
    ("Virtual Machine", "Hyper-V"),
    ("VMware", "VMware"),
    ("VirtualBox", "VirtualBox"),
    ("Xen", "Xen"),
    ("KVM", "KVM"),
];

/// x86 processors tell whether there is one; others only show it by the firmware's names.
fn hypervisor(root: &Root) -> Option<String> {
    let is_virtual = CpuInfo::read(root).ok().and_then(|info| info.is_virtual());
    if is_virtual == Some(false) {
        return None;
    }
    let xen = root.line("sys/hypervisor/type", "hypervisor").ok();
    let unnamed = is_virtual.map(|_| "unnamed".to_owned());
    xen.or_else(|| by_firmware(root)).or(unnamed)
}

fn by_firmware(root: &Root) -> Option<String> {
    let read = |name: &str| root.line(&format!("sys/class/dmi/id/{name}"), "name").ok();
    let names = [read("sys_vendor"), read("product_name")];
    let text = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let known = FIRMWARE.iter().find(|(part, _)| text.contains(part));
    // Machines without a hypervisor at Amazon are called by their type, such as `c7g.metal`.
    known
        .filter(|_| !text.contains(".metal"))
        .map(|(_, name)| (*name).to_owned())
}

fn container(root: &Root) -> Option<String> {
    let marks = [
        ("var/run/secrets/kubernetes.io", "kubernetes"),
        ("run/.containerenv", "podman"),
        (".dockerenv", "docker"),
    ];
    let mark = marks.iter().find(|(path, _)| root.exists(path));
    mark.map(|(_, name)| (*name).to_owned())
        .or_else(|| root.line("run/systemd/container", "container").ok())
        .or_else(|| by_cgroup(root))
}

fn by_cgroup(root: &Root) -> Option<String> {
    let text = root.text("proc/self/cgroup").ok()?;
    let names = ["kubepods", "docker", "libpod", "containerd", "lxc"];
    let name = names.iter().find(|name| text.contains(**name));
    name.map(|name| (*name).to_owned())
}
