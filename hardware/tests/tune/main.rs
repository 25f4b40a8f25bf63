//! Settings come back on every way out: the end, a panic, a killed owner, and a killed owner with a killed guardian.

#[path = "../nvml/fake.rs"]
mod fake;
mod gpus;
mod machine;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use tare_hardware::tune::{NoGpus, TuneError, Tuned, guard, restore, restore_by_hand};

use self::machine::*;

#[test]
#[ignore = "a part that other tests start as a process of its own"]
fn the_guardian_of_another_test() {
    let root = given_root();
    fs::write(root.join("guardian"), std::process::id().to_string()).unwrap();
    guard(&root, &journal(&root), clocks().as_ref()).unwrap();
}

#[test]
#[ignore = "a part that other tests start as a process of its own"]
fn the_owner_of_another_test() {
    let root = given_root();
    let tuned = Tuned::begin(&root, &journal(&root), guardian(&root), clocks()).unwrap();
    assert!(tuned.changes().len() >= 3);
    fs::write(root.join("ready"), "").unwrap();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    assert!(line.is_empty(), "only the end of its input ends it");
}

#[test]
fn the_end_restores_what_was_and_says_so() {
    let machine = Machine::new();
    let tuned = machine.begin(Box::new(NoGpus)).unwrap();
    assert_eq!(machine.now(), TUNED);
    assert!(machine.journal().exists());
    assert!(tuned.changes()[0].ends_with("scaling_governor: powersave to performance"));
    let restored = tuned.restore().unwrap();
    assert_eq!(restored, [TURBO.to_owned(), governor(1), governor(0)]);
    assert_eq!(machine.now(), BEFORE);
    assert!(!machine.journal().exists());
}

#[test]
fn a_panic_restores_what_was() {
    let machine = Machine::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _tuned = machine.begin(Box::new(NoGpus)).unwrap();
        assert_eq!(machine.now(), TUNED);
        panic!("in the middle of a run");
    }));
    assert_eq!(
        panicked.unwrap_err().downcast_ref::<&str>(),
        Some(&"in the middle of a run")
    );
    assert_eq!(machine.now(), BEFORE);
    assert!(!machine.journal().exists());
}

#[test]
fn an_owner_that_ends_by_itself_restores_what_was() {
    let machine = Machine::new();
    let mut owner = owner(&machine);
    drop(owner.stdin.take());
    assert!(owner.wait().unwrap().success());
    assert_eq!(machine.now(), BEFORE);
}

#[test]
fn the_guardian_restores_what_an_owner_killed_by_sigkill_cannot() {
    let machine = Machine::new();
    let mut owner = owner(&machine);
    owner.kill().unwrap();
    owner.wait().unwrap();
    until("the guardian has restored", || !machine.journal().exists());
    assert_eq!(machine.now(), BEFORE);
}

