//! Clocks of GPUs are fixed and freed with the rest; those that the driver withholds are left, and told.

use std::cell::RefCell;
use std::fs;
use std::rc::Rc;

use tare_hardware::nvml::{Nvml, NvmlClocks, NvmlError};
use tare_hardware::tune::{ClockError, GpuClock, GpuClocks, NoGpus, TuneError, gpu_clocks};

use crate::fake::Fake;
use crate::machine::*;

const UNSUPPORTED: u32 = 3;
const PERMISSION: u32 = 4;
const LOST: u32 = 15;

/// Two devices, of which one may refuse; remembers what it was asked for.
#[derive(Clone, Default)]
struct FakeGpus {
    asked: Rc<RefCell<Vec<String>>>,
    refuses: Option<(&'static str, bool)>,
    frees: bool,
}

impl GpuClocks for FakeGpus {
    fn current(&self) -> Vec<Result<GpuClock, String>> {
        let clock = |device: &str| {
            Ok(GpuClock {
                device: device.to_owned(),
                was: "free".to_owned(),
            })
        };
        vec![clock("GPU-a"), clock("GPU-b"), Err("GPU-c is lost".into())]
    }

    fn fix(&self, device: &str) -> Result<(), ClockError> {
        self.asked.borrow_mut().push(format!("fix {device}"));
        match self.refuses {
            Some((refused, true)) if refused == device => Err(ClockError::Withheld("no".into())),
            Some((refused, false)) if refused == device => Err(ClockError::Failed("dead".into())),
            _ => Ok(()),
        }
    }

