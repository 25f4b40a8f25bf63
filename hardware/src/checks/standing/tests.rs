//! Made-up machines at rest and in disorder: which settings are found fine, and which are not.

use tare_results::Outcome;

use super::*;
use crate::fake_root::FakeRoot;
use crate::machine::fixtures::{laptop, server};

const CPU: &str = "sys/devices/system/cpu";

/// The laptop with process 7, which may use all four processors.
fn busy() -> FakeRoot {
    let root = laptop();
    root.file(
        "proc/7/status",
        "Name:\tx\nCpus_allowed_list:\t0-3\nMems_allowed_list:\t0\n",
    )
    .file("proc/7/cgroup", "0::/user.slice/session-2.scope\n")
    .file("proc/7/timerslack_ns", "50000\n")
    .file("proc/loadavg", "3.00 1.00 0.50 2/300 999\n");
    root
}

/// The same at rest, steady and with one thread a core.
fn quiet() -> FakeRoot {
    let root = busy();
    for cpu in 0..4 {
        let folder = format!("{CPU}/cpu{cpu}");
        root.file(
            &format!("{folder}/cpufreq/scaling_governor"),
            "performance\n",
        );
    }
    root.file(&format!("{CPU}/intel_pstate/no_turbo"), "1\n")
        .file(&format!("{CPU}/smt/active"), "0\n")
        .file("proc/loadavg", "0.05 0.10 0.20 1/300 999\n");
    root
}

fn check(root: &FakeRoot, threads: Option<u64>, timer: Option<u64>) -> Vec<Finding> {
    let situation = Situation {
        pid: 7,
        threads,
        timer_resolution: timer.map(Nanoseconds::from_nanos),
    };
    standing(root.path(), &situation)
}

fn named(root: &FakeRoot, threads: Option<u64>, name: &str) -> Outcome {
    let findings = check(root, threads, Some(1));
    let found = findings.into_iter().find(|finding| finding.check == name);
    found.unwrap().outcome
}

fn fine(found: &str) -> Outcome {
    Outcome::Fine {
        found: found.to_owned(),
    }
}

/// What was found, and the remedy.
fn problem(outcome: Outcome) -> (String, String) {
    match outcome {
        Outcome::Problem { found, remedy, .. } => (found, remedy),
        other => panic!("no problem: {other:?}"),
    }
}

#[test]
fn a_quiet_machine_is_fine_in_every_respect() {
    let findings = check(&quiet(), Some(2), Some(1));
    for finding in &findings {
        assert!(
            matches!(finding.outcome, Outcome::Fine { .. }),
            "{finding:?}"
        );
    }
    assert_eq!(findings.len(), 12);
}

#[test]
fn an_empty_root_is_neither_fine_nor_a_problem() {
    for finding in check(&FakeRoot::new(), Some(2), None) {
        assert!(
            matches!(finding.outcome, Outcome::Unchecked { .. }),
            "{finding:?}"
        );
    }
}

#[test]
fn findings_come_in_the_order_of_the_list_and_are_about_what_stands() {
    let order = |name: &str| {
        let checks = crate::checks::CHECKS;
        checks.iter().position(|check| check.name == name).unwrap()
    };
    let findings = check(&busy(), None, None);
    assert!(findings.is_sorted_by_key(|finding| order(&finding.check)));
    assert!(
        findings
            .iter()
            .all(|finding| finding.about == tare_results::About::Standing)
    );
}

#[test]
fn what_lets_the_frequency_move_is_a_problem_each() {
    let root = busy();
    assert_eq!(problem(named(&root, None, "governor")).0, "powersave");
    assert_eq!(problem(named(&root, None, "turbo")).0, "on");
    assert_eq!(
        named(&root, None, "frequency-limit"),
        fine("2.80 GHz of 2.50 GHz")
    );
    for cpu in 0..4 {
        root.file(
            &format!("{CPU}/cpu{cpu}/cpufreq/scaling_max_freq"),
            "900000\n",
        );
    }
    assert_eq!(
        problem(named(&root, None, "frequency-limit")).0,
        "0.90 GHz of 2.50 GHz"
    );
}

#[test]
fn threads_that_must_share_a_core_get_a_list_of_processors_that_do_not() {
    let root = busy();
    let (found, remedy) = problem(named(&root, Some(4), "smt"));
    assert_eq!(found, "4 threads on 4 processors of 2 cores");
    assert!(remedy.contains("taskset -c 0-1 tare"), "{remedy}");
    assert_eq!(
        named(&root, Some(2), "smt"),
        fine("2 threads on 4 processors of 2 cores")
    );
    assert_eq!(
        problem(named(&root, None, "smt")).0,
        found,
        "as many as there are processors"
    );
}