#[test]
fn a_signal_that_ends_programs_does_not_end_the_guardian() {
    let machine = Machine::new();
    let mut owner = owner(&machine);
    let guardian = fs::read_to_string(machine.root().join("guardian")).unwrap();
    for signal in ["-HUP", "-INT", "-TERM"] {
        assert!(
            Command::new("kill")
                .args([signal, &guardian])
                .status()
                .unwrap()
                .success()
        );
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    until("the guardian has restored", || !machine.journal().exists());
    assert_eq!(machine.now(), BEFORE);
}

#[test]
fn what_both_killed_left_behind_stops_the_next_and_is_restored_by_hand_any_number_of_times() {
    let machine = Machine::new();
    let mut owner = owner(&machine);
    let guardian = fs::read_to_string(machine.root().join("guardian")).unwrap();
    assert!(
        Command::new("kill")
            .args(["-KILL", &guardian])
            .status()
            .unwrap()
            .success()
    );
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert_eq!(machine.now(), TUNED);
    let refused = machine.begin(Box::new(NoGpus)).err().unwrap();
    assert!(matches!(refused, TuneError::Pending { .. }));
    assert!(
        refused.to_string().ends_with("run: tare machine restore"),
        "{refused}"
    );
    assert_eq!(machine.now(), TUNED, "a second owner keeps its hands off");
    assert_eq!(
        restore(machine.root(), &machine.journal(), &NoGpus)
            .unwrap()
            .len(),
        3
    );
    assert_eq!(machine.now(), BEFORE);
    machine.write(&governor(0), "ondemand\n");
    assert!(
        restore(machine.root(), &machine.journal(), &NoGpus)
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        machine.now()[0],
        "ondemand",
        "what was set since is left alone"
    );
}

#[test]
fn a_journal_of_someone_else_s_is_told_apart_from_none() {
    let machine = Machine::new();
    // What cannot be read as a file, for root neither.
    fs::create_dir(machine.journal()).unwrap();
    let refused = restore(machine.root(), &machine.journal(), &NoGpus).unwrap_err();
    assert!(matches!(refused, TuneError::Unread { .. }), "{refused}");
    assert!(refused.to_string().ends_with("such as root"), "{refused}");
    assert_eq!(machine.now(), BEFORE);
}

#[test]
fn what_a_run_holds_that_goes_on_is_not_restored_by_hand() {
    let machine = Machine::new();
    let by_hand = || restore_by_hand(machine.root(), &machine.journal(), &NoGpus);
    let mut owner = owner(&machine);
    let refused = by_hand().unwrap_err();
    assert!(matches!(refused, TuneError::InUse { .. }), "{refused}");
    assert_eq!(machine.now(), TUNED);
    let guardian = fs::read_to_string(machine.root().join("guardian")).unwrap();
    let killed = Command::new("kill").args(["-KILL", &guardian]).status();
    assert!(killed.unwrap().success());
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert_eq!(by_hand().unwrap().len(), 3);
    assert_eq!(machine.now(), BEFORE);
    assert!(by_hand().unwrap().is_empty(), "there is nothing more");
}

#[test]
fn a_machine_that_is_as_wanted_is_left_alone() {
    let machine = Machine::new();
    machine.write(&governor(0), "performance\n");
    machine.write(&governor(1), "performance\n");
    machine.write(TURBO, "1\n");
    let tuned = machine.begin(Box::new(NoGpus)).unwrap();
    assert!(tuned.changes().is_empty() && !machine.journal().exists());
    assert!(tuned.restore().unwrap().is_empty());
    assert_eq!(machine.now(), TUNED);
}

#[test]
fn without_privilege_one_error_names_every_file_and_nothing_is_changed() {
    let machine = Machine::new();
    for policy in [0, 1] {
        let path = machine.root().join(governor(policy));
        fs::remove_file(&path).unwrap();
        // A file of the kernel's that nobody may write, root neither.
        std::os::unix::fs::symlink("/sys/devices/system/cpu/online", path).unwrap();
    }
    let refused = machine.begin(Box::new(NoGpus)).err().unwrap();
    let text = refused.to_string();
    assert!(
        matches!(&refused, TuneError::Forbidden { files } if files.len() == 2),
        "{text}"
    );
    assert!(
        text.contains("policy0/scaling_governor: ") && text.contains("policy1/scaling_governor: ")
    );
    assert!(text.contains("run as root"), "{text}");
    assert_eq!(machine.now()[2], "0");
    assert!(!machine.journal().exists());
}

#[test]
fn a_machine_with_nothing_to_tune_says_why() {
    let machine = Machine::empty();
    let refused = machine.begin(Box::new(NoGpus)).err().unwrap();
    let text = refused.to_string();
    assert!(
        text.contains("cpufreq does not exist") && text.contains("no switch for turbo"),
        "{text}"
    );
}

#[test]
fn what_a_machine_does_not_offer_is_left_and_told() {
    let machine = Machine::new();
    fs::remove_dir_all(machine.root().join("sys/devices/system/cpu/intel_pstate")).unwrap();
    let tuned = machine.begin(Box::new(NoGpus)).unwrap();
    assert_eq!(tuned.left(), ["the kernel offers no switch for turbo here"]);
    assert_eq!(tuned.changes().len(), 2);
}

#[test]
fn turbo_of_other_drivers_has_a_switch_the_other_way_round() {
    let machine = Machine::new();
    fs::remove_dir_all(machine.root().join("sys/devices/system/cpu/intel_pstate")).unwrap();
    let boost = "sys/devices/system/cpu/cpufreq/boost";
    machine.write(boost, "1\n");
    let tuned = machine.begin(Box::new(NoGpus)).unwrap();
    let now = || fs::read_to_string(machine.root().join(boost)).unwrap();
    assert_eq!(now(), "0");
    drop(tuned);
    assert_eq!(now(), "1");
}

#[test]
fn a_guardian_that_does_not_start_leaves_the_machine_as_it_was() {
    let machine = Machine::new();
    for program in ["true", "a-program-that-does-not-exist"] {
        let begun = Tuned::begin(
            machine.root(),
            &machine.journal(),
            Command::new(program),
            Box::new(NoGpus),
        );
        assert!(matches!(begun.err().unwrap(), TuneError::Guardian(_)));
        assert_eq!(machine.now(), BEFORE);
        assert!(!machine.journal().exists());
    }
}

#[test]
fn a_folder_that_cannot_take_the_journal_is_an_error_before_anything_is_changed() {
    let machine = Machine::new();
    let journal = machine.root().join("no/such/folder/journal.json");
    let command = guardian(machine.root());
    let begun = Tuned::begin(machine.root(), &journal, command, Box::new(NoGpus));
    assert!(matches!(begun.err().unwrap(), TuneError::Journal { .. }));
    assert_eq!(machine.now(), BEFORE);
}

#[test]
fn a_setting_that_cannot_be_restored_keeps_the_journal_and_does_not_stop_the_others() {
    let machine = Machine::new();
    let tuned = machine.begin(Box::new(NoGpus)).unwrap();
    let gone = machine.root().join(POLICIES).join("policy1");
    fs::remove_dir_all(&gone).unwrap();
    let failed = tuned.restore().unwrap_err();
    assert!(
        matches!(&failed, TuneError::NotRestored { what, .. } if what.len() == 1),
        "{failed}"
    );
    assert!(machine.journal().exists());
    machine.write(&governor(1), "performance\n");
    assert_eq!(machine.now()[0], BEFORE[0], "the others were restored");
    restore(machine.root(), &machine.journal(), &NoGpus).unwrap();
    assert_eq!(machine.now(), BEFORE);
}

#[test]
fn a_journal_that_tuning_did_not_write_is_not_obeyed() {
    let machine = Machine::new();
    machine.write("etc/shadow", "secret\n");
    let entry = |file: &str, was: &str| {
        format!(
            r#"{{"schema":"tare.tune/1","settings":[{{"file":"{file}","was":"{was}","tuned":"x"}}],"gpus":[]}}"#
        )
    };
    let forged = [
        entry("etc/shadow", "mine"),
        entry(
            "sys/devices/system/cpu/cpufreq/policy0/../../../../../../etc/shadow",
            "mine",
        ),
        entry(
            "sys/devices/system/cpu/cpufreq/policy0/scaling_setspeed",
            "mine",
        ),
        entry(TURBO, "0; rm"),
        entry(TURBO, "0").replace("tune/1", "tune/9"),
        "{".to_owned(),
    ];
    for text in forged {
        fs::write(machine.journal(), &text).unwrap();
        let refused = restore(machine.root(), &machine.journal(), &NoGpus).unwrap_err();
        assert!(
            matches!(refused, TuneError::NotOurs { .. }),
            "{text}: {refused}"
        );
    }
    assert_eq!(machine.now(), BEFORE);
    assert_eq!(
        fs::read_to_string(machine.root().join("etc/shadow")).unwrap(),
        "secret\n"
    );
}
