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

#[test]
fn whatever_changes_speed_changes_the_fingerprint() {
    let changes: &[Change] = &[
        ("architecture", |m| m.cpu.architecture = "riscv64".into()),
        ("model", |m| m.cpu.model = text("other")),
        ("identity", |m| m.cpu.identity = None),
        ("microcode", |m| m.cpu.microcode = text("0x2")),
        ("sockets", |m| m.cpu.sockets = Some(4)),
        ("cores", |m| m.cpu.cores = Some(8)),
        ("online", |m| m.cpu.logical_cpus = Some(8)),
        ("allowed", |m| m.cpu.allowed_cpus = Some(1)),
        ("nodes", |m| m.cpu.numa_nodes = Some(1)),
        ("frequency", |m| m.cpu.max_frequency_khz = None),
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
    let base = machine(server().path());
    let mut seen = vec![base.fingerprint.clone()];
    for (name, change) in changes {
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
            r#"{"allowed_cpus":4,"architecture":"aarch64","caches":[],"clock_source":null,"cores":4,"#,
            r#""cpu_limit_millis":null,"extensions":["asimd","asimddp","asimdhp"],"governor":null,"gpus":[],"#,
            r#""hypervisor":null,"identity":"0x41 0xd05-0x4-0 + 0x41 0xd0b-0x4-0","logical_cpus":4,"#,
            r#""max_frequency_khz":2256000,"memory_class":64,"microcode":null,"model":"Cortex-A55 + Cortex-A76","#,
            r#""numa_nodes":null,"scheme":1,"sockets":null,"transparent_huge_pages":null}"#
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
        server.contains(r#""gpus":[{"driver":"570.124.06","name":"NVIDIA H200"},"#),
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
