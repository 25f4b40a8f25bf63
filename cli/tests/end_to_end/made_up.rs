//! A machine that is made up and mounted over the real one, for the binary under test alone.

#[allow(dead_code, reason = "the library is loaded by the binary under test")]
#[path = "../../../hardware/tests/nvml/fake.rs"]
mod fake;

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use crate::support::{Bench, Ended, MLP, Running, left_out};
use fake::Fake;

pub const PROCESSORS: &str = "/sys/devices/system/cpu";
pub const JOURNAL: &str = "run/tare-tune.json";
pub const BEFORE: &str = "powersave schedutil 0";
pub const TUNED: &str = "performance performance 1";
const LONG: &str =
    "--adapter fake:run=1ms --repeats 100 --duration 100ms --no-probes --format json";
const DEVICES: &str = "touch dev/null dev/urandom dev/nvidiactl && mount --bind /dev/null dev/null && \
                       mount --bind /dev/urandom dev/urandom && mount --rbind dev /dev && ";

/// Another machine's processors, `/run` and, where it has GPUs, `/dev` over this one's, for `tare` alone; where mounting is
/// allowed.
pub struct MadeUp {
    pub bench: Bench,
    flags: &'static str,
    nvml: Option<Fake>,
}

impl MadeUp {
    /// Two policies and a switch for turbo, as a laptop has them, and no GPU.
    pub fn new() -> Option<Self> {
        let bench = Bench::new();
        let files = [
            ("cpufreq/policy0/scaling_governor", "powersave\n"),
            ("cpufreq/policy1/scaling_governor", "schedutil\n"),
            ("intel_pstate/no_turbo", "0\n"),
            ("online", "0-1\n"),
        ];
        for (file, text) in files {
            let path = bench.path("cpu").join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("makes a folder");
            fs::write(path, text).expect("writes");
        }
        for cpu in ["0", "1"] {
            let folder = bench.path("cpu").join(format!("cpu{cpu}"));
            fs::create_dir(&folder).expect("makes a folder");
            let policy = format!("../cpufreq/policy{cpu}");
            symlink(policy, folder.join("cpufreq")).expect("links");
        }
        fs::create_dir(bench.path("run")).expect("makes a folder");
        let mounted = |flags: &&str| {
            let shell = ["-c", "mount --bind cpu /sys/devices/system/cpu"];
            let arguments = [&[*flags, "sh"][..], &shell].concat();
            let tried = bench.command_of("unshare", &arguments).output();
            tried.is_ok_and(|tried| tried.status.success())
        };
        let flags = ["-m", "-rm"].into_iter().find(mounted);
        if flags.is_none() {
            left_out(&format!("no folder can be mounted here over {PROCESSORS}"));
        }
        flags.map(|flags| Self {
            bench,
            flags,
            nvml: None,
        })
    }

    /// The same with a driver that behaves as `conf` says.
    pub fn with_gpus(conf: &str) -> Option<Self> {
        let made_up = Self::new()?;
        fs::create_dir(made_up.bench.path("dev")).expect("makes a folder");
        Some(Self {
            nvml: Some(Fake::new(conf)),
            ..made_up
        })
    }

    /// What was asked of the GPUs' clocks, in order.
    pub fn clocks(&self) -> Vec<String> {
        let nvml = self.nvml.as_ref().expect("a driver");
        let log = nvml.library().with_file_name("libnvidia-ml.so.1.log");
        let text = fs::read_to_string(log).expect("a log");
        text.lines().map(str::to_owned).collect()
    }

    /// `tare` with these arguments, replacing the shell, so that a signal to the process is one to it.
    pub fn command(&self, arguments: &str) -> Command {
        let tare = env!("CARGO_BIN_EXE_tare");
        let devices = match self.nvml {
            Some(_) => DEVICES,
            None => "",
        };
        let script = format!(
            "{devices}mount --bind cpu {PROCESSORS} && mount --bind run /run && exec \"{tare}\" {arguments}"
        );
        let mut command = self
            .bench
            .command_of("unshare", &[self.flags, "sh", "-c", &script]);
        if let Some(nvml) = &self.nvml {
            let folder = nvml.library();
            command.env("LD_LIBRARY_PATH", folder.parent().expect("a folder"));
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn tare(&self, arguments: &str) -> Ended {
        Ended::of(self.command(arguments).output().expect("unshare starts"))
    }

    pub fn run(&self, more: &str) -> Ended {
        self.tare(&format!("run --model {MLP} --no-tax {more}"))
    }

    /// A long tuned run whose first worker measures.
    pub fn measuring(&self) -> Running {
        let running = Running::of(
            self.command(&format!("run --model {MLP} --no-tax {LONG} --tune"))
                .spawn()
                .expect("unshare starts"),
        );
        self.bench.measuring(0);
        assert_eq!(self.now(), TUNED);
        running
    }

    /// Both governors and the switch for turbo.
    pub fn now(&self) -> String {
        let cpu = self.bench.path("cpu");
        let read = |file: &str| fs::read_to_string(cpu.join(file)).expect("a setting");
        let files = [
            "cpufreq/policy0/scaling_governor",
            "cpufreq/policy1/scaling_governor",
            "intel_pstate/no_turbo",
        ];
        files.map(|file| read(file).trim().to_owned()).join(" ")
    }

    pub fn has_journal(&self) -> bool {
        self.bench.path(JOURNAL).exists()
    }

    pub fn is_as_before(&self) {
        assert_eq!(self.now(), BEFORE);
        assert!(!self.has_journal());
    }
}
