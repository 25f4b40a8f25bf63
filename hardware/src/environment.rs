//! What surrounds the process: container, hypervisor, and settings of the kernel that change speed.

use tare_results::Environment;

use crate::Unavailable;
use crate::cgroup::Cgroup;
use crate::cpu_info::CpuInfo;
use crate::gaps::Gaps;
use crate::root::Root;

pub(crate) fn read(root: &Root, gaps: &mut Gaps) -> Environment {
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
                cgroup.and_then(Cgroup::memory_limit),
            )
            .flatten(),
        governor: gaps.keep("environment.governor", governor(root)),
        transparent_huge_pages: gaps.keep("environment.transparent_huge_pages", huge_pages(root)),
        clock_source: gaps.keep("environment.clock_source", clock_source(root)),
    }
}

fn governor(root: &Root) -> Result<String, Unavailable> {
    root.line(
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
        "governor",
    )
}

fn clock_source(root: &Root) -> Result<String, Unavailable> {
    let folder = "sys/devices/system/clocksource/clocksource0";
    root.line(&format!("{folder}/current_clocksource"), "clock source")
}

/// The choice in brackets of `always [madvise] never`.
fn huge_pages(root: &Root) -> Result<String, Unavailable> {
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
