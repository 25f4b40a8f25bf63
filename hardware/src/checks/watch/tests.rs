//! Windows over made-up counters, and one over this very process.

mod counters;

use tare_results::Outcome;

use self::counters::{CPU, Machine};
use super::*;
use crate::fake_root::FakeRoot;

fn named(findings: &[Finding], name: &str) -> Outcome {
    let found = findings.iter().find(|finding| finding.check == name);
    found.unwrap().outcome.clone()
}

fn problem(findings: &[Finding], name: &str) -> (String, Option<f64>) {
    match named(findings, name) {
        Outcome::Problem { found, excess, .. } => (found, excess),
        other => panic!("{name} is no problem: {other:?}"),
    }
}

fn reason(findings: &[Finding], name: &str) -> String {
    match named(findings, name) {
        Outcome::Unchecked { reason } => reason,
        other => panic!("{name} could be checked: {other:?}"),
    }
}

#[test]
fn a_process_that_had_its_processors_for_itself_leaves_no_problem() {
    let machine = Machine::new();
    machine.running(7, "R", 0);
    let mut watch = machine.begin();
    watch.sample();
    machine.times(100, 90, 0, 0).process(7, "worker", 1, 190, 0);
    let findings = watch.end();
    for finding in &findings {
        assert!(
            matches!(finding.outcome, Outcome::Fine { .. }),
            "{finding:?}"
        );
    }
    let order: Vec<&str> = findings
        .iter()
        .map(|finding| finding.check.as_str())
        .collect();
    let window = crate::checks::CHECKS.iter().filter(|check| {
        check.about == tare_results::About::Window && check.name != "gpu-throttling"
    });
    assert_eq!(order, window.map(|check| check.name).collect::<Vec<_>>());
}

#[test]
fn everything_that_grew_within_the_window_is_told_with_its_amount() {
    let machine = Machine::new();
    let watch = machine.begin();
    machine
        .times(200, 150, 20, 30)
        .process(7, "worker", 1, 160, 2)
        .process(9, "compiler", 1, 1_120, 0)
        .switches(7, 95)
        .switches(8, 11)
        .swapped(5, 14)
        .throttled(5, 91_000)
        .slowed(1, 4);
    let findings = watch.end();
    assert_eq!(
        problem(&findings, "steal"),
        ("the hypervisor took 10.0% of the time".into(), Some(10.0))
    );
    assert_eq!(
        problem(&findings, "sibling-busy").0,
        "processor 3, the other thread of a measured core, was busy 15% of the time"
    );
    let (found, excess) = problem(&findings, "foreign-load");
    assert_eq!(found, "others kept 0.75 processors busy: compiler (9) 0.60");
    assert!((excess.unwrap() - 7.5).abs() < 1e-9);
    assert_eq!(
        problem(&findings, "involuntary-switches"),
        ("100 in 2.00 s".into(), Some(2.5))
    );
    assert_eq!(
        problem(&findings, "major-faults").0,
        "2 pages were read from the disk"
    );
    assert_eq!(
        problem(&findings, "swap").0,
        "12 pages were swapped, of whichever process"
    );
    assert_eq!(
        problem(&findings, "cpu-throttling").0,
        "stopped in 3 periods, for 90.0 ms"
    );
    assert_eq!(
        problem(&findings, "thermal-throttling").0,
        "slowed down 3 times, over all measured processors"
    );
}

#[test]
fn two_ticks_of_the_accounting_are_rounding() {
    let machine = Machine::new();
    let watch = machine.begin();
    machine.times(10, 1, 1, 2);
    let findings = watch.end();
    for name in ["steal", "sibling-busy", "foreign-load"] {
        assert!(
            matches!(named(&findings, name), Outcome::Fine { .. }),
            "{name}"
        );
    }
}

#[test]
fn what_the_process_s_own_children_use_is_its_own() {
    let machine = Machine::new();
    let watch = machine.begin();
    machine
        .times(100, 90, 0, 0)
        .process(7, "worker", 1, 20, 0)
        .process(20, "child", 7, 80, 0)
        .process(21, "grandchild", 20, 90, 0);
    let findings = watch.end();
    assert_eq!(
        named(&findings, "foreign-load"),
        Outcome::Fine {
            found: "others kept 0.00 processors busy".into()
        }
    );
}

