//! Each fact that would change speed changes the fingerprint, and no other does.

use tare_results::Machine;
use tare_units::Bytes;

use super::*;
use crate::machine::fixtures::{board, laptop, server, virtual_machine};
use crate::machine::machine;

type Change = (&'static str, fn(&mut Machine));

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn changed(base: &Machine, change: fn(&mut Machine)) -> String {
    let mut other = base.clone();
    change(&mut other);
    assert_ne!(&other, base, "the change changes nothing");
    of(&other)
}

const SPEED: &[Change] = &[
    ("architecture", |m| m.cpu.architecture = "riscv64".into()),
    ("model", |m| m.cpu.model = text("other")),
    ("identity", |m| m.cpu.identity = None),
    ("microcode", |m| m.cpu.microcode = text("0x2")),
    ("sockets", |m| m.cpu.sockets = Some(4)),
    ("cores", |m| m.cpu.cores = Some(8)),
    ("online", |m| m.cpu.logical_cpus = Some(8)),
    ("allowed", |m| m.cpu.allowed_cpus = Some(1)),
    ("nodes", |m| m.cpu.numa_nodes = Some(1)),
    ("allowed cores", |m| m.cpu.allowed_cores = Some(1)),
    ("allowed nodes", |m| m.cpu.allowed_numa_nodes = Some(2)),
    ("nodes of memory", |m| m.memory.allowed_numa_nodes = Some(1)),
    ("isolated", |m| m.cpu.isolated_cpus = Some(2)),
    ("threads of a core", |m| m.cpu.smt = Some(true)),
    ("frequency", |m| m.cpu.max_frequency_khz = None),
    ("lowest frequency", |m| m.cpu.min_frequency_khz = None),
    ("base frequency", |m| {
        m.cpu.base_frequency_khz = Some(2_100_000)
    }),
    ("frequency limit", |m| {
        m.cpu.frequency_limit_khz = Some(2_000_000)
    }),
    ("frequency driver", |m| {
        m.environment.frequency_driver = text("acpi-cpufreq")
    }),
    ("preference", |m| {
        m.environment.energy_preference = text("power")
    }),
    ("turbo", |m| m.environment.turbo = Some(true)),
    ("memory mark", |m| {
        m.environment.memory_high_bytes = Some(Bytes::from_mib(128))
    }),
    ("moving pages", |m| {
        m.environment.numa_balancing = Some(true)
    }),
    ("closed leaks", |m| {
        let closed = "Mitigation: Microcode".to_owned();
        let leak = "gather_data_sampling".to_owned();
        m.environment.mitigations.insert(leak, closed);
    }),
    ("cache size", |m| {
        m.cpu.caches[0].size_bytes = Bytes::from_bytes(1)
    }),
    ("cache sharing", |m| m.cpu.caches[1].shared_by = Some(2)),
    ("extensions", |m| m.cpu.extensions.truncate(1)),
    ("memory", |m| {
        m.memory.total_bytes = Some(Bytes::from_mib(1))
    }),
    ("gpu", |m| m.gpus[1].name = "NVIDIA H100".into()),
    ("fewer gpus", |m| m.gpus.truncate(1)),
    ("driver", |m| m.gpus[0].driver = text("1.2.3")),
    ("error correction", |m| m.gpus[0].ecc = Some(true)),
    ("instances", |m| m.gpus[0].mig = Some(true)),
    ("power limit", |m| m.gpus[0].power_limit_mw = Some(350_000)),
    ("clock", |m| m.gpus[0].max_sm_clock_mhz = Some(1_200)),
    ("memory clock", |m| {
        m.gpus[0].max_memory_clock_mhz = Some(1_200)
    }),
    ("link", |m| m.gpus[0].pcie_generation = Some(3)),
    ("lanes", |m| m.gpus[0].pcie_lanes = Some(4)),
    ("hypervisor", |m| m.environment.hypervisor = text("KVM")),
    ("processor limit", |m| {
        m.environment.cpu_limit_millis = Some(500)
    }),
    ("memory limit", |m| {
        m.environment.memory_limit_bytes = Some(Bytes::from_mib(64))
    }),
    ("governor", |m| m.environment.governor = text("powersave")),
    ("huge pages", |m| {
        m.environment.transparent_huge_pages = text("never")
    }),
    ("clock source", |m| {
        m.environment.clock_source = text("hpet")
    }),
];

#[test]
fn whatever_changes_speed_changes_the_fingerprint() {
    let base = machine(server().path());
    let mut seen = vec![base.fingerprint.clone()];
    for (name, change) in SPEED {
        let fingerprint = changed(&base, *change);
        assert!(!seen.contains(&fingerprint), "{name}");
        seen.push(fingerprint);
    }
}

#[test]
fn what_differs_between_like_machines_or_from_moment_to_moment_does_not() {
    let changes: &[Change] = &[
        ("device identifiers", |m| m.gpus[0].uuid = text("GPU-3")),
        ("gpu memory", |m| {
            m.gpus[0].memory_bytes = Some(Bytes::from_mib(1))
        }),
        ("order of gpus", |m| m.gpus.reverse()),
        ("kernel", |m| m.os.kernel = text("6.99.0")),
        ("distribution", |m| m.os.distribution = None),
        ("C library", |m| m.os.c_library = text("glibc 2.99")),
        ("threads allowed", |m| m.environment.tasks_limit = Some(99)),
        ("container", |m| m.environment.container = text("podman")),
        ("swap", |m| m.memory.swap_bytes = Some(Bytes::from_mib(9))),
        ("reasons", |m| m.missing.clear()),
    ];
    let base = machine(server().path());
    for (name, change) in changes {
        assert_eq!(changed(&base, *change), base.fingerprint, "{name}");
    }
}

#[test]
fn files_that_move_by_themselves_leave_it_alone() {
    let root = virtual_machine();
    let before = machine(root.path()).fingerprint;
    root.file(
        "proc/meminfo",
        "MemTotal:       24680000 kB\nMemFree: 1 kB\nSwapTotal: 8 kB\n",
    )
    .file("proc/uptime", "99999.0 1.0\n")
    .file("proc/loadavg", "9.0 9.0 9.0 9/99 9\n")
    .file("proc/sys/kernel/hostname", "elsewhere\n");
    assert_eq!(machine(root.path()).fingerprint, before);
}

#[test]
fn four_machines_have_four_fingerprints_of_64_digits() {
    let all = [laptop(), virtual_machine(), server(), board()]
        .map(|root| machine(root.path()).fingerprint);
    for (index, one) in all.iter().enumerate() {
        assert_eq!(one.len(), 64);
        assert!(
            one.bytes()
                .all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
        );
        assert!(!all[..index].contains(one));
    }
}

#[test]
fn what_is_hashed_is_json_with_sorted_keys_and_no_spaces() {
    assert_eq!(
        canonical(&machine(board().path())),
        concat!(
            r#"{"allowed_cores":4,"allowed_cpus":4,"allowed_memory_nodes":null,"allowed_numa_nodes":null,"#,
            r#""architecture":"aarch64","base_frequency_khz":null,"caches":[],"clock_source":null,"cores":4,"#,
            r#""cpu_limit_millis":null,"energy_preference":null,"extensions":["asimd","asimddp","asimdhp"],"#,
            r#""frequency_driver":null,"frequency_limit_khz":null,"governor":null,"gpus":[],"#,
            r#""hypervisor":null,"identity":"0x41 0xd05-0x4-0 + 0x41 0xd0b-0x4-0","isolated_cpus":0,"logical_cpus":4,"#,
            r#""max_frequency_khz":2256000,"memory_class":64,"microcode":null,"min_frequency_khz":null,"#,
            r#""mitigations":{},"model":"Cortex-A55 + Cortex-A76","numa_balancing":false,"numa_nodes":null,"#,
            r#""scheme":3,"smt":false,"sockets":null,"transparent_huge_pages":null,"turbo":null}"#
        )
    );
    let server = canonical(&machine(server().path()));
    let value: serde_json::Value = serde_json::from_str(&server).unwrap();
    let sorted: std::collections::BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&server).unwrap();
    assert_eq!(
        serde_json::to_string(&sorted).unwrap(),
        serde_json::to_string(&value).unwrap()
    );
    assert!(
        server.contains(r#""gpus":[{"driver":"570.124.06","ecc":"#),
        "{server}"
    );
}

#[test]
fn memory_classes_take_in_what_a_kernel_reserves_and_tell_usual_sizes_apart() {
    let board = machine(board().path());
    let class = |mib: u64, limit: Option<u64>| {
        let mut machine = board.clone();
        machine.memory.total_bytes = Some(Bytes::from_mib(mib));
        machine.environment.memory_limit_bytes = limit.map(Bytes::from_mib);
        memory_class(&machine)
    };
    let usual: Vec<u64> = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]
        .map(|gib| gib << 10)
        .into();
    for pair in usual.windows(2) {
        assert_ne!(class(pair[0], None), class(pair[1], None), "{pair:?}");
    }
    for size in usual {
        assert_eq!(class(size, None), class(size * 95 / 100, None), "{size}");
        assert_eq!(class(1 << 20, Some(size)), class(size, None), "{size}");
        assert_eq!(class(size, Some(1 << 30)), class(size, None), "{size}");
    }
}
