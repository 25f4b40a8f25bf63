//! Tuning sets a machine up for a run and back on every way out; one that offers nothing is refused before any worker.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::made_up::{JOURNAL, MadeUp, TUNED};
use crate::support::{Bench, Running, left_out, wait_for};

const QUICK: &str = "--adapter fake:run=1ms --repeats 1 --duration 10ms --no-probes --format json";

#[test]
fn a_tuned_run_is_measured_tuned_says_so_and_leaves_the_machine_as_it_was() {
    let Some(made_up) = MadeUp::new() else { return };
    let ended = made_up.run(&format!("{QUICK} --tune")).with_code(0);
    ended.tells(&[
        "tuned: sys/devices/system/cpu/cpufreq/policy0/scaling_governor: powersave to performance",
        "tuned: sys/devices/system/cpu/intel_pstate/no_turbo: 0 to 1",
        "restored: 3 settings",
    ]);
    made_up.is_as_before();
    let run = made_up.bench.only_run().join("run.json");
    let run: Value = serde_json::from_slice(&fs::read(run).expect("a run")).expect("JSON");
    assert_eq!(run["tuned"]["changed"].as_array().map(Vec::len), Some(3));
    assert_eq!(run["machine"]["environment"]["governor"], "performance");
    assert_eq!(run["machine"]["environment"]["turbo"], false);
    let governor = run["findings"].as_array().expect("findings").iter();
    let governor = governor
        .filter(|finding| finding["check"] == "governor")
        .map(|finding| &finding["outcome"]);
    assert_eq!(governor.collect::<Vec<_>>(), ["fine"]);
}

#[test]
fn a_run_that_fails_once_the_machine_is_tuned_leaves_it_as_it_was() {
    let Some(made_up) = MadeUp::new() else { return };
    let ended = made_up.run("--adapter fake:run=1ms --repeats 1 --tune --meter 'exit 7'");
    let ended = ended.with_code(2);
    ended.tells(&["error: --meter: ", "restored: 3 settings"]);
    made_up.is_as_before();
    let crashed = made_up.run("--adapter fake:fault=exit --repeats 1 --no-probes --tune");
    assert_ne!(crashed.code, Some(0), "{crashed:#?}");
    made_up.is_as_before();
}

#[test]
fn what_is_refused_before_anything_is_measured_touches_nothing() {
    let Some(made_up) = MadeUp::new() else { return };
    for refused in ["--repeats 0 --tune", "--adapter nowhere --tune"] {
        let ended = made_up.run(refused).with_code(2);
        assert!(!ended.stderr.contains("tuned"), "{ended:#?}");
    }
    let planned = made_up.run("--tune --dry-run").with_code(0);
    assert!(!planned.stderr.contains("tuned"), "{planned:#?}");
    made_up.is_as_before();
}

#[test]
fn the_first_signal_ends_the_run_and_restores_and_resuming_tunes_again() {
    let Some(made_up) = MadeUp::new() else { return };
    let running = made_up.measuring();
    let meanwhile = made_up.tare("machine restore").with_code(2);
    assert!(meanwhile.error().contains("goes on"), "{meanwhile:#?}");
    running.signal(rustix::process::Signal::INT);
    let ended = running.wait().with_code(130);
    ended.tells(&["restored: 3 settings", " --tune"]);
    made_up.is_as_before();
    let without = made_up.tare("run --resume latest").with_code(2);
    assert!(without.error().contains("--tune"), "{without:#?}");
    made_up.is_as_before();
    let running = Running::of(
        made_up
            .command("run --resume latest --tune")
            .spawn()
            .expect("unshare starts"),
    );
    made_up.bench.event("another worker", |event| {
        event["event"] == "run-started" && event["done"].as_u64() > Some(0)
            || event["event"] == "worker-finished"
    });
    wait_for("tuned machine", || (made_up.now() == TUNED).then_some(()));
    running.signal(rustix::process::Signal::TERM);
    running.wait().with_code(130);
    made_up.is_as_before();
}

#[test]
fn a_second_signal_ends_the_run_at_once_and_the_guardian_restores() {
    let Some(made_up) = MadeUp::new() else { return };
    let running = made_up.measuring();
    running.signal(rustix::process::Signal::INT);
    // Two at once may be told as one.
    std::thread::sleep(Duration::from_millis(2));
    running.signal(rustix::process::Signal::INT);
    running.wait().with_code(130);
    wait_for("restored machine", || {
        (!made_up.has_journal()).then_some(())
    });
    made_up.is_as_before();
}

#[test]
fn the_guardian_restores_what_a_killed_run_leaves_behind_and_says_so() {
    let Some(made_up) = MadeUp::new() else { return };
    let running = made_up.measuring();
    running.signal(rustix::process::Signal::KILL);
    let ended = running.wait();
    assert_eq!(ended.code, None);
    ended.tells(&["restored after the run was ended: sys/devices/system/cpu/cpufreq/policy0"]);
    made_up.is_as_before();
}