#[test]
fn a_number_that_was_given_to_another_process_is_not_taken_for_the_same() {
    let machine = Machine::new();
    let watch = machine.begin();
    let stat = machine.root.path().join("proc/7/stat");
    let text = std::fs::read_to_string(&stat)
        .unwrap()
        .replace(" 57 ", " 99 ");
    machine.times(100, 90, 0, 0).root.file("proc/7/stat", &text);
    let findings = watch.end();
    for name in ["foreign-load", "major-faults"] {
        assert_eq!(
            reason(&findings, name),
            "the process did not live from beginning to end"
        );
    }
}

#[test]
fn counters_that_go_backwards_and_windows_without_a_tick_are_reasons() {
    let machine = Machine::new();
    machine.times(50, 40, 0, 0);
    let watch = machine.begin();
    machine
        .swapped(0, 0)
        .throttled(1, 0)
        .slowed(0, 0)
        .switches(7, 0);
    let findings = watch.end();
    for name in [
        "swap",
        "cpu-throttling",
        "thermal-throttling",
        "involuntary-switches",
    ] {
        assert_eq!(
            reason(&findings, name),
            "the kernel's counter went backwards"
        );
    }
    for name in ["steal", "sibling-busy", "foreign-load"] {
        assert!(
            reason(&findings, name).contains("shorter than a tick"),
            "{name}"
        );
    }
}

#[test]
fn a_machine_that_tells_nothing_gives_a_reason_for_each_check() {
    let root = FakeRoot::new();
    let mut watch = Watch::begin(root.path(), 7, &[0]);
    watch.sample();
    let findings = watch.end();
    assert_eq!(findings.len(), 9);
    for finding in &findings {
        assert!(
            matches!(finding.outcome, Outcome::Unchecked { .. }),
            "{finding:?}"
        );
    }
}

#[test]
fn garbage_in_the_kernel_s_files_is_a_reason() {
    let machine = Machine::new();
    for file in [
        "proc/stat",
        "proc/vmstat",
        "proc/7/task/7/status",
        "proc/7/stat",
    ] {
        machine.root.file(file, "cpu0 1 x\n\u{fffd} garbage -1\n");
    }
    let findings = machine.begin().end();
    for name in [
        "steal",
        "swap",
        "involuntary-switches",
        "major-faults",
        "foreign-load",
    ] {
        assert!(
            matches!(named(&findings, name), Outcome::Unchecked { .. }),
            "{name}"
        );
    }
}

#[test]
fn counters_at_their_limit_do_not_overflow() {
    let machine = Machine::new();
    let watch = machine.begin();
    let most = u64::MAX;
    let line = |cpu| format!("cpu{cpu} {most} {most} 0 {most} 0 0 0 {most} 0 0\n");
    machine
        .root
        .file("proc/stat", &(0..4).map(line).collect::<String>());
    machine
        .swapped(most, most)
        .throttled(most, most)
        .slowed(0, most)
        .slowed(1, most);
    machine
        .switches(7, most)
        .switches(8, most)
        .process(7, "worker", 1, most, most);
    let findings = watch.end();
    assert_eq!(findings.len(), 9);
    assert!(
        findings
            .iter()
            .filter(|finding| finding.is_problem())
            .count()
            >= 5
    );
}

#[test]
fn the_frequency_is_that_of_the_processors_the_process_runs_on() {
    let machine = Machine::new();
    machine.running(7, "R", 1).running(8, "S", 0);
    let mut watch = machine.begin();
    watch.sample();
    machine.frequency(1, "2000000\n").frequency(0, "800000\n");
    watch.sample();
    let (found, excess) = problem(&watch.end(), "frequency");
    assert_eq!(found, "2.00 GHz to 2.50 GHz on processor 1");
    assert!((excess.unwrap() - 4.0).abs() < 1e-9);
}

#[test]
fn a_frequency_below_the_base_is_a_problem_even_where_it_is_steady() {
    let machine = Machine::new();
    machine.running(7, "R", 0).frequency(0, "1000000\n");
    let mut watch = machine.begin();
    watch.sample();
    assert_eq!(
        problem(&watch.end(), "frequency"),
        ("1.00 GHz, below the base of 2.00 GHz".into(), Some(2.0))
    );
}

