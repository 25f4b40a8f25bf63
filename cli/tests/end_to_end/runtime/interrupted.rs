//! Installations that are interrupted or killed: pip ends with them, and what they leave is told and goes.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;

use super::{FILE, Shelf};
use crate::support::{Ended, is_alive, kill, wait_for};

/// A pip that another program starts in its place, as managers of versions do; it tells its process and never ends.
fn endless(shelf: &Shelf) -> String {
    let pid = shelf.bench.path("pid");
    format!(
        "echo half > \"$dest/{FILE}\"; sleep 600 & echo $! > '{0}.new'; mv '{0}.new' '{0}'; wait",
        pid.display()
    )
}

fn pip_process(shelf: &Shelf) -> i32 {
    let text = wait_for("pip", || fs::read_to_string(shelf.bench.path("pid")).ok());
    text.trim().parse().expect("a process")
}

#[test]
fn a_killed_installation_leaves_nothing_that_is_taken_for_installed() {
    let shelf = Shelf::new();
    killed(&shelf);
    assert_eq!(shelf.list()[0]["state"], "available");
    shelf
        .tare(&["install", "small", "--from", FILE])
        .with_code(0);
    assert_eq!(shelf.unfinished(), [""; 0]);
    assert_eq!(shelf.listed()["state"], "installed");
}

/// An installation ended by SIGKILL, which ends pip too and leaves a folder.
fn killed(shelf: &Shelf) {
    let mut running = shelf.start(&endless(shelf));
    let pip = pip_process(shelf);
    running.kill().expect("killed");
    running.wait().expect("ends");
    wait_for("end of pip", || (!is_alive(pip)).then_some(()));
    assert_eq!(shelf.unfinished().len(), 1);
}

#[test]
fn what_a_killed_installation_left_is_listed_with_the_command_that_removes_it() {
    let shelf = Shelf::new();
    killed(&shelf);
    let folder = shelf.unfinished().remove(0);
    let left = &shelf.list()[1];
    assert_eq!(
        (&left["state"], &left["version"]),
        (&"leftover".into(), &Value::Null)
    );
    assert!(
        left["path"]
            .as_str()
            .is_some_and(|path| path.ends_with(&folder))
    );
    let table = shelf.tare(&["list"]).with_code(0).stdout;
    for part in [
        folder.as_str(),
        "interrupted",
        "run `tare runtime remove small`",
    ] {
        assert!(table.contains(part), "no '{part}' in {table}");
    }
    let removed = shelf.tare(&["remove", "small"]).with_code(0);
    assert!(
        removed.stdout.contains("interrupted installation of small"),
        "{removed:#?}"
    );
    assert_eq!(shelf.unfinished(), [""; 0]);
    assert_eq!(shelf.listed()["state"], "available");
}

#[test]
fn an_interrupt_ends_pip_too_and_leaves_nothing() {
    let shelf = Shelf::new();
    let running = shelf.start(&endless(&shelf));
    let pip = pip_process(&shelf);
    kill(i32::try_from(running.id()).expect("a process"), Signal::INT);
    let ended = Ended::of(running.wait_with_output().expect("ends")).with_code(130);
    ended.tells(&["stopped; nothing was changed"]);
    wait_for("end of pip", || (!is_alive(pip)).then_some(()));
    assert_eq!(shelf.unfinished(), [""; 0]);
    assert_eq!(shelf.listed()["state"], "available");
}

#[test]
fn an_interrupt_that_ends_pip_first_is_an_interrupt_all_the_same() {
    let shelf = Shelf::new();
    let script = "kill -INT $PPID; echo 'ERROR: Operation cancelled by user' >&2; exit 1";
    let ended = Ended::of(shelf.start(script).wait_with_output().expect("ends")).with_code(130);
    assert!(!ended.stderr.contains("error: "), "{ended:#?}");
}
