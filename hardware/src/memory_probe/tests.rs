//! Windows over made-up processes that grow, end and lie, and over real ones whose peaks are over before anyone looks.

use std::process::{Command, Stdio};

use super::*;
use crate::child::Played;
use crate::fake_root::FakeRoot;
use crate::process_memory::stat::{self, Counts};

const MIB: u64 = 1 << 20;

fn faults(minor_faults: u64, major_faults: u64) -> Counts {
    Counts {
        minor_faults,
        major_faults,
        ..Counts::default()
    }
}

/// Process `pid` with a peak, one page resident, faults of its own and of the children that it waited for.
fn process(root: &FakeRoot, pid: u32, peak_kib: u64, own: Counts, reaped: Counts) {
    let status = format!("State: S\nVmHWM: {peak_kib} kB\nVmRSS: 4 kB\n");
    root.file(&format!("proc/{pid}/status"), &status)
        .file(&format!("proc/{pid}/statm"), "9 1 0 0 0 0 0\n")
        .file(&format!("proc/{pid}/stat"), &stat::line(own, reaped))
        .file(&format!("proc/{pid}/clear_refs"), "")
        .file(&format!("proc/{pid}/task/{pid}/comm"), "x");
}

fn children(root: &FakeRoot, pid: u32, children: &str) {
    root.file(&format!("proc/{pid}/task/{pid}/children"), children);
}

fn alone(peak_kib: u64) -> FakeRoot {
    let root = FakeRoot::new();
    process(&root, 7, peak_kib, faults(100, 5), faults(0, 0));
    children(&root, 7, "");
    root
}

fn kib(count: u64) -> Result<Bytes, Unavailable> {
    Ok(Bytes::from_bytes(count * 1024))
}

#[test]
fn a_window_gives_its_own_peak_and_faults() {
    let root = alone(900);
    let mut probe = MemoryProbe::of(7, root.path());
    assert_eq!(probe.check(), Ok(()));
    assert_eq!(probe.begin(), Ok(()));
    let written = std::fs::read_to_string(root.path().join("proc/7/clear_refs"));
    assert_eq!(written.unwrap(), "5");
    process(&root, 7, 64, faults(160, 7), faults(0, 0));
    let window = probe.end();
    let reading = window.reading;
    assert_eq!((reading.peak_rss, reading.rss), (kib(64), kib(4)));
    assert_eq!(window.peak_of, Ok(PeakOf::OneProcess));
    assert_eq!(
        (reading.minor_faults, reading.major_faults),
        (Ok(60), Ok(2))
    );
    assert!(reading.pss.is_err(), "the file is not there");
    let none_ended = window.ended_peak_rss.unwrap_err();
    assert_eq!(none_ended.to_string(), "no child ended in the window");
    assert_eq!(
        root.plain(&window.group_peak.unwrap_err()),
        "/proc/7/cgroup does not exist"
    );
}

#[test]
fn a_peak_that_could_not_be_reset_is_the_window_s_only_where_it_rose() {
    for (later, expected) in [(900, None), (901, Some(kib(901)))] {
        let root = alone(900);
        root.remove("proc/7/clear_refs");
        let mut probe = MemoryProbe::of(7, root.path());
        assert!(probe.begin().is_err());
        let status = format!("State: S\nVmHWM: {later} kB\nVmRSS: 4 kB\n");
        root.file("proc/7/status", &status);
        let reading = probe.end().reading;
        match expected {
            Some(peak) => assert_eq!(reading.peak_rss, peak),
            None => assert_eq!(
                root.plain(&reading.peak_rss.unwrap_err()),
                "/proc/7/clear_refs does not exist"
            ),
        }
        assert_eq!(reading.minor_faults, Ok(0), "faults are still counted");
    }
}

#[test]
fn the_peaks_of_a_tree_are_summed_and_called_a_sum() {
    let root = alone(900);
    process(&root, 8, 500, faults(10, 0), faults(0, 0));
    children(&root, 7, "8");
    children(&root, 8, "");
    let mut probe = MemoryProbe::of(7, root.path());
    probe.begin().unwrap();
    process(&root, 7, 40, faults(101, 5), faults(0, 0));
    process(&root, 8, 30, faults(20, 1), faults(0, 0));
    process(&root, 9, 20, faults(3, 0), faults(0, 0));
    children(&root, 8, "9");
    children(&root, 9, "");
    let window = probe.end();
    assert_eq!(window.reading.peak_rss, kib(90));
    assert_eq!(window.peak_of, Ok(PeakOf::SumOfPeaks));
    assert_eq!(window.reading.minor_faults, Ok(1 + 10 + 3));
    assert_eq!(window.reading.major_faults, Ok(1));
}