#[test]
fn a_frequency_that_was_never_seen_or_is_not_told_is_a_reason() {
    let machine = Machine::new();
    let asleep = machine.begin().end();
    assert_eq!(
        reason(&asleep, "frequency"),
        "the process was not seen running within the window"
    );
    machine
        .running(7, "R", 0)
        .root
        .remove(&format!("{CPU}/cpu0/cpufreq"));
    let mut watch = machine.begin();
    watch.sample();
    assert_eq!(
        machine.root.plain(&reason(&watch.end(), "frequency")),
        "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq does not exist"
    );
}

#[test]
fn names_with_brackets_are_read_whole_and_control_characters_are_not_passed_on() {
    let machine = Machine::new();
    machine.process(9, "a) (b \u{1b}[31m", 1, 5, 6);
    let text = std::fs::read_to_string(machine.root.path().join("proc/9/stat")).unwrap();
    let process = processes::parse(&text).unwrap();
    assert_eq!(process.name, "a) (b ?[31m");
    assert_eq!(
        (process.ticks, process.major_faults, process.processor),
        (5, 6, 1)
    );
    assert_eq!(processes::parse("9 (x) R 1"), None);
}

#[test]
fn among_thousands_of_processes_only_the_watched_one_is_read() {
    let machine = Machine::new();
    for pid in 1_000..3_100 {
        std::fs::create_dir_all(machine.root.path().join(format!("proc/{pid}"))).unwrap();
    }
    let watch = machine.begin();
    machine
        .times(200, 150, 0, 0)
        .process(7, "worker", 1, 160, 0)
        .process(9, "compiler", 1, 1_120, 0);
    let (found, _) = problem(&watch.end(), "foreign-load");
    assert_eq!(found, "others kept 0.75 processors busy");
}

#[test]
fn beginning_and_ending_takes_less_than_50_ms() {
    use tare_clock::{Clock, MonotonicClock};
    let (root, own) = (Path::new("/"), std::process::id());
    let cpus = crate::checks::allowed_cpus(root, own).unwrap();
    let took = (0..10).map(|_| {
        let start = MonotonicClock.now();
        std::hint::black_box(Watch::begin(root, own, &cpus).end());
        MonotonicClock.now().saturating_sub(start)
    });
    assert!(took.min().unwrap() < tare_units::Nanoseconds::from_millis(50));
}

#[test]
fn busy_neighbours_are_found_on_the_real_machine() {
    let (root, own) = (Path::new("/"), std::process::id());
    let cpus = crate::checks::allowed_cpus(root, own).unwrap();
    let spawn = |program: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.args(arguments).spawn().unwrap()
    };
    let neighbours = (0..=cpus.len() / 8).map(|_| spawn("sh", &["-c", "while :; do :; done"]));
    let mut neighbours: Vec<_> = neighbours.collect();
    // A watched process that is no ancestor of the neighbours.
    let watched = spawn("sleep", &["60"]);
    let watch = Watch::begin(root, watched.id(), &cpus);
    std::thread::sleep(std::time::Duration::from_millis(600));
    let findings = watch.end();
    neighbours.push(watched);
    for mut child in neighbours {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (found, excess) = problem(&findings, "foreign-load");
    assert!(excess.unwrap() > 1.0, "{found}");
}

#[test]
fn this_very_process_is_watched_while_it_computes() {
    let own = std::process::id();
    let root = Path::new("/");
    let cpus = crate::checks::allowed_cpus(root, own).unwrap();
    let mut watch = Watch::begin(root, own, &cpus);
    let mut sum = 0_u64;
    for step in 0..200_000_000_u64 {
        sum = std::hint::black_box(sum ^ step);
    }
    watch.sample();
    let findings = watch.end();
    for name in [
        "steal",
        "foreign-load",
        "involuntary-switches",
        "major-faults",
        "swap",
    ] {
        assert!(
            !matches!(named(&findings, name), Outcome::Unchecked { .. }),
            "{name}: {findings:?}"
        );
    }
}