    fn restore(&self, clock: &GpuClock) -> Result<(), String> {
        let asked = format!("{} {}", clock.was, clock.device);
        self.asked.borrow_mut().push(asked);
        match self.frees {
            true => Ok(()),
            false => Err("gone".to_owned()),
        }
    }
}

fn two_gpus(refuses: Option<(&'static str, bool)>) -> FakeGpus {
    FakeGpus {
        refuses,
        frees: true,
        ..FakeGpus::default()
    }
}

#[test]
fn clocks_of_gpus_are_fixed_and_freed() {
    let machine = Machine::new();
    let gpus = two_gpus(None);
    let tuned = machine.begin(Box::new(gpus.clone())).unwrap();
    assert_eq!(tuned.changes().len(), 5);
    assert_eq!(tuned.changes()[4], "clocks of GPU-b: free to fixed");
    assert_eq!(tuned.left(), ["GPU-c is lost"]);
    drop(tuned);
    let asked = gpus.asked.borrow();
    assert_eq!(
        *asked,
        ["fix GPU-a", "fix GPU-b", "free GPU-b", "free GPU-a"]
    );
    assert_eq!(machine.now(), BEFORE);
}

#[test]
fn a_device_that_fails_takes_all_settings_back() {
    let machine = Machine::new();
    let gpus = two_gpus(Some(("GPU-b", false)));
    let refused = machine.begin(Box::new(gpus)).err().unwrap();
    assert!(
        refused
            .to_string()
            .starts_with("GPU-b cannot be set: dead; all settings are as they were"),
        "{refused}"
    );
    assert_eq!(machine.now(), BEFORE);
    assert!(!machine.journal().exists());
}

#[test]
fn what_cannot_be_taken_back_either_is_what_is_told() {
    let machine = Machine::new();
    let gpus = FakeGpus {
        frees: false,
        ..two_gpus(Some(("GPU-b", false)))
    };
    let refused = machine.begin(Box::new(gpus)).err().unwrap();
    assert!(
        matches!(&refused, TuneError::NotRestored { what, .. } if what.len() == 2),
        "{refused}"
    );
    assert_eq!(machine.now(), BEFORE);
    assert!(machine.journal().exists());
}

#[test]
fn a_device_that_the_driver_withholds_is_left_and_not_restored() {
    let machine = Machine::new();
    let gpus = two_gpus(Some(("GPU-a", true)));
    let tuned = machine.begin(Box::new(gpus.clone())).unwrap();
    assert_eq!(tuned.left(), ["GPU-c is lost", "clocks of GPU-a: no"]);
    assert_eq!(tuned.changes().len(), 4);
    assert_eq!(machine.now(), TUNED);
    let journal = fs::read_to_string(machine.journal()).unwrap();
    assert!(
        journal.contains("GPU-b") && !journal.contains("GPU-a"),
        "{journal}"
    );
    assert_eq!(tuned.restore().unwrap().len(), 4);
    assert_eq!(
        *gpus.asked.borrow(),
        ["fix GPU-a", "fix GPU-b", "free GPU-b"]
    );
    assert_eq!(machine.now(), BEFORE);
}

/// What was asked of the made-up library's clocks, in order.
fn log(fake: &Fake) -> Vec<String> {
    let log = fake.library().with_file_name("libnvidia-ml.so.1.log");
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn nvml_of(fake: &Fake) -> Box<NvmlClocks> {
    let nvml = fake.load().unwrap();
    Box::new(NvmlClocks::new(move || Ok(nvml.clone())))
}

#[test]
fn nvml_locks_at_the_base_clock_and_frees_by_identifier() {
    let fake = Fake::new("count=2");
    let machine = Machine::empty();
    let tuned = machine.begin(nvml_of(&fake)).unwrap();
    assert_eq!(
        tuned.changes(),
        [
            "clocks of GPU-0: free to fixed",
            "clocks of GPU-1: free to fixed"
        ]
    );
    assert_eq!(log(&fake), ["lock GPU-0", "lock GPU-1"]);
    assert_eq!(tuned.restore().unwrap(), ["GPU-1", "GPU-0"]);
    assert_eq!(log(&fake)[2..], ["free GPU-1", "free GPU-0"]);
}

#[test]
fn clocks_that_the_driver_does_not_let_this_user_lock_are_a_reason_and_processors_are_tuned() {
    let fake = Fake::new(&format!(
        "count=2\nwithheld.0={PERMISSION}\nwithheld.1={UNSUPPORTED}"
    ));
    let machine = Machine::new();
    let tuned = machine.begin(nvml_of(&fake)).unwrap();
    assert_eq!(
        tuned.left(),
        [
            "clocks of GPU-0: NVML gives no permission for locking its clocks; run as root or ask the administrator",
            "clocks of GPU-1: this GPU or driver does not offer locking its clocks"
        ]
    );
    assert_eq!(machine.now(), TUNED);
    assert_eq!(tuned.restore().unwrap().len(), 3);
    assert!(log(&fake).is_empty(), "what was not locked is not freed");
}

#[test]
fn where_withheld_clocks_are_all_there_is_nothing_can_be_tuned() {
    let fake = Fake::new(&format!("count=1\nwithheld={PERMISSION}"));
    let machine = Machine::empty();
    let refused = machine.begin(nvml_of(&fake)).err().unwrap();
    assert!(matches!(refused, TuneError::Nothing(_)), "{refused}");
    assert!(
        refused
            .to_string()
            .contains("clocks of GPU-0: NVML gives no permission"),
        "{refused}"
    );
    assert!(!machine.journal().exists());
}

#[test]
fn a_gpu_that_is_lost_while_it_is_set_takes_all_settings_back() {
    let fake = Fake::new(&format!("count=1\nwithheld={LOST}"));
    let machine = Machine::new();
    let refused = machine.begin(nvml_of(&fake)).err().unwrap();
    assert!(
        refused
            .to_string()
            .starts_with("GPU-0 cannot be set: the GPU is lost"),
        "{refused}"
    );
    assert_eq!(machine.now(), BEFORE);
}

#[test]
fn a_library_that_does_not_answer_is_a_reason_and_processors_are_tuned() {
    let machine = Machine::new();
    let gpus = NvmlClocks::new(|| Err(NvmlError::NoDriver));
    let tuned = machine.begin(Box::new(gpus)).unwrap();
    assert!(tuned.left()[0].starts_with("the NVIDIA driver is not loaded"));
    assert_eq!(tuned.changes().len(), 3);
}

#[test]
fn the_guardian_frees_the_clocks_of_an_owner_that_was_killed() {
    let fake = Fake::new("count=2");
    let machine = Machine::new();
    let library = fake.library();
    let mut owner = owner_with(&machine, Some(&library));
    assert_eq!(log(&fake), ["lock GPU-0", "lock GPU-1"]);
    owner.kill().unwrap();
    owner.wait().unwrap();
    until("the guardian has restored", || !machine.journal().exists());
    assert_eq!(log(&fake)[2..], ["free GPU-1", "free GPU-0"]);
    assert_eq!(machine.now(), BEFORE);
}

#[test]
fn a_setting_of_clocks_that_tuning_never_finds_is_not_restored() {
    let clock = GpuClock {
        device: "GPU-0".to_owned(),
        was: "1410 MHz".to_owned(),
    };
    let gpus = NvmlClocks::new(|| -> Result<Nvml, NvmlError> { panic!("is not asked") });
    let refused = gpus.restore(&clock).unwrap_err();
    assert_eq!(refused, "tuning knows no clocks that were '1410 MHz'");
}

#[test]
fn a_machine_without_a_driver_has_no_gpus_to_set() {
    let machine = Machine::new();
    assert!(gpu_clocks(machine.root()).current().is_empty());
    let clock = GpuClock {
        device: "GPU-0".to_owned(),
        was: "free".to_owned(),
    };
    assert_eq!(NoGpus.restore(&clock).unwrap_err(), "there is no GPU-0");
    assert!(NoGpus.fix("GPU-0").is_err());
}
