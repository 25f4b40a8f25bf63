//! Scripts in pip's place: what it is asked, what becomes of its answer, and that it ends with its caller.

use super::*;
use crate::observe::Silent;
use crate::testing::{Bench, FILE, Heard};

/// Answers to `--version`, then does `rest` with the folder for the result as `$dest`.
fn acting(rest: &str) -> String {
    format!(
        "test \"$*\" = 'words before --version' && exit 0\n\
         while [ $# -gt 0 ]; do test \"$1\" = --dest && dest=$2; shift; done\n{rest}"
    )
}

#[test]
fn the_wheel_that_pip_fetches_is_installed_and_nothing_else_is_left() {
    let bench = Bench::new();
    let script = acting(&format!(
        "echo chatter; cp '{}' \"$dest\"",
        bench.wheel().display()
    ));
    let mut heard = Heard::default();
    let outcome = bench.install_by(&script, &mut heard).expect("installs");
    assert!(!outcome.before);
    assert_eq!(heard.events, ["Fetching", "Checking", "Unpacking"]);
    assert_eq!(bench.left(), ["1.0"]);
}

#[test]
fn pip_is_asked_for_exactly_the_pinned_file() {
    let bench = Bench::new();
    let log = bench.path("asked");
    let script = format!(
        "echo \"$* safe=$PYTHONSAFEPATH\" >> '{}'; test $# -lt 4",
        log.display()
    );
    bench.install_by(&script, &mut Silent).expect_err("fails");
    let asked = std::fs::read_to_string(log).expect("reads");
    for part in [
        "words before download ",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version 3.11",
        "--implementation cp",
        "--platform manylinux_2_28_x86_64",
        "small==1.0",
        "--dest /",
        "safe=1",
    ] {
        assert!(asked.contains(part), "no '{part}' in {asked}");
    }
}

#[test]
fn the_last_error_of_pip_is_told() {
    let bench = Bench::new();
    let script = acting(
        "echo 'ERROR: first' >&2; echo 'ERROR: no network' >&2; echo '[notice] new pip' >&2; exit 1",
    );
    let error = bench
        .install_by(&script, &mut Silent)
        .expect_err("fails")
        .to_string();
    assert!(
        error.contains(FILE) && error.contains(": no network; check the network"),
        "{error}"
    );
    assert!(error.contains("--from FILE"), "{error}");
    assert_eq!(bench.left(), [""; 0]);
}

#[test]
fn pip_that_says_nothing_or_brings_another_file_is_told_so() {
    let bench = Bench::new();
    let error = bench
        .install_by(&acting("exit 3"), &mut Silent)
        .expect_err("fails")
        .to_string();
    assert!(error.contains("it said nothing"), "{error}");
    let error = bench
        .install_by(&acting("touch \"$dest/other.whl\""), &mut Silent)
        .expect_err("fails")
        .to_string();
    assert!(
        error.contains("fetched other.whl instead of small"),
        "{error}"
    );
    let error = bench
        .install_by(&acting("true"), &mut Silent)
        .expect_err("fails")
        .to_string();
    assert!(error.contains("fetched nothing instead"), "{error}");
}

#[test]
fn without_pip_the_remedy_is_told() {
    let bench = Bench::new();
    let error = bench
        .install_by("exit 1", &mut Silent)
        .expect_err("fails")
        .to_string();
    assert!(
        error.contains("no pip") && error.contains("python3-pip") && error.contains("--from FILE"),
        "{error}"
    );
}

/// Hears of what is there of a fetched file, and stops when it is some.
struct Watching {
    seen: u64,
}

impl crate::observe::Observer for Watching {
    fn event(&mut self, event: &crate::observe::Event<'_>) {
        if let crate::observe::Event::Fetching { done, .. } = event {
            self.seen = self.seen.max(done.as_bytes());
        }
    }

    fn is_stopped(&self) -> bool {
        self.seen > 0
    }
}

#[test]
fn progress_counts_what_pip_has_so_far_and_stopping_ends_pip() {
    let bench = Bench::new();
    let pid = bench.path("pid");
    let script = acting(&format!(
        "echo $$ > '{}'; printf abcde > \"$TMPDIR/part\"; exec sleep 600",
        pid.display()
    ));
    let mut watching = Watching { seen: 0 };
    let stopped = bench.install_by(&script, &mut watching);
    assert!(matches!(stopped, Err(InstallError::Stopped)));
    assert_eq!(watching.seen, 5);
    let pid = std::fs::read_to_string(pid).expect("reads");
    assert!(!Path::new("/proc").join(pid.trim()).exists());
    assert_eq!(bench.left(), [""; 0]);
}

/// Whether a process executes, rather than being gone or waiting for somebody to notice.
fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    let state = |stat: &str| {
        stat.rsplit(") ")
            .next()
            .and_then(|rest| rest.chars().next())
    };
    stat.is_ok_and(|stat| !matches!(state(&stat), Some('Z' | 'X') | None))
}

/// Gives the system a moment to end what was killed.
fn ends(pid: &str) -> bool {
    (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        !is_alive(pid)
    })
}

#[test]
fn stopping_ends_a_pip_that_another_program_started_in_its_place() {
    let bench = Bench::new();
    let pid = bench.path("pid");
    let script = acting(&format!(
        "sh -c 'sleep 600 & echo $! > \"{}\"; printf abcde > \"$TMPDIR/part\"; wait'; exit 1",
        pid.display()
    ));
    let stopped = bench.install_by(&script, &mut Watching { seen: 0 });
    assert!(matches!(stopped, Err(InstallError::Stopped)));
    assert!(ends(&std::fs::read_to_string(pid).expect("reads")));
    assert_eq!(bench.left(), [""; 0]);
}

#[test]
fn a_pip_that_fails_is_told_though_what_it_started_goes_on() {
    let bench = Bench::new();
    let pid = bench.path("pid");
    let script = acting(&format!(
        "sleep 600 & echo $! > '{}'; echo 'ERROR: no network' >&2; exit 1",
        pid.display()
    ));
    let failed = bench.install_by(&script, &mut Silent);
    let error = failed.expect_err("fails").to_string();
    assert!(error.contains("no network"), "{error}");
    assert!(ends(&std::fs::read_to_string(pid).expect("reads")));
}

#[test]
fn the_reason_of_a_broken_connection_is_told_with_the_error() {
    let said = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip.HTTPConnection \
                object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')': /small/\n\
                ERROR: Could not find a version (from versions: none)\nERROR: No matching distribution found for small==1.0\n";
    assert_eq!(
        last_words(said),
        "No matching distribution found for small==1.0 \
         (Failed to establish a new connection: [Errno 111] Connection refused)"
    );
}

#[test]
fn a_full_disk_under_pip_gets_the_remedy_of_one() {
    let bench = Bench::new();
    let script = acting("echo 'ERROR: [Errno 28] No space left on device' >&2; exit 2");
    let error = bench
        .install_by(&script, &mut Silent)
        .expect_err("fails")
        .to_string();
    assert!(
        error.contains("No space left on device; make room"),
        "{error}"
    );
}

#[test]
fn a_pip_that_talks_without_end_neither_blocks_nor_fills_the_memory() {
    let bench = Bench::new();
    let script = acting("yes | head -c 3000000 >&2; echo 'ERROR: too late' >&2; exit 1");
    let error = bench
        .install_by(&script, &mut Silent)
        .expect_err("fails")
        .to_string();
    assert!(error.contains(": y; "), "{error}");
}
