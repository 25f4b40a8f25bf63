//! Real processes that allocate, fork and end, and made-up ones whose files lie or are not there.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use super::stat::Counts;
use super::*;
use crate::fake_root::FakeRoot;

const MIB_64: u64 = 64 << 20;

fn here(pid: u32) -> ProcessMemory {
    ProcessMemory::of(pid, Path::new("/"))
}

fn bytes(reading: &Result<Bytes, Unavailable>) -> u64 {
    reading.clone().unwrap().as_bytes()
}

fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..5_000 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("does not come to hold");
}

/// A shell with two children that all end when their input does.
fn family() -> Child {
    Command::new("sh")
        .args(["-c", "exec 3<&0; cat <&3 & cat <&3 & wait"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn memory_that_was_touched_shows_in_the_peak_until_it_is_reset() {
    let own = here(std::process::id());
    own.reset_peak().unwrap();
    let before = own.read();
    let block = std::hint::black_box(vec![1_u8; MIB_64 as usize]);
    let during = own.read();
    drop(block);
    let after = own.read();
    own.reset_peak().unwrap();
    let reset = own.read();
    let slack = 4 << 20;
    assert!(bytes(&during.rss) + slack >= bytes(&before.rss) + MIB_64);
    assert!(bytes(&during.pss) + slack >= bytes(&before.pss) + MIB_64);
    assert!(
        bytes(&after.rss) + MIB_64 <= bytes(&during.rss) + slack,
        "it was given back"
    );
    assert!(
        bytes(&after.peak_rss) + slack >= bytes(&during.rss),
        "the mark stays"
    );
    assert!(
        bytes(&reset.peak_rss) + MIB_64 <= bytes(&after.peak_rss) + slack,
        "and falls"
    );
    assert!(during.minor_faults.unwrap() > before.minor_faults.unwrap());
    assert!(during.major_faults.is_ok());
}

#[test]
fn a_child_that_allocates_is_seen_from_outside() {
    let mut child = Command::new("dd")
        .args(["if=/dev/zero", "of=/dev/stdout", "bs=64M"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let memory = here(child.id());
    until(|| memory.rss().is_ok_and(|rss| rss.as_bytes() >= MIB_64));
    let reading = memory.read();
    assert!(bytes(&reading.peak_rss) >= MIB_64);
    child.kill().unwrap();
    until(|| memory.rss().is_ok_and(|rss| rss.as_bytes() == 0));
    assert!(
        matches!(memory.read().peak_rss, Err(Unavailable::Unclear { .. })),
        "ended, not waited for"
    );
    child.wait().unwrap();
    assert!(matches!(
        memory.read().peak_rss,
        Err(Unavailable::Absent { .. })
    ));
    assert!(matches!(memory.rss(), Err(Unavailable::Absent { .. })));
    assert!(matches!(
        memory.reset_peak(),
        Err(Unavailable::Absent { .. })
    ));
    assert!(matches!(memory.tree_rss(), Err(Unavailable::Absent { .. })));
    assert!(matches!(
        memory.read_tree().pss,
        Err(Unavailable::Absent { .. })
    ));
}

#[test]
fn the_tree_is_the_process_and_its_descendants() {
    let mut shell = family();
    let memory = here(shell.id());
    until(|| memory.descendants().is_ok_and(|pids| pids.len() == 2));
    let (own, tree) = (memory.read(), memory.read_tree());
    assert!(memory.tree_rss().unwrap() > memory.rss().unwrap());
    assert!(bytes(&tree.rss) > bytes(&own.rss));
    assert!(bytes(&tree.peak_rss) > bytes(&own.peak_rss));
    assert!(bytes(&tree.pss) > bytes(&own.pss));
    // A child that was forked a moment ago may have had no fault yet.
    let faults = |reading: MemoryReading| reading.minor_faults.unwrap();
    until(|| faults(memory.read_tree()) > faults(memory.read()));
    shell.stdin.take().unwrap().flush().unwrap();
    assert!(shell.wait().unwrap().success());
}

fn status(rss: &str, peak: &str) -> String {
    format!(
        "Name:\tx\nState:\tS (sleeping)\nVmPeak:\t    9999 kB\nVmHWM:\t{peak}\nVmRSS:\t{rss}\nThreads:\t1\n"
    )
}

fn stat(minor_faults: u64, major_faults: u64) -> String {
    let own = Counts {
        minor_faults,
        major_faults,
        ..Counts::default()
    };
    let reaped = Counts {
        minor_faults: 11,
        major_faults: 13,
        ..Counts::default()
    };
    stat::line(own, reaped)
}

/// A process whose resident pages are `pages`.
fn process(root: &FakeRoot, pid: u32, pages: u64, children: &str) {
    let kib = pages * rustix::param::page_size() as u64 / 1024;
    root.file(&file(pid, "statm"), &format!("9999 {pages} 5 1 0 7 0\n"))
        .file(
            &file(pid, "status"),
            &status(&format!("{kib} kB"), &format!("{} kB", 2 * kib)),
        )
        .file(
            &file(pid, "smaps_rollup"),
            &format!(
                "0-1 ---p [rollup]\nRss: 1 kB\nPss:  {} kB\nPss_Dirty: 8 kB\n",
                kib / 2
            ),
        )
        .file(&file(pid, "stat"), &stat(100, 3))
        .file(&file(pid, &format!("task/{pid}/children")), children);
}

fn pages(count: u64) -> Result<Bytes, Unavailable> {
    Ok(Bytes::from_bytes(count * rustix::param::page_size() as u64))
}

#[test]
fn each_figure_comes_from_its_own_line() {
    let root = FakeRoot::new();
    process(&root, 7, 100, "");
    let reading = ProcessMemory::of(7, root.path()).read();
    assert_eq!(
        (reading.rss, reading.peak_rss, reading.pss),
        (pages(100), pages(200), pages(50))
    );
    assert_eq!(
        (reading.major_faults, reading.minor_faults),
        (Ok(3), Ok(100)),
        "the name holds brackets"
    );
}

#[test]
fn a_reset_writes_what_the_kernel_asks_for() {
    let root = FakeRoot::new();
    root.file("proc/7/clear_refs", "");
    let memory = ProcessMemory::of(7, root.path());
    assert_eq!(memory.reset_peak(), Ok(()));
    assert_eq!(
        std::fs::read_to_string(root.path().join("proc/7/clear_refs")).unwrap(),
        "5"
    );
    root.remove("proc/7/clear_refs")
        .file("proc/7/clear_refs/x", "");
    let refused = memory.reset_peak().unwrap_err();
    assert!(
        root.plain(&refused).starts_with("/proc/7/clear_refs: "),
        "{refused}"
    );
}

#[test]
fn figures_that_are_none_are_reasons_and_leave_the_others_alone() {
    for wrong in [
        "",
        "12",
        "12 MB",
        "-1 kB",
        "x kB",
        "18446744073709551615 kB",
        "1 2 kB",
    ] {
        let root = FakeRoot::new();
        process(&root, 7, 100, "");
        root.file("proc/7/status", &status(wrong, "8 kB"));
        let reading = ProcessMemory::of(7, root.path()).read();
        let reason = root.plain(&reading.rss.unwrap_err());
        assert_eq!(reason, format!("/proc/7/status gives no VmRSS: '{wrong}'"));
        assert_eq!(reading.peak_rss, Ok(Bytes::from_bytes(8_192)));
    }
    for wrong in ["", "9", "9 x", "9 -4", "9 18446744073709551615"] {
        let root = FakeRoot::with(&[("proc/7/statm", wrong)]);
        let reason = ProcessMemory::of(7, root.path()).rss().unwrap_err();
        assert_eq!(
            root.plain(&reason),
            format!("/proc/7/statm gives no resident pages: '{wrong}'")
        );
    }
    for wrong in [
        "",
        "7 x S 1",
        "7 (x) S 1 2 3",
        "7 (x) S 1 7 7 0 -1 4194304 a 11 b 13",
    ] {
        let root = FakeRoot::with(&[("proc/7/stat", wrong)]);
        let reading = ProcessMemory::of(7, root.path()).read();
        assert!(
            matches!(reading.major_faults, Err(Unavailable::Unclear { .. })),
            "{wrong}"
        );
        assert!(
            matches!(reading.minor_faults, Err(Unavailable::Unclear { .. })),
            "{wrong}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_shown_shortened() {
    let root = FakeRoot::new();
    std::fs::create_dir_all(root.path().join("proc/7")).unwrap();
    std::fs::write(root.path().join("proc/7/statm"), [0xff; 4_096]).unwrap();
    let reason = ProcessMemory::of(7, root.path()).rss().unwrap_err();
    assert!(reason.to_string().contains(&"\u{fffd}".repeat(40)));
    assert!(!reason.to_string().contains(&"\u{fffd}".repeat(41)));
}

#[test]
fn a_tree_sums_over_all_threads_children_and_grandchildren_once() {
    let root = FakeRoot::new();
    process(&root, 7, 100, "8 9 ");
    process(&root, 8, 10, "10");
    process(&root, 9, 1, "");
    // A listing that leads back must not be followed for ever.
    process(&root, 10, 1_000, "8 7 10");
    process(&root, 11, 10_000, "");
    root.file("proc/7/task/70/children", "11 9");
    let memory = ProcessMemory::of(7, root.path());
    let mut pids = memory.descendants().unwrap();
    pids.sort_unstable();
    assert_eq!(pids, [8, 9, 10, 11]);
    assert_eq!(memory.tree_rss(), pages(11_111));
    let tree = memory.read_tree();
    assert_eq!((tree.rss, tree.peak_rss), (pages(11_111), pages(22_222)));
    assert_eq!((tree.minor_faults, tree.major_faults), (Ok(500), Ok(15)));
}

#[test]
fn a_descendant_that_has_ended_is_left_out_and_one_that_lies_is_a_reason() {
    let root = FakeRoot::new();
    process(&root, 7, 100, "8 9");
    process(&root, 8, 10, "");
    let memory = ProcessMemory::of(7, root.path());
    assert_eq!(memory.tree_rss(), pages(110));
    assert_eq!(memory.read_tree().peak_rss, pages(220));
    root.file("proc/8/smaps_rollup", "nothing");
    process(&root, 9, 1_000, "");
    root.file(&file(9, "status"), "Name:\tx\nState:\tZ (zombie)\n");
    let tree = memory.read_tree();
    assert_eq!(
        root.plain(&tree.pss.unwrap_err()),
        "/proc/8/smaps_rollup gives no Pss: ''"
    );
    assert_eq!(tree.rss, pages(110));
}

#[test]
fn a_kernel_that_lists_no_children_leaves_a_reason_instead_of_half_a_tree() {
    let root = FakeRoot::new();
    process(&root, 7, 100, "");
    root.remove("proc/7/task/7/children")
        .file("proc/7/task/7/comm", "x");
    let memory = ProcessMemory::of(7, root.path());
    assert!(memory.descendants().is_err());
    assert!(memory.tree_rss().is_err());
    let tree = memory.read_tree();
    assert_eq!(
        root.plain(&tree.rss.unwrap_err()),
        "/proc/7/task/7/children does not exist"
    );
    assert!(tree.major_faults.is_err() && tree.pss.is_err());
    assert_eq!(memory.read().rss, pages(100), "the process alone is known");
}