#[test]
fn too_few_processors_and_free_ones_that_are_not_used_are_problems() {
    let root = busy();
    assert_eq!(
        named(&root, Some(4), "affinity"),
        fine("processors 0-3 of 0-3")
    );
    root.file(
        "proc/7/status",
        "Cpus_allowed_list:\t0-1\nMems_allowed_list:\t0\n",
    );
    assert_eq!(
        problem(named(&root, Some(3), "affinity")).0,
        "3 threads on processors 0-1 of 0-3"
    );
    root.file(&format!("{CPU}/isolated"), "2-3\n");
    let (found, remedy) = problem(named(&root, Some(1), "affinity"));
    assert_eq!(
        found,
        "processors 0-1 of 0-3, though 2-3 are kept free for whoever asks for them"
    );
    assert!(remedy.contains("taskset -c 2-3"), "{remedy}");
}

#[test]
fn memory_and_processors_of_different_nodes_are_a_problem_with_the_node_to_bind_to() {
    let root = server();
    let allow = |cpus: &str, nodes: &str| {
        let text = format!("Cpus_allowed_list:\t{cpus}\nMems_allowed_list:\t{nodes}\n");
        root.file("proc/7/status", &text);
        named(&root, None, "numa")
    };
    assert_eq!(
        allow("2-3", "1"),
        fine("processors of node 1, memory of node 1")
    );
    let (found, remedy) = problem(allow("2-3", "0-1"));
    assert_eq!(found, "processors of node 1, memory of node 0-1");
    assert!(remedy.contains("--cpunodebind=1 --membind=1"), "{remedy}");
    assert_eq!(
        problem(allow("0-3", "0-1")).0,
        "processors of node 0-1, memory of node 0-1"
    );
    assert_eq!(named(&busy(), None, "numa"), fine("one node"));
}

#[test]
fn a_load_is_told_with_how_far_it_is_above_rest() {
    let root = busy();
    let Outcome::Problem { found, excess, .. } = named(&root, None, "load") else {
        panic!("three busy processors");
    };
    assert_eq!(
        (found.as_str(), excess),
        ("3.00 over the last minute, on 4 processors", Some(12.0))
    );
    for wrong in ["", "-1 0 0", "inf 0 0", "many"] {
        root.file("proc/loadavg", wrong);
        assert!(
            matches!(named(&root, None, "load"), Outcome::Unchecked { .. }),
            "{wrong}"
        );
    }
}

#[test]
fn a_limit_of_the_group_counts_against_the_threads_that_can_run() {
    let root = busy();
    assert_eq!(named(&root, Some(2), "cpu-limit"), fine("no limit"));
    root.file("sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
    assert_eq!(
        problem(named(&root, Some(2), "cpu-limit")).0,
        "1.5 processors of 2 wanted"
    );
    assert_eq!(
        named(&root, Some(1), "cpu-limit"),
        fine("1.5 processors of 1 wanted")
    );
    assert_eq!(
        problem(named(&root, Some(64), "cpu-limit")).0,
        "1.5 processors of 4 wanted"
    );
}

#[test]
fn a_slow_clock_is_a_problem_and_a_better_one_that_is_there_the_remedy() {
    let root = busy();
    let folder = "sys/devices/system/clocksource/clocksource0";
    root.file(&format!("{folder}/current_clocksource"), "hpet\n");
    assert!(
        problem(named(&root, None, "clock-source"))
            .1
            .contains("dmesg")
    );
    root.file(
        &format!("{folder}/available_clocksource"),
        "hpet tsc acpi_pm\n",
    );
    let (found, remedy) = problem(named(&root, None, "clock-source"));
    assert_eq!(found, "hpet");
    assert_eq!(
        remedy,
        "as root: echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"
    );
}

#[test]
fn pages_merged_behind_the_back_and_coarse_timers_are_problems() {
    let root = busy();
    root.file(
        "sys/kernel/mm/transparent_hugepage/enabled",
        "[always] madvise never\n",
    )
    .file("proc/7/timerslack_ns", "4000000\n");
    assert_eq!(problem(named(&root, None, "huge-pages")).0, "always");
    assert_eq!(
        problem(named(&root, None, "timer-slack")).0,
        "up to 4.00 ms"
    );
    let timer = check(&root, None, Some(4_000_000));
    let timer = timer
        .into_iter()
        .find(|finding| finding.check == "timer-resolution");
    assert_eq!(
        problem(timer.unwrap().outcome).0,
        "timers count in steps of 4.00 ms"
    );
}

#[test]
fn this_very_machine_can_be_checked_and_has_a_timer() {
    let own = std::process::id();
    let cpus = allowed_cpus(Path::new("/"), own).unwrap();
    assert!(!cpus.is_empty());
    assert!(allowed_cpus(Path::new("/"), u32::MAX).is_err());
    let timer = timer_resolution();
    assert!(timer > Nanoseconds::from_nanos(0) && timer <= Nanoseconds::from_millis(10));
    let situation = Situation {
        pid: own,
        threads: Some(1),
        timer_resolution: Some(timer),
    };
    let findings = standing(Path::new("/"), &situation);
    let affinity = findings
        .iter()
        .find(|finding| finding.check == "affinity")
        .unwrap();
    assert!(
        !matches!(affinity.outcome, Outcome::Unchecked { .. }),
        "{affinity:?}"
    );
}
