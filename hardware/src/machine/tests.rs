//! Four made-up machines and the real one: what is read, what is said to be missing, and what is never invented.

use tare_results::Machine;
use tare_units::Bytes;

use super::fixtures::{board, laptop, server, virtual_machine};
use super::machine;
use crate::fake_root::FakeRoot;

fn missing(machine: &Machine) -> Vec<&str> {
    machine.missing.keys().map(String::as_str).collect()
}

#[test]
fn a_laptop_has_threads_frequencies_and_no_limits() {
    let machine = machine(laptop().path());
    let cpu = &machine.cpu;
    assert_eq!(
        cpu.model.as_deref(),
        Some("Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz")
    );
    assert_eq!(cpu.identity.as_deref(), Some("GenuineIntel 6-142-9"));
    assert_eq!((cpu.sockets, cpu.cores), (Some(1), Some(2)));
    assert_eq!((cpu.logical_cpus, cpu.allowed_cpus), (Some(4), Some(4)));
    assert_eq!(cpu.max_frequency_khz, Some(3_100_000), "the highest");
    assert_eq!(
        cpu.extensions,
        ["avx", "avx2", "f16c", "fma", "sse", "sse2", "ssse3"]
    );
    assert_eq!(cpu.caches[1].size_bytes, Bytes::from_mib(3));
    assert_eq!(
        (cpu.caches[0].kind.as_str(), cpu.caches[0].shared_by),
        ("data", Some(2))
    );
    assert_eq!(machine.environment.hypervisor, None);
    assert_eq!(machine.environment.cpu_limit_millis, None);
    assert_eq!(machine.environment.memory_limit_bytes, None);
    assert_eq!(machine.environment.governor.as_deref(), Some("powersave"));
    assert_eq!(missing(&machine), ["gpus"], "no limit is a fact, not a gap");
}

#[test]
fn a_virtual_machine_in_a_container_shows_as_such_with_the_least_limit_above_it() {
    let machine = machine(virtual_machine().path());
    let environment = &machine.environment;
    assert_eq!(environment.hypervisor.as_deref(), Some("unnamed"));
    assert_eq!(environment.container.as_deref(), Some("docker"));
    assert_eq!(environment.cpu_limit_millis, Some(1_500));
    assert_eq!(
        environment.memory_limit_bytes,
        Some(Bytes::from_mib(8 << 10))
    );
    assert_eq!(
        environment.transparent_huge_pages.as_deref(),
        Some("madvise")
    );
    assert_eq!(
        machine.os.distribution.as_deref(),
        Some("Alpine Linux v3.20")
    );
    assert_eq!(
        missing(&machine),
        [
            "cpu.base_frequency_khz",
            "cpu.frequency_limit_khz",
            "cpu.max_frequency_khz",
            "cpu.min_frequency_khz",
            "environment.energy_preference",
            "environment.frequency_driver",
            "environment.governor",
            "environment.turbo",
            "gpus",
        ]
    );
    assert_eq!(machine.missing["gpus"], "no NVIDIA driver");
}

#[test]
fn a_job_on_a_server_knows_which_part_of_it_is_its_own() {
    let machine = machine(server().path());
    assert_eq!(
        (machine.cpu.numa_nodes, machine.cpu.allowed_cpus),
        (Some(2), Some(2))
    );
    assert_eq!(
        (
            machine.cpu.allowed_numa_nodes,
            machine.memory.allowed_numa_nodes
        ),
        (Some(1), Some(2)),
        "it may have memory that is far away"
    );
    assert_eq!(
        machine.cpu.isolated_cpus,
        Some(1),
        "of those that it may use"
    );
    assert_eq!(
        (machine.cpu.smt, machine.environment.turbo),
        (Some(false), Some(false))
    );
}

#[test]
fn a_server_lists_its_gpus_and_what_the_job_may_use_of_it() {
    let machine = machine(server().path());
    assert_eq!((machine.cpu.sockets, machine.cpu.cores), (Some(2), Some(4)));
    let gpus: Vec<(&str, Option<&str>)> = machine
        .gpus
        .iter()
        .map(|gpu| (gpu.name.as_str(), gpu.uuid.as_deref()))
        .collect();
    assert_eq!(
        gpus,
        [
            ("NVIDIA H200", Some("GPU-11111111")),
            ("NVIDIA H200", Some("GPU-22222222"))
        ]
    );
    assert!(
        machine
            .gpus
            .iter()
            .all(|gpu| gpu.driver.as_deref() == Some("570.124.06"))
    );
    assert!(machine.gpus.iter().all(|gpu| gpu.memory_bytes.is_none()));
    assert_eq!(machine.environment.cpu_limit_millis, Some(2_000));
    assert_eq!(
        machine.environment.memory_limit_bytes,
        Some(Bytes::from_mib(256 << 10))
    );
    let only_nvml_tells = missing(&machine);
    assert_eq!(only_nvml_tells.len(), 2 * 12);
    assert!(only_nvml_tells.iter().all(|path| path.starts_with("gpus.")));
}