#[test]
fn what_a_run_and_its_guardian_leave_behind_is_restored_by_hand() {
    let Some(made_up) = MadeUp::new() else { return };
    let nothing = made_up.tare("machine restore").with_code(0);
    assert!(
        nothing.stdout.starts_with("nothing to restore"),
        "{nothing:#?}"
    );
    let setting = |policy: u32, was: &str| {
        format!(
            r#"{{"file":"sys/devices/system/cpu/cpufreq/policy{policy}/scaling_governor","was":"{was}","tuned":"performance"}}"#
        )
    };
    let write = |settings: &str| {
        let text = format!(r#"{{"schema":"tare.tune/1","settings":[{settings}],"gpus":[]}}"#);
        fs::write(made_up.bench.path(JOURNAL), text).expect("writes");
    };
    write(&setting(0, "ondemand"));
    let pending = made_up.run(&format!("{QUICK} --tune")).with_code(2);
    assert!(
        pending.error().ends_with("run: tare machine restore"),
        "{pending:#?}"
    );
    let restored = made_up.tare("machine restore").with_code(0);
    assert_eq!(
        restored.stdout,
        "restored: sys/devices/system/cpu/cpufreq/policy0/scaling_governor\n"
    );
    assert_eq!(made_up.now(), "ondemand schedutil 0");
    write(&setting(7, "powersave"));
    let refused = made_up.tare("machine restore").with_code(2);
    assert!(refused.error().contains("not restored: "), "{refused:#?}");
    assert!(made_up.has_journal());
    fs::write(made_up.bench.path(JOURNAL), "{}").expect("writes");
    let strange = made_up.tare("machine restore").with_code(2);
    assert!(
        strange.error().contains("is no journal of tuning"),
        "{strange:#?}"
    );
}

#[test]
fn settings_that_cannot_be_restored_are_told_and_the_run_does_not_end_well() {
    let Some(made_up) = MadeUp::new() else { return };
    let running = made_up.measuring();
    fs::remove_dir_all(made_up.bench.path("cpu/cpufreq/policy1")).expect("removes");
    running.signal(rustix::process::Signal::INT);
    let ended = running.wait();
    assert_eq!(ended.code, Some(5), "{ended:#?}");
    ended.tells(&[
        "error: not restored: sys/devices/system/cpu/cpufreq/policy1",
        "tare machine restore",
    ]);
    assert!(made_up.has_journal());
}

#[test]
fn a_machine_that_offers_nothing_is_refused_with_the_reason_before_any_worker_starts() {
    if ["/dev/nvidiactl", "/dev/dxg"]
        .iter()
        .any(|path| Path::new(path).exists())
    {
        left_out("this machine's own GPUs could be changed");
        return;
    }
    let Some(made_up) = MadeUp::new() else { return };
    for offered in ["cpufreq", "intel_pstate"] {
        fs::remove_dir_all(made_up.bench.path("cpu").join(offered)).expect("removes");
    }
    let ended = made_up.run("--tune").with_code(2);
    let error = ended.error();
    assert!(
        error.starts_with("nothing can be tuned on this machine: "),
        "{error}"
    );
    assert!(
        error.ends_with("leave --tune out, and on a virtual machine tune its host"),
        "{error}"
    );
    assert!(!made_up.bench.path("store").exists(), "no run was begun");
}

#[test]
fn a_run_that_was_not_tuned_is_not_resumed_tuned() {
    let bench = Bench::new();
    let quick: Vec<&str> = QUICK.split(' ').collect();
    bench.run(&quick).with_code(0);
    let refused = bench
        .tare(&["run", "--resume", "latest", "--tune"])
        .with_code(2);
    assert!(
        refused.error().contains("on a machine that was not tuned"),
        "{refused:#?}"
    );
}

#[test]
fn the_clocks_of_gpus_are_locked_and_freed_and_those_withheld_are_told() {
    let Some(made_up) = MadeUp::with_gpus("count=2\nwithheld.1=4") else {
        return;
    };
    let ended = made_up.run(&format!("{QUICK} --tune")).with_code(0);
    ended.tells(&[
        "tuned: clocks of GPU-0: free to fixed",
        "not tuned: clocks of GPU-1: NVML gives no permission for locking its clocks",
        "restored: 4 settings",
    ]);
    assert_eq!(made_up.clocks(), ["lock GPU-0", "free GPU-0"]);
    made_up.is_as_before();
}

#[test]
fn the_guardian_frees_the_clocks_that_a_killed_run_locked() {
    let Some(made_up) = MadeUp::with_gpus("count=1") else {
        return;
    };
    let running = made_up.measuring();
    running.signal(rustix::process::Signal::KILL);
    running
        .wait()
        .tells(&["restored after the run was ended: GPU-0"]);
    assert_eq!(made_up.clocks(), ["lock GPU-0", "free GPU-0"]);
    made_up.is_as_before();
}
