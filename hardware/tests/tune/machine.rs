//! A made-up machine that is tuned, and this test program as another process: its owner, or its guardian.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tare_hardware::nvml::{Nvml, NvmlClocks, NvmlOptions};
use tare_hardware::tune::{GpuClocks, NoGpus, TuneError, Tuned};
use tempfile::TempDir;

const ROOT: &str = "TARE_TEST_TUNE_ROOT";
const LIBRARY: &str = "TARE_TEST_TUNE_NVML";
pub const POLICIES: &str = "sys/devices/system/cpu/cpufreq";
pub const TURBO: &str = "sys/devices/system/cpu/intel_pstate/no_turbo";

/// Two policies and a switch for turbo, as a laptop has them.
pub struct Machine(TempDir);

impl Machine {
    pub fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn new() -> Self {
        let machine = Self::empty();
        machine.write(&governor(0), "powersave\n");
        machine.write(&governor(1), "schedutil\n");
        machine.write(TURBO, "0\n");
        machine
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Governor of either policy, and whether turbo is off.
    pub fn now(&self) -> [String; 3] {
        let read = |file: &str| {
            let text = fs::read_to_string(self.root().join(file)).unwrap();
            text.trim().to_owned()
        };
        [read(&governor(0)), read(&governor(1)), read(TURBO)]
    }

    pub fn journal(&self) -> PathBuf {
        journal(self.root())
    }

    pub fn begin(&self, gpus: Box<dyn GpuClocks>) -> Result<Tuned, TuneError> {
        Tuned::begin(self.root(), &self.journal(), guardian(self.root()), gpus)
    }
}

pub const BEFORE: [&str; 3] = ["powersave", "schedutil", "0"];
pub const TUNED: [&str; 3] = ["performance", "performance", "1"];

pub fn governor(policy: u32) -> String {
    format!("{POLICIES}/policy{policy}/scaling_governor")
}

pub fn journal(root: &Path) -> PathBuf {
    root.join("journal.json")
}

/// This very test program, playing another part.
fn part(name: &str, root: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            name,
            "--ignored",
            "--nocapture",
            "--test-threads=2",
        ])
        .env(ROOT, root);
    command
}

pub fn guardian(root: &Path) -> Command {
    part("the_guardian_of_another_test", root)
}

pub fn given_root() -> PathBuf {
    std::env::var_os(ROOT)
        .expect("is started by another test")
        .into()
}

/// Those of the library that another test named, if it did.
pub fn clocks() -> Box<dyn GpuClocks> {
    match std::env::var_os(LIBRARY) {
        None => Box::new(NoGpus),
        Some(library) => {
            let options = NvmlOptions {
                library: Some(library.into()),
                ..NvmlOptions::default()
            };
            Box::new(NvmlClocks::new(move || Nvml::load(options.clone())))
        }
    }
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..20_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("does not come to hold: {what}");
}

/// An owner that has tuned `machine`, as has its guardian with it.
pub fn owner(machine: &Machine) -> Child {
    owner_with(machine, None)
}

/// The same with the GPUs of an NVML library.
pub fn owner_with(machine: &Machine, library: Option<&Path>) -> Child {
    let mut command = part("the_owner_of_another_test", machine.root());
    if let Some(library) = library {
        command.env(LIBRARY, library);
    }
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let ready = machine.root().join("ready");
    until("the owner has tuned", || ready.exists());
    assert_eq!(machine.now(), TUNED);
    child
}