#[test]
fn a_board_with_two_kinds_of_core_names_both_and_says_what_its_kernel_hides() {
    let root = board();
    let machine = machine(root.path());
    assert_eq!(machine.cpu.architecture, "aarch64");
    assert_eq!(
        machine.cpu.model.as_deref(),
        Some("Cortex-A55 + Cortex-A76")
    );
    assert_eq!(
        machine.cpu.identity.as_deref(),
        Some("0x41 0xd05-0x4-0 + 0x41 0xd0b-0x4-0")
    );
    assert_eq!(machine.cpu.extensions, ["asimd", "asimddp", "asimdhp"]);
    assert_eq!(machine.cpu.max_frequency_khz, Some(2_256_000));
    assert_eq!(
        machine.cpu.allowed_cpus,
        Some(4),
        "only processors that are online count"
    );
    assert_eq!(
        machine.missing["cpu.sockets"],
        "the firmware does not describe the topology"
    );
    assert_eq!(
        root.plain(&machine.missing["cpu.caches"]),
        "/sys/devices/system/cpu/cpu0/cache does not exist"
    );
    assert_eq!(
        root.plain(&machine.missing["memory.swap_bytes"]),
        "/proc/meminfo gives no SwapTotal: ''"
    );
    for path in [
        "cpu.microcode",
        "cpu.numa_nodes",
        "os.distribution",
        "environment.cpu_limit_millis",
    ] {
        assert!(machine.missing.contains_key(path), "{path}");
    }
}

/// What an empty root does not tell.
const EVERYTHING: &[&str] = &[
    "cpu.allowed_cores",
    "cpu.allowed_cpus",
    "cpu.allowed_numa_nodes",
    "cpu.base_frequency_khz",
    "cpu.caches",
    "cpu.cores",
    "cpu.extensions",
    "cpu.frequency_limit_khz",
    "cpu.identity",
    "cpu.isolated_cpus",
    "cpu.logical_cpus",
    "cpu.max_frequency_khz",
    "cpu.microcode",
    "cpu.min_frequency_khz",
    "cpu.model",
    "cpu.numa_nodes",
    "cpu.smt",
    "cpu.sockets",
    "environment.clock_source",
    "environment.cpu_limit_millis",
    "environment.energy_preference",
    "environment.frequency_driver",
    "environment.governor",
    "environment.memory_limit_bytes",
    "environment.numa_balancing",
    "environment.transparent_huge_pages",
    "environment.turbo",
    "gpus",
    "memory.allowed_numa_nodes",
    "memory.swap_bytes",
    "memory.total_bytes",
    "os.c_library",
    "os.distribution",
    "os.kernel",
];

#[test]
fn an_empty_root_invents_nothing_and_gives_a_reason_for_everything() {
    let machine = machine(FakeRoot::new().path());
    let cpu = &machine.cpu;
    assert_eq!(
        (&cpu.model, cpu.logical_cpus, cpu.allowed_cpus, cpu.cores),
        (&None, None, None, None)
    );
    assert_eq!(
        (machine.memory.total_bytes, machine.memory.swap_bytes),
        (None, None)
    );
    assert_eq!((&machine.os.kernel, machine.gpus.len()), (&None, 0));
    assert_eq!(missing(&machine), EVERYTHING);
}

#[test]
fn files_of_garbage_are_reasons_too() {
    let root = laptop();
    for path in [
        "proc/cpuinfo",
        "proc/meminfo",
        "proc/self/status",
        "proc/self/cgroup",
        "sys/devices/system/cpu/online",
        "sys/devices/system/cpu/cpu0/cache/index0/size",
        "sys/devices/system/node/online",
        "sys/kernel/mm/transparent_hugepage/enabled",
    ] {
        root.file(path, "\u{fffd}\0 garbage: -1\n\n:::\n");
    }
    let machine = machine(root.path());
    assert_eq!(
        (machine.memory.total_bytes, machine.cpu.logical_cpus),
        (None, None)
    );
    assert_eq!(machine.cpu.caches.len(), 1);
    for path in [
        "cpu.model",
        "cpu.caches.index0",
        "cpu.numa_nodes",
        "environment.transparent_huge_pages",
    ] {
        assert!(
            machine.missing[path].contains(" gives no "),
            "{path}: {}",
            machine.missing[path]
        );
    }
}

