//! RAPL over a made-up powercap folder: sockets, kinds of domain, wraps, and files that cannot be read.

use tare_clock::SimulatedClock;

use super::*;
use crate::fake_root::FakeRoot;

fn domain(root: &FakeRoot, zone: &str, name: &str, microjoules: u64) {
    let folder = format!("{FOLDER}/{zone}");
    root.file(&format!("{folder}/name"), &format!("{name}\n"))
        .file(&format!("{folder}/max_energy_range_uj"), "262143328850\n")
        .file(&format!("{folder}/energy_uj"), &format!("{microjoules}\n"));
}

/// Two sockets, each with cores and memory, the platform, and the packages once more through another door.
fn server() -> FakeRoot {
    let root = FakeRoot::new();
    root.file(&format!("{FOLDER}/intel-rapl/enabled"), "1\n");
    domain(&root, "intel-rapl:0", "package-0", 5_000_000);
    domain(&root, "intel-rapl:0:0", "core", 1_000_000);
    domain(&root, "intel-rapl:0:1", "dram", 250_000);
    domain(&root, "intel-rapl:1", "package-1", 7_000_000);
    domain(&root, "intel-rapl:1:0", "dram", 500_000);
    domain(&root, "intel-rapl:2", "psys", 90_000_000);
    domain(&root, "intel-rapl-mmio:0", "package-0", 5_000_000);
    root
}

fn opened(root: &FakeRoot) -> Vec<Box<dyn EnergyProbe>> {
    let found = sources(&Root::new(root.path()));
    found.into_iter().map(|source| source.unwrap()).collect()
}

fn joules(source: &mut Box<dyn EnergyProbe>, clock: &SimulatedClock) -> f64 {
    clock.advance(Nanoseconds::from_millis(20));
    source.poll(clock).unwrap()[0].value
}

#[test]
fn kinds_stay_apart_and_sockets_of_a_kind_are_added() {
    let clock = SimulatedClock::new();
    let told: Vec<(String, f64)> = opened(&server())
        .iter_mut()
        .map(|source| (source.spec().name.clone(), joules(source, &clock)))
        .collect();
    let expected = [
        ("rapl:core", 1.0),
        ("rapl:dram", 0.75),
        ("rapl:package", 12.0),
        ("rapl:psys", 90.0),
    ];
    assert_eq!(
        told,
        expected.map(|(name, joules)| (name.to_owned(), joules))
    );
}

#[test]
fn each_socket_is_unwrapped_by_its_own_range() {
    let (root, clock) = (server(), SimulatedClock::new());
    domain(&root, "intel-rapl:0", "package-0", 262_143_000_000);
    let mut sources = opened(&root);
    let package = &mut sources[2];
    let before = joules(package, &clock);
    domain(&root, "intel-rapl:0", "package-0", 671_150);
    domain(&root, "intel-rapl:1", "package-1", 8_000_000);
    let step = joules(package, &clock) - before;
    assert!((step - 2.0).abs() < 1e-6, "{step}");
    assert!(
        (joules(package, &clock) - before - 2.0).abs() < 1e-6,
        "once"
    );
}

#[test]
fn a_fall_that_is_no_wrap_is_not_made_one() {
    let (root, clock) = (server(), SimulatedClock::new());
    let mut sources = opened(&root);
    let before = joules(&mut sources[3], &clock);
    domain(&root, "intel-rapl:2", "psys", 80_000_000);
    let after = joules(&mut sources[3], &clock);
    assert_eq!(
        (before, after),
        (90.0, 80.0),
        "the series then notes a break"
    );
}

#[test]
fn a_machine_without_rapl_says_so_with_a_remedy() {
    let root = FakeRoot::new();
    for prepared in [false, true] {
        if prepared {
            root.file(&format!("{FOLDER}/dtpm/enabled"), "1\n");
        }
        let found = sources(&Root::new(root.path()));
        let error = found[0].as_ref().err().unwrap();
        assert_eq!(
            root.plain(error),
            "/sys/class/powercap shows no RAPL: this machine or virtual machine has none, or the module \
             intel_rapl_msr is not loaded"
        );
    }
}

#[test]
fn nonsense_in_one_file_costs_its_own_kind_only_and_is_quoted() {
    let root = server();
    root.file(&format!("{FOLDER}/intel-rapl:0:0/energy_uj"), "many\n");
    let found = sources(&Root::new(root.path()));
    let reasons: Vec<String> = found
        .iter()
        .filter_map(|source| Some(root.plain(source.as_ref().err()?)))
        .collect();
    assert_eq!(
        reasons,
        ["/sys/class/powercap/intel-rapl:0:0/energy_uj gives no energy: 'many'"]
    );
    assert_eq!(found.len(), 4);
}

/// The names of those that can be read, and the reasons of those that cannot.
fn told(root: &FakeRoot) -> (Vec<String>, Vec<String>) {
    let (mut names, mut reasons) = (Vec::new(), Vec::new());
    for source in sources(&Root::new(root.path())) {
        match source {
            Ok(source) => names.push(source.spec().name.clone()),
            Err(error) => reasons.push(root.plain(&error)),
        }
    }
    (names, reasons)
}

#[test]
fn each_domain_that_cannot_be_read_has_its_own_reason_and_the_other_kinds_stand() {
    let root = server();
    root.remove(&format!("{FOLDER}/intel-rapl:1/max_energy_range_uj"));
    root.file(&format!("{FOLDER}/intel-rapl:0/energy_uj"), "\n");
    root.remove(&format!("{FOLDER}/intel-rapl:0:1/energy_uj"));
    let (names, reasons) = told(&root);
    assert_eq!(names, ["rapl:core", "rapl:psys"]);
    let of = |file: &str| format!("/sys/class/powercap/{file}");
    let files = [
        "intel-rapl:0:1/energy_uj",
        "intel-rapl:0/energy_uj",
        "intel-rapl:1/max_energy_range_uj",
    ];
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    for (reason, file) in reasons.iter().zip(files) {
        assert!(reason.contains(&of(file)), "{reason}");
    }
}

#[test]
fn a_domain_without_a_name_costs_the_kinds_that_it_might_be_a_part_of() {
    let root = server();
    root.remove(&format!("{FOLDER}/intel-rapl:1:0/name"));
    let (names, reasons) = told(&root);
    assert_eq!(names, ["rapl:package", "rapl:psys"]);
    assert_eq!(
        reasons[1],
        "rapl:dram may lack the domain in /sys/class/powercap/intel-rapl:1:0, whose name cannot be read; without it the \
         sum would be too small"
    );
    assert!(reasons[2].contains("intel-rapl:1:0/name"), "{reasons:?}");
}

#[test]
fn a_counter_for_root_only_names_the_remedy() {
    let error = RootOnly {
        path: "/x/energy_uj".into(),
    };
    assert_eq!(
        error.to_string(),
        "/x/energy_uj may be read by root only; run as root, or let a group read it: chgrp GROUP /x/energy_uj && \
         chmod g+r /x/energy_uj"
    );
}

#[test]
fn a_counter_that_vanishes_is_a_reason_and_comes_back() {
    let (root, clock) = (server(), SimulatedClock::new());
    let mut sources = opened(&root);
    root.remove(&format!("{FOLDER}/intel-rapl:2/energy_uj"));
    assert!(sources[3].poll(&clock).is_err());
    domain(&root, "intel-rapl:2", "psys", 91_000_000);
    assert_eq!(joules(&mut sources[3], &clock), 91.0);
}