#[test]
fn a_child_that_ended_is_known_by_its_mark_when_it_was_last_looked_at() {
    let root = alone(900);
    let mut probe = MemoryProbe::of(7, root.path());
    probe.begin().unwrap();
    process(&root, 7, 40, faults(100, 5), faults(0, 0));
    process(&root, 8, 600, faults(50, 1), faults(0, 0));
    children(&root, 7, "8");
    children(&root, 8, "");
    let page = rustix::param::page_size() as u64;
    assert_eq!(probe.look(), Ok(Bytes::from_bytes(2 * page)));
    root.remove("proc/8");
    process(&root, 7, 41, faults(100, 5), faults(70, 2));
    let window = probe.end();
    assert_eq!(
        (window.reading.peak_rss, window.ended_peak_rss),
        (kib(41), kib(600))
    );
    assert_eq!(window.peak_of, Ok(PeakOf::Incomplete));
    assert_eq!(window.reading.minor_faults, Ok(70), "it was waited for");
}

#[test]
fn a_child_that_nobody_saw_leaves_a_reason_and_no_bound() {
    let root = alone(900);
    let mut probe = MemoryProbe::of(7, root.path());
    probe.begin().unwrap();
    process(&root, 7, 40, faults(100, 5), faults(70, 2));
    let window = probe.end();
    assert_eq!(window.peak_of, Ok(PeakOf::Incomplete));
    let reason = window.ended_peak_rss.unwrap_err().to_string();
    assert!(reason.starts_with("children ended before"), "{reason}");
}

#[test]
fn a_child_that_ended_and_was_not_waited_for_has_ended_once() {
    let root = alone(900);
    let ended = |pid: u32| {
        process(&root, pid, 1, faults(9, 0), faults(0, 0));
        children(&root, pid, "");
        root.file(&format!("proc/{pid}/status"), "State: Z (zombie)\n");
    };
    let mut probe = MemoryProbe::of(7, root.path());
    ended(8);
    children(&root, 7, "8");
    probe.begin().unwrap();
    assert_eq!(probe.end().peak_of, Ok(PeakOf::OneProcess), "it had before");
    probe.begin().unwrap();
    ended(9);
    children(&root, 7, "8 9");
    let window = probe.end();
    assert_eq!(window.peak_of, Ok(PeakOf::Incomplete));
    assert!(window.ended_peak_rss.is_err());
}

#[test]
fn a_number_that_another_process_got_since_is_another_process() {
    let root = alone(900);
    process(&root, 8, 500, faults(0, 0), faults(0, 0));
    children(&root, 7, "8");
    children(&root, 8, "");
    let mut probe = MemoryProbe::of(7, root.path());
    probe.begin().unwrap();
    process(&root, 8, 50, faults(0, 0), faults(0, 0));
    let later = stat::line(faults(0, 0), faults(0, 0)).replace(" 0 5 0\n", " 0 6 0\n");
    root.file("proc/8/stat", &later);
    process(&root, 7, 40, faults(100, 5), faults(0, 0));
    let window = probe.end();
    assert_eq!(window.reading.peak_rss, kib(90));
    assert_eq!(
        (window.peak_of, window.ended_peak_rss),
        (Ok(PeakOf::Incomplete), kib(4))
    );
}

#[test]
fn counts_that_go_backwards_are_a_reason_and_no_zero() {
    let root = alone(900);
    let mut probe = MemoryProbe::of(7, root.path());
    probe.begin().unwrap();
    process(&root, 7, 40, faults(99, 5), faults(0, 0));
    let reading = probe.end().reading;
    let reason = reading.minor_faults.unwrap_err().to_string();
    assert!(reason.contains("went backwards"), "{reason}");
    assert_eq!(reading.peak_rss, kib(40));
}

#[test]
fn a_process_that_ends_in_the_window_leaves_reasons_only() {
    let root = alone(900);
    let mut probe = MemoryProbe::of(7, root.path());
    probe.begin().unwrap();
    root.remove("proc/7");
    let window = probe.end();
    let gone = window.reading.peak_rss.unwrap_err();
    assert_eq!(root.plain(&gone), "/proc/7/task does not exist");
    assert!(window.peak_of.is_err() && window.reading.major_faults.is_err());
    assert!(probe.look().is_err());
}

#[test]
fn without_a_window_nothing_is_given_and_a_window_ends_once() {
    let root = alone(900);
    let mut probe = MemoryProbe::of(7, root.path());
    assert_eq!(probe.end().reading.peak_rss, Err(NO_WINDOW));
    probe.begin().unwrap();
    assert!(probe.end().reading.peak_rss.is_ok());
    let again = probe.end();
    assert_eq!(again.reading.peak_rss, Err(NO_WINDOW));
    assert_eq!(again.group_others, Err(NO_WINDOW));
}

fn window(peak_kib: u64, peak_of: PeakOf) -> MemoryWindow {
    MemoryWindow {
        reading: MemoryReading {
            rss: kib(1),
            peak_rss: kib(peak_kib),
            pss: kib(1),
            major_faults: Ok(1),
            minor_faults: Ok(10),
        },
        peak_of: Ok(peak_of),
        ended_peak_rss: Err(NO_WINDOW),
        group_peak: kib(2 * peak_kib),
        group_others: Ok(0),
    }
}