#[test]
fn a_driver_that_has_not_met_its_device_leaves_reasons() {
    let root = server();
    root.file("proc/driver/nvidia/version", "something else\n");
    root.file(
        "proc/driver/nvidia/gpus/0000:18:00.0/information",
        "Model: \t\t NVIDIA H200\nGPU UUID: \t GPU-????????\n",
    );
    root.file("proc/driver/nvidia/gpus/0000:2a:00.0/information", "");
    let machine = machine(root.path());
    assert_eq!(machine.gpus.len(), 1);
    assert_eq!(
        (&machine.gpus[0].uuid, &machine.gpus[0].driver),
        (&None, &None)
    );
    for path in ["gpus.driver", "gpus.0.uuid", "gpus.1.name"] {
        assert!(
            machine.missing.contains_key(path),
            "{path}: {:?}",
            machine.missing
        );
    }
}

#[test]
fn hypervisors_are_told_by_their_firmware() {
    let named = |vendor: &str, product: &str| {
        let root = virtual_machine();
        root.file("sys/class/dmi/id/sys_vendor", vendor)
            .file("sys/class/dmi/id/product_name", product);
        machine(root.path()).environment.hypervisor.unwrap()
    };
    assert_eq!(
        named("QEMU\n", "Standard PC (Q35 + ICH9, 2009)\n"),
        "KVM or QEMU"
    );
    assert_eq!(named("Amazon EC2\n", "m7i.large\n"), "Amazon Nitro");
    assert_eq!(
        named("Microsoft Corporation\n", "Virtual Machine\n"),
        "Hyper-V"
    );
    let metal = board();
    metal
        .file("sys/class/dmi/id/sys_vendor", "Amazon EC2\n")
        .file("sys/class/dmi/id/product_name", "c7g.metal\n");
    assert_eq!(machine(metal.path()).environment.hypervisor, None);
    metal.file("sys/class/dmi/id/product_name", "c7g.large\n");
    assert_eq!(
        machine(metal.path()).environment.hypervisor.as_deref(),
        Some("Amazon Nitro")
    );
}

#[test]
fn containers_are_told_by_the_marks_they_leave() {
    let told = |path: &str, text: &str| {
        let root = laptop();
        root.file(path, text);
        machine(root.path()).environment.container
    };
    assert_eq!(told("run/.containerenv", "").as_deref(), Some("podman"));
    assert_eq!(
        told("run/systemd/container", "lxc\n").as_deref(),
        Some("lxc")
    );
    assert_eq!(
        told("proc/self/cgroup", "0::/kubepods/pod1\n").as_deref(),
        Some("kubepods")
    );
    assert_eq!(
        told("var/run/secrets/kubernetes.io/token", "").as_deref(),
        Some("kubernetes")
    );
    assert_eq!(told("etc/motd", ""), None);
}

#[test]
fn the_real_machine_has_a_processor_memory_and_a_kernel() {
    let real = machine(std::path::Path::new("/"));
    assert!(real.cpu.logical_cpus >= real.cpu.allowed_cpus);
    assert!(real.cpu.allowed_cpus.unwrap() >= 1);
    assert!(real.memory.total_bytes.unwrap() > Bytes::from_mib(64));
    assert_eq!(real.os.name, "Linux");
    assert_eq!(real.cpu.architecture, std::env::consts::ARCH);
    assert_eq!(
        machine(std::path::Path::new("/")).fingerprint,
        real.fingerprint,
        "nothing in it moves"
    );
    assert!(
        crate::available_memory(std::path::Path::new("/")).unwrap()
            <= real.memory.total_bytes.unwrap()
    );
}

#[test]
fn all_facts_are_read_in_less_than_50_ms() {
    use tare_clock::{Clock, MonotonicClock};
    let took = (0..10).map(|_| {
        let start = MonotonicClock.now();
        std::hint::black_box(machine(std::path::Path::new("/")));
        MonotonicClock.now().saturating_sub(start)
    });
    assert!(took.min().unwrap() < tare_units::Nanoseconds::from_millis(50));
}

#[test]
fn available_memory_is_what_the_control_group_leaves() {
    let root = virtual_machine();
    assert_eq!(
        crate::available_memory(root.path()),
        Ok(Bytes::from_mib(8 << 10))
    );
    root.file(
        "sys/fs/cgroup/memory/jobs/memory.limit_in_bytes",
        "9223372036854771712\n",
    );
    assert_eq!(
        crate::available_memory(root.path()),
        Ok(Bytes::from_bytes(23_469_980 * 1024))
    );
    assert!(
        crate::available_memory(laptop().path()).is_err(),
        "an old kernel does not say"
    );
}
