//! Windows over made-up threads that begin, end and lie, and over a real child whose threads are busy.

use tare_clock::{MonotonicClock, SimulatedClock};

use super::*;
use crate::child::Played;
use crate::fake_root::FakeRoot;

fn ticks(user_ticks: u64, system_ticks: u64) -> Counts {
    Counts {
        user_ticks,
        system_ticks,
        ..Counts::default()
    }
}

fn process(root: &FakeRoot, pid: u32, own: Counts, reaped: Counts, children: &str) {
    root.file(&format!("proc/{pid}/stat"), &stat::line(own, reaped))
        .file(&format!("proc/{pid}/task/{pid}/children"), children);
}

fn thread(root: &FakeRoot, pid: u32, thread: u32, ran_ns: u64, switches: (u64, u64)) {
    let (own, forced) = switches;
    let status =
        format!("voluntary_ctxt_switches:\t{own}\nnonvoluntary_ctxt_switches:\t{forced}\n");
    let folder = format!("proc/{pid}/task/{thread}");
    root.file(&format!("{folder}/schedstat"), &format!("{ran_ns} 9 3\n"))
        .file(&format!("{folder}/status"), &status);
}

/// One process that has one thread.
fn one() -> FakeRoot {
    let root = FakeRoot::new();
    process(&root, 7, ticks(100, 50), ticks(0, 0), "");
    thread(&root, 7, 7, 1_000, (10, 1));
    root
}

fn ms(millis: u64) -> Nanoseconds {
    Nanoseconds::from_millis(millis)
}

/// The window between `root` as it is and as `change` makes it.
fn window(root: &FakeRoot, change: impl FnOnce()) -> CpuReading {
    let clock = SimulatedClock::new();
    let mut probe = CpuProbe::of(7, root.path(), &clock);
    let _ = probe.begin();
    clock.advance(ms(200));
    change();
    probe.end()
}

#[test]
fn a_window_gives_what_was_done_in_it_beside_the_wall() {
    let root = one();
    let reading = window(&root, || {
        process(&root, 7, ticks(119, 51), ticks(0, 0), "");
        thread(&root, 7, 7, 201_000_000, (14, 4));
    });
    assert_eq!(
        (&reading.wall, &reading.user),
        (&Ok(ms(200)), &Ok(stat::time(19)))
    );
    assert_eq!(reading.system, Ok(stat::time(1)));
    let work = reading.threads.clone().unwrap();
    assert_eq!(work.gained, Nanoseconds::from_nanos(200_999_000));
    assert_eq!((work.voluntary_switches, work.involuntary_switches), (4, 3));
    assert_eq!(
        (work.ran, work.used, work.ended, work.processes),
        (1, 1, 0, 1)
    );
    let mean = reading.mean_threads().unwrap().unwrap();
    assert!((mean - 1.004_995).abs() < 1e-9, "{mean}");
}

#[test]
fn a_thread_that_only_woke_up_ran_and_is_not_used() {
    let root = one();
    thread(&root, 7, 8, 500, (0, 0));
    thread(&root, 7, 9, 500, (0, 0));
    let reading = window(&root, || {
        thread(&root, 7, 7, 9_999 + 1_000, (10, 1));
        thread(&root, 7, 8, 1_000_500, (0, 0));
        thread(&root, 7, 10, 10_000, (0, 0));
    });
    let work = reading.threads.unwrap();
    assert_eq!(
        (work.ran, work.used),
        (3, 2),
        "9 slept, 7 just missed, 10 is new"
    );
}

#[test]
fn threads_and_processes_that_end_are_told_of_and_children_count_once_waited_for() {
    let root = one();
    thread(&root, 7, 8, 1_000, (5, 5));
    process(&root, 7, ticks(100, 50), ticks(0, 0), "20");
    process(&root, 20, ticks(30, 3), ticks(0, 0), "");
    thread(&root, 20, 20, 300_000, (1, 1));
    let reading = window(&root, || {
        root.remove("proc/20").remove("proc/7/task/8");
        process(&root, 7, ticks(100, 50), ticks(47, 5), "");
    });
    assert_eq!(reading.user, Ok(stat::time(17)));
    assert_eq!(reading.system, Ok(stat::time(2)));
    let work = reading.threads.clone().unwrap();
    assert_eq!((work.ended, work.processes, work.ran), (2, 1, 0));
    assert_eq!(reading.cpu(), Ok(stat::time(19)), "the ticks have more");
}