#[test]
fn windows_without_a_gap_are_one() {
    let mut first = window(90, PeakOf::SumOfPeaks);
    let mut later = window(80, PeakOf::OneProcess);
    first.ended_peak_rss = kib(5);
    later.reading.rss = kib(3);
    later.group_others = Ok(4);
    let both = first.clone().then(later.clone());
    assert_eq!((both.reading.peak_rss, both.reading.rss), (kib(90), kib(3)));
    assert_eq!(
        (both.reading.minor_faults, both.reading.major_faults),
        (Ok(20), Ok(2))
    );
    assert_eq!(
        (both.peak_of, both.ended_peak_rss),
        (Ok(PeakOf::SumOfPeaks), kib(5))
    );
    assert_eq!((both.group_peak, both.group_others), (kib(180), Ok(4)));
    later.group_peak = Err(Unavailable::None("not passed"));
    later.reading.peak_rss = Err(NO_WINDOW);
    let half = first.then(later);
    assert_eq!(half.group_peak, kib(180));
    assert_eq!(
        half.reading.peak_rss,
        Err(NO_WINDOW),
        "half a window is none"
    );
}

#[test]
fn a_child_that_ended_in_either_window_stays_told_of() {
    let unseen = Unavailable::None("unseen");
    let mut first = window(90, PeakOf::Incomplete);
    first.ended_peak_rss = Err(unseen.clone());
    let both = first.clone().then(window(80, PeakOf::OneProcess));
    assert_eq!(
        (both.peak_of, both.ended_peak_rss),
        (Ok(PeakOf::Incomplete), Err(unseen))
    );
    first.group_peak = Err(Unavailable::Absent { path: "x".into() });
    let both = first.then(window(80, PeakOf::OneProcess));
    assert!(both.group_peak.is_err(), "the first window is not known");
}

#[test]
fn a_process_that_is_not_there_or_lists_no_children_fails_the_check() {
    let root = FakeRoot::new();
    let reason = MemoryProbe::of(7, root.path()).check().unwrap_err();
    assert_eq!(root.plain(&reason), "/proc/7/status does not exist");
    let root = alone(900);
    root.remove("proc/7/task/7/children");
    let mut probe = MemoryProbe::of(7, root.path());
    assert!(probe.check().is_err() && probe.begin().is_err());
    assert!(probe.end().reading.rss.is_err(), "half a tree is none");
    assert_eq!(
        MemoryProbe::of(std::process::id(), Path::new("/")).check(),
        Ok(())
    );
}

#[test]
fn a_peak_that_a_child_reached_for_a_moment_is_seen() {
    let name = "memory_probe::tests::a_peak_that_a_child_reached_for_a_moment_is_seen";
    let mut child = Played::by(name, |stage| {
        stage.stand_still();
        drop(std::hint::black_box(vec![1_u8; 64 << 20]));
        stage.stand_still();
        stage.stand_still();
    });
    let mut probe = MemoryProbe::of(child.pid(), Path::new("/"));
    probe.begin().unwrap();
    child.step();
    let first = probe.end();
    probe.begin().unwrap();
    child.step();
    let second = probe.end();
    let peak = first.reading.peak_rss.unwrap().as_bytes();
    assert!(peak >= 64 * MIB, "{peak}");
    assert!(
        first.reading.rss.unwrap().as_bytes() < 40 * MIB,
        "it is free again"
    );
    assert_eq!(first.peak_of, Ok(PeakOf::OneProcess));
    assert!(first.reading.minor_faults.unwrap() > 16);
    let later = second.reading.peak_rss.unwrap().as_bytes();
    assert!(later < 40 * MIB, "{later}: the window before is over");
}

#[test]
fn a_grandchild_counts_while_it_lives_and_is_told_of_when_it_ended() {
    let name =
        "memory_probe::tests::a_grandchild_counts_while_it_lives_and_is_told_of_when_it_ended";
    let mut child = Played::by(name, |stage| {
        stage.stand_still();
        let mut holder = Command::new("dd")
            .args(["if=/dev/zero", "of=/dev/stdout", "bs=64M"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // What stands in the pipe was read into the 64 MiB before.
        let mut first = [0; 1];
        std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut first).unwrap();
        stage.stand_still();
        holder.kill().unwrap();
        holder.wait().unwrap();
        stage.stand_still();
    });
    let mut probe = MemoryProbe::of(child.pid(), Path::new("/"));
    probe.begin().unwrap();
    child.step();
    let seen = probe.look().unwrap().as_bytes();
    let tree = ProcessMemory::of(child.pid(), Path::new("/")).read_tree();
    let alive = probe.end();
    assert!(seen >= 64 * MIB && tree.pss.unwrap().as_bytes() >= 64 * MIB);
    assert!(alive.reading.peak_rss.unwrap().as_bytes() >= 64 * MIB);
    assert_eq!(alive.peak_of, Ok(PeakOf::SumOfPeaks));
    probe.begin().unwrap();
    child.step();
    let ended = probe.end();
    assert_eq!(ended.peak_of, Ok(PeakOf::Incomplete));
    assert!(ended.ended_peak_rss.unwrap().as_bytes() >= 64 * MIB);
    assert!(ended.reading.minor_faults.is_ok(), "it was waited for");
}
