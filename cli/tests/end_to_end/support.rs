//! A folder of its own for each test, with a store, a cache and the binary to run in it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The model that every test can afford.
pub const MLP: &str = "mlp:width=64,depth=2";

/// Says that a test cannot be made here, and fails unless whoever runs it has said that this may be.
pub fn left_out(why: &str) {
    let may_be = std::env::var_os("TARE_TESTS_MAY_BE_LEFT_OUT").is_some();
    assert!(
        may_be,
        "not tested: {why}; set TARE_TESTS_MAY_BE_LEFT_OUT=1 to leave such tests out"
    );
    println!("not tested: {why}");
}

const POLL: Duration = Duration::from_millis(5);
const POLLS: u32 = 6_000;

/// Waits until `look` finds something; fails the test after half a minute.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..POLLS {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(POLL);
    }
    panic!("no {what} within half a minute");
}

/// What the machine can do, as far as any test has measured it: seconds that not every test spends anew.
const SHARED_PEAKS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/peaks");

/// A folder with a store and a cache.
pub struct Bench {
    dir: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let bench = Self::uncalibrated();
        fs::create_dir_all(bench.path("cache/tare")).expect("a cache");
        fs::create_dir_all(SHARED_PEAKS).expect("a folder for peaks");
        symlink(SHARED_PEAKS, bench.path("cache/tare/peaks")).expect("a link");
        bench
    }

    /// One that knows nothing of the machine.
    pub fn uncalibrated() -> Self {
        Self {
            dir: tempfile::tempdir().expect("temporary folder"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("writes");
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_tare"), arguments)
    }

    /// Another program in the same environment.
    pub fn command_of(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .env("HOME", self.dir.path())
            .env("TARE_STORE", self.path("store"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .stdin(Stdio::null());
        command
    }

    pub fn tare(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("the binary starts"))
    }

    /// `tare run` of the small model.
    pub fn run(&self, more: &[&str]) -> Ended {
        self.tare(&[&["run", "--model", MLP, "--no-tax"], more].concat())
    }

    /// `tare run` of the small model, which goes on while the test looks.
    pub fn start(&self, more: &[&str]) -> Running {
        let child = self
            .command(&[&["run", "--model", MLP, "--no-tax"], more].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        Running { child: Some(child) }
    }

    /// The folder of the store's only run.
    pub fn only_run(&self) -> PathBuf {
        wait_for("run", || {
            let entry = fs::read_dir(self.path("store")).ok()?.next()?.ok()?;
            entry.path().join("run.json").exists().then(|| entry.path())
        })
    }

    /// The folder of the run that was begun last.
    pub fn latest_run(&self) -> PathBuf {
        let begun = |folder: &PathBuf| {
            let plan = fs::metadata(folder.join("run.json")).expect("a plan");
            plan.modified().expect("a time")
        };
        let runs = fs::read_dir(self.path("store")).expect("a store");
        let runs = runs.map(|entry| entry.expect("an entry").path());
        runs.max_by_key(begun).expect("a run")
    }

    /// The records of the measurements of the store's only run.
    pub fn measurements(&self) -> Vec<Value> {
        lines(&self.only_run().join("cells.jsonl"))
            .into_iter()
            .filter(|record| record["kind"] == "measurement")
            .collect()
    }

    /// Waits for an event of the store's only run.
    pub fn event(&self, what: &str, matches: impl Fn(&Value) -> bool) -> Value {
        let events = self.only_run().join("events.jsonl");
        wait_for(what, || lines(&events).into_iter().find(&matches))
    }

    /// Waits until the worker of a repeat does its timed requests, and gives its process.
    pub fn measuring(&self, repeat: u64) -> i32 {
        let started = self.event("worker", |event| {
            event["event"] == "worker-started"
                && event["kind"] == "measurement"
                && event["repeat"] == repeat
        });
        self.event("timed request", |event| {
            event["event"] == "phase-reached"
                && event["phase"] == "run"
                && event["cell"] == started["cell"]
                && event["repeat"] == repeat
        });
        i32::try_from(started["pid"].as_i64().expect("a process")).expect("a process")
    }
}

/// The JSON objects on the finished lines of a file.
pub fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is an object"))
        .collect()
}

/// Kills a process; fails the test where there is none.
pub fn kill(pid: i32, signal: Signal) {
    let pid = Pid::from_raw(pid).expect("a process");
    kill_process(pid, signal).expect("the process is there");
}

/// Whether a process executes, rather than being gone or waiting for its parent to notice.
pub fn is_alive(pid: i32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    !matches!(state, Some('Z' | 'X') | None)
}

/// A binary at work; killed when dropped.
pub struct Running {
    child: Option<Child>,
}

impl Running {
    pub fn of(child: Child) -> Self {
        Self { child: Some(child) }
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal);
    }

    pub fn pid(&self) -> i32 {
        let child = self.child.as_ref().expect("not waited for");
        i32::try_from(child.id()).expect("a process")
    }

    pub fn wait(mut self) -> Ended {
        let child = self.child.take().expect("not waited for");
        Ended::of(child.wait_with_output().expect("the binary ends"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// How a program ended and what it printed.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Fails the test unless the exit code is `code`.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// All of standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output is not JSON ({error}): {self:#?}"))
    }

    /// The only error, without its beginning; fails the test where there are more lines.
    #[track_caller]
    pub fn error(&self) -> &str {
        let errors: Vec<&str> = self
            .stderr
            .lines()
            .filter(|line| !line.starts_with("making "))
            .collect();
        match errors.as_slice() {
            [error] => error.strip_prefix("error: "),
            _ => None,
        }
        .unwrap_or_else(|| panic!("not one error: {self:#?}"))
    }

    /// Fails the test unless standard error holds each of `parts`.
    #[track_caller]
    pub fn tells(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.stderr.contains(part), "no '{part}' in {self:#?}");
        }
    }
}
