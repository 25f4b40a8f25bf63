//! What is printed where: readers that go away, colours that are not wanted, terminals of any width.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::{Bench, Ended};

const ONE_CELL: [&str; 6] = [
    "--adapter",
    "fake:run=1ms",
    "--repeats",
    "1",
    "--duration",
    "10ms",
];

/// Runs a command whose standard output has no reader.
fn without_reader(bench: &Bench, arguments: &[&str]) -> Ended {
    let mut child = bench
        .command(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    Ended::of(child.wait_with_output().expect("ends"))
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let bench = Bench::new();
    bench.run(&ONE_CELL).with_code(0);
    for arguments in [
        &["show"][..],
        &["export"],
        &["schema", "record"],
        &["model", "list"],
        &["machine", "show"],
        &["--help"],
    ] {
        let ended = without_reader(&bench, arguments).with_code(0);
        assert_eq!(ended.stderr, "", "{arguments:?}");
    }
    let run = [&["run", "--model", crate::support::MLP], &ONE_CELL[..]].concat();
    let ended = without_reader(&bench, &run).with_code(0);
    assert!(
        !ended.stderr.contains("panicked") && !ended.stderr.contains("error"),
        "{ended:#?}"
    );
}

#[test]
fn a_full_standard_output_is_an_error_and_the_run_is_kept() {
    let bench = Bench::new();
    let full = || {
        File::options()
            .write(true)
            .open("/dev/full")
            .expect("Linux has it")
    };
    let run = [&["run", "--model", crate::support::MLP], &ONE_CELL[..]].concat();
    let ended = bench.command(&run).stdout(full()).output().expect("starts");
    let ended = Ended::of(ended).with_code(2);
    ended.tells(&["error: cannot write the result to standard output"]);
    assert_eq!(bench.measurements().len(), 1);
    bench.tare(&["show"]).with_code(0);
}

/// Runs `tare show` with a terminal as standard output and gives what the terminal got.
fn on_a_terminal(bench: &Bench, environment: &[(&str, &str)]) -> String {
    let main = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&main).expect("granted");
    unlockpt(&main).expect("unlocked");
    let name = ptsname(&main, Vec::new()).expect("a name");
    let side = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().expect("UTF-8"))
        .expect("opens");
    let status = bench
        .command(&["show"])
        .env("TERM", "xterm")
        .envs(environment.iter().copied())
        .stdout(side.try_clone().expect("copied"))
        .spawn()
        .expect("starts")
        .wait()
        .expect("ends");
    assert!(status.success());
    drop(side);
    let mut got = Vec::new();
    let _ = File::from(main).read_to_end(&mut got);
    String::from_utf8(got).expect("UTF-8")
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let bench = Bench::new();
    let piped = bench.run(&ONE_CELL).with_code(0).stdout;
    assert!(!piped.contains('\x1b'), "{piped}");
    assert!(on_a_terminal(&bench, &[]).contains('\x1b'));
    for plain in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let got = on_a_terminal(&bench, &[plain]);
        assert!(got.contains("p50") && !got.contains('\x1b'), "{got}");
    }
}

#[test]
fn no_line_is_wider_than_the_columns_asked_for() {
    let bench = Bench::new();
    bench.run(&ONE_CELL).with_code(0);
    for columns in [60, 80, 200] {
        let shown = bench
            .command(&["show"])
            .env("COLUMNS", columns.to_string())
            .output()
            .expect("starts");
        let shown = Ended::of(shown).with_code(0).stdout;
        let widest = shown.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns), "{widest:?} of {columns}:\n{shown}");
        assert!(
            shown.contains("p50") && shown.contains("verdict"),
            "{shown}"
        );
    }
}

#[test]
fn a_plain_locale_gets_plain_characters() {
    let bench = Bench::new();
    bench.run(&ONE_CELL).with_code(0);
    let shown = bench
        .command(&["show"])
        .env("LANG", "C")
        .output()
        .expect("starts");
    let shown = Ended::of(shown).with_code(0).stdout;
    assert!(shown.is_ascii(), "{shown}");
}