#[test]
fn a_descendant_s_threads_count() {
    let root = one();
    let reading = window(&root, || {
        process(&root, 7, ticks(100, 50), ticks(0, 0), "20");
        process(&root, 20, ticks(6, 0), ticks(0, 0), "");
        thread(&root, 20, 20, 60_000_000, (0, 0));
        thread(&root, 20, 21, 60_000_000, (0, 0));
    });
    let work = reading.threads.clone().unwrap();
    assert_eq!((work.used, work.processes), (2, 2));
    assert_eq!(reading.cpu(), Ok(ms(120)));
}

#[test]
fn counts_that_go_backwards_are_reasons_and_leave_the_others_alone() {
    let root = one();
    let reading = window(&root, || {
        process(&root, 7, ticks(99, 51), ticks(0, 0), "");
        thread(&root, 7, 7, 999, (10, 1));
    });
    assert!(
        reading
            .user
            .clone()
            .unwrap_err()
            .to_string()
            .contains("went backwards")
    );
    assert_eq!(reading.system, Ok(stat::time(1)));
    assert_eq!(
        reading.threads.clone().unwrap_err().to_string(),
        "/proc/7/task/7 gives no counts that only grow: '999 ns after 1000 ns'"
    );
    assert!(reading.cpu().is_err() && reading.mean_threads().is_err());
    assert_eq!(reading.wall, Ok(ms(200)));
}

#[test]
fn nonsense_in_files_is_a_reason() {
    for wrong in ["", "x 1 1", "1 1", "-5 1 1", "1 1 1 1"] {
        let root = one();
        let reading = window(&root, || {
            root.file("proc/7/task/7/schedstat", wrong);
        });
        assert!(
            matches!(reading.threads, Err(Unavailable::Unclear { .. })),
            "{wrong}"
        );
        assert!(reading.user.is_ok());
    }
    let root = one();
    let reading = window(&root, || {
        root.file("proc/7/task/7/status", "Name: x\n");
    });
    let reason = root.plain(&reading.threads.unwrap_err());
    assert_eq!(
        reason,
        "/proc/7/task/7/status gives no voluntary_ctxt_switches: ''"
    );
    let root = one();
    root.file("proc/7/task/7/schedstat", "0 0 0\n");
    let reason = CpuProbe::of(7, root.path(), &SimulatedClock::new()).check();
    let none = Unavailable::None("the kernel keeps no scheduler statistics");
    assert_eq!(reason, Err(none));
}

#[test]
fn a_process_that_is_gone_leaves_reasons_and_a_wall() {
    let root = one();
    let reading = window(&root, || {
        root.remove("proc/7");
    });
    assert!(matches!(reading.user, Err(Unavailable::Absent { .. })));
    assert!(matches!(reading.threads, Err(Unavailable::Absent { .. })));
    assert_eq!(reading.wall, Ok(ms(200)));
    let clock = SimulatedClock::new();
    let mut probe = CpuProbe::of(7, root.path(), &clock);
    assert!(probe.check().is_err() && probe.begin().is_err());
    probe.end();
    let none = Unavailable::None("no window was opened");
    assert_eq!(probe.end().wall, Err(none), "a window ends once");
}

#[test]
fn two_busy_threads_of_a_real_child_are_two() {
    let name = "counters::cpu::tests::two_busy_threads_of_a_real_child_are_two";
    let mut child = Played::by(name, |stage| {
        stage.stand_still();
        let (sender, rest) = std::sync::mpsc::channel::<()>();
        let rest = std::sync::Arc::new(std::sync::Mutex::new(rest));
        let (finished, done) = std::sync::mpsc::channel();
        for _ in 0..2 {
            let (rest, finished) = (rest.clone(), finished.clone());
            std::thread::spawn(move || {
                let until = MonotonicClock.now() + ms(200);
                while MonotonicClock.now() < until {}
                finished.send(()).unwrap();
                let _ = rest.lock().unwrap().recv();
            });
        }
        done.recv().and_then(|()| done.recv()).unwrap();
        stage.stand_still();
        drop(sender);
    });
    let mut probe = CpuProbe::of(child.pid(), Path::new("/"), &MonotonicClock);
    assert_eq!(probe.check(), Ok(()));
    probe.begin().unwrap();
    child.step();
    let reading = probe.end();
    let work = reading.threads.clone().unwrap();
    assert_eq!(
        (work.used, work.ended, work.processes),
        (2, 0, 1),
        "{work:?}"
    );
    assert!(work.voluntary_switches >= 2, "{work:?}");
    let (cpu, wall) = (reading.cpu().unwrap(), reading.wall.clone().unwrap());
    assert!(wall >= ms(200) && cpu >= ms(20), "{reading:?}");
    assert!(
        reading.mean_threads().unwrap().unwrap() <= 2.2,
        "{reading:?}"
    );
}
