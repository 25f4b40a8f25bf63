//! Counters that are refused, take turns, fall or never count, and the kernel's own on a real child.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::child::{Played, Stage};
use crate::fake_root::FakeRoot;

/// A source that plays what it was told, and notes what was asked.
#[derive(Debug, Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    refused: BTreeMap<Event, Errno>,
    refused_in_kernel: bool,
    gone: Vec<u32>,
    opened: Vec<(Event, u32, Scope)>,
    tallies: BTreeMap<(Event, u32), Tally>,
    broken: Option<Event>,
}

#[derive(Debug)]
struct ScriptedCounter(Scripted, Event, u32);

impl Source for Scripted {
    fn open(&self, event: Event, thread: u32, scope: Scope) -> io::Result<Box<dyn Open>> {
        let mut script = self.0.lock().unwrap();
        if script.gone.contains(&thread) {
            return Err(Errno::SRCH.into());
        }
        if let Some(errno) = script.refused.get(&event) {
            return Err((*errno).into());
        }
        if script.refused_in_kernel && scope == Scope::All {
            return Err(Errno::ACCESS.into());
        }
        script.opened.push((event, thread, scope));
        Ok(Box::new(ScriptedCounter(self.clone(), event, thread)))
    }
}

impl Open for ScriptedCounter {
    fn read(&self) -> io::Result<Tally> {
        let script = self.0.0.lock().unwrap();
        if script.broken == Some(self.1) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(script
            .tallies
            .get(&(self.1, self.2))
            .copied()
            .unwrap_or_default())
    }
}

impl Scripted {
    fn set(&self, event: Event, thread: u32, value: u64, running_ns: u64, enabled_ns: u64) {
        let tally = Tally {
            value,
            enabled_ns,
            running_ns,
        };
        self.0
            .lock()
            .unwrap()
            .tallies
            .insert((event, thread), tally);
    }
}

/// Process 7 with threads 7 and 8, and its child 9.
fn family() -> FakeRoot {
    FakeRoot::with(&[
        ("proc/7/task/7/children", "9"),
        ("proc/7/task/8/children", ""),
        ("proc/9/task/9/children", ""),
        ("proc/sys/kernel/perf_event_paranoid", "3\n"),
    ])
}

fn probe(source: &Scripted, root: &FakeRoot) -> CounterProbe {
    CounterProbe::with(Box::new(source.clone()), 7, root.path())
}

fn of(reading: &CounterReading, event: Event) -> Result<Count, Unavailable> {
    reading.0[event.name()].clone()
}

fn value(reading: &CounterReading, event: Event) -> u64 {
    of(reading, event).unwrap().value
}

#[test]
fn a_window_counts_every_thread_of_the_tree_and_only_what_is_its_own() {
    let (source, root) = (Scripted::default(), family());
    let mut probe = probe(&source, &root);
    probe.attach().unwrap();
    assert_eq!(source.0.lock().unwrap().opened.len(), 7 * 3);
    source.set(Event::Cycles, 7, 100, 10, 10);
    probe.begin().unwrap();
    for (thread, value) in [(7, 1_100), (8, 20), (9, 3)] {
        source.set(Event::Cycles, thread, value, 50, 50);
    }
    let first = probe.end();
    let whole = Count {
        value: 1_023,
        counted_share: 1.0,
        user_space_only: false,
    };
    assert_eq!(of(&first, Event::Cycles), Ok(whole));
    assert_eq!(value(&first, Event::Instructions), 0, "it never ran");
    probe.begin().unwrap();
    source.set(Event::Cycles, 8, 25, 60, 60);
    assert_eq!(value(&probe.end(), Event::Cycles), 5);
    assert_eq!(source.0.lock().unwrap().opened.len(), 7 * 3, "opened once");
}

#[test]
fn a_counter_that_took_turns_is_scaled_and_says_so() {
    let (source, root) = (Scripted::default(), family());
    let mut probe = probe(&source, &root);
    probe.begin().unwrap();
    source.set(Event::CacheMisses, 7, 30, 25, 100);
    source.set(Event::CacheMisses, 8, 10, 25, 100);
    let count = of(&probe.end(), Event::CacheMisses).unwrap();
    assert_eq!((count.value, count.counted_share), (160, 0.25));
}

#[test]
fn a_counter_without_a_turn_is_a_reason_and_no_zero() {
    let (source, root) = (Scripted::default(), family());
    let mut probe = probe(&source, &root);
    probe.begin().unwrap();
    source.set(Event::Cycles, 7, 0, 0, 100);
    let reading = probe.end();
    let reason = of(&reading, Event::Cycles).unwrap_err().to_string();
    assert!(reason.contains("never had its turn"), "{reason}");
    assert!(of(&reading, Event::Instructions).is_ok());
}

#[test]
fn each_counter_that_is_refused_is_refused_alone_with_its_remedy() {
    let (source, root) = (Scripted::default(), family());
    for event in Event::ALL
        .into_iter()
        .filter(|event| event.is_of_hardware())
    {
        source.0.lock().unwrap().refused.insert(event, Errno::NOENT);
    }
    let mut probe = probe(&source, &root);
    assert_eq!(probe.check(), Ok(()), "the others count");
    assert_eq!(probe.begin(), Ok(()));
    source.set(Event::PageFaults, 8, 4, 1, 1);
    let reading = probe.end();
    let reason = of(&reading, Event::Cycles).unwrap_err().to_string();
    assert!(reason.contains("most virtual machines"), "{reason}");
    assert_eq!(value(&reading, Event::PageFaults), 4);
}

#[test]
fn where_the_kernel_may_not_be_watched_only_what_happens_in_user_space_counts() {
    let (source, root) = (Scripted::default(), family());
    source.0.lock().unwrap().refused_in_kernel = true;
    let mut probe = probe(&source, &root);
    probe.begin().unwrap();
    source.set(Event::Instructions, 9, 5, 1, 1);
    let reading = probe.end();
    let count = of(&reading, Event::Instructions).unwrap();
    assert_eq!((count.value, count.user_space_only), (5, true));
    let clock = of(&reading, Event::TaskClock).unwrap();
    assert!(!clock.user_space_only, "it runs in the kernel too");
    for event in [Event::ContextSwitches, Event::CpuMigrations] {
        let reason = of(&reading, event).unwrap_err().to_string();
        assert!(
            reason.contains("perf_event_paranoid is 3; set it to 1"),
            "{reason}"
        );
    }
}

#[test]
fn where_nothing_is_allowed_the_check_and_the_window_say_why() {
    let (source, root) = (Scripted::default(), family());
    for event in Event::ALL {
        source.0.lock().unwrap().refused.insert(event, Errno::NOSYS);
    }
    let mut probe = probe(&source, &root);
    assert!(
        probe
            .check()
            .unwrap_err()
            .to_string()
            .contains("no perf_event_open")
    );
    assert!(probe.begin().is_err());
    assert!(probe.end().0.values().all(Result::is_err));
}

#[test]
fn a_counter_that_falls_or_counts_longer_than_its_threads_ran_is_a_reason() {
    let (source, root) = (Scripted::default(), family());
    let mut probe = probe(&source, &root);
    source.set(Event::Cycles, 7, 100, 10, 10);
    probe.begin().unwrap();
    source.set(Event::Cycles, 7, 99, 20, 20);
    source.set(Event::Instructions, 7, 5, 30, 20);
    source.0.lock().unwrap().broken = Some(Event::TaskClock);
    let reading = probe.end();
    let fell = of(&reading, Event::Cycles).unwrap_err().to_string();
    assert!(
        fell.contains("'99 in 20 of 20 ns after 100 in 10"),
        "{fell}"
    );
    assert!(matches!(
        of(&reading, Event::Instructions),
        Err(Unavailable::Unclear { .. })
    ));
    assert!(matches!(
        of(&reading, Event::TaskClock),
        Err(Unavailable::Refused { .. })
    ));
    assert_eq!(value(&reading, Event::PageFaults), 0);
}

#[test]
fn a_counter_that_cannot_be_read_at_the_beginning_stays_a_reason() {
    let (source, root) = (Scripted::default(), family());
    let mut probe = probe(&source, &root);
    source.0.lock().unwrap().broken = Some(Event::Cycles);
    assert_eq!(probe.begin(), Ok(()), "the others count");
    source.0.lock().unwrap().broken = None;
    let reason = of(&probe.end(), Event::Cycles).unwrap_err().to_string();
    assert!(reason.starts_with("the counter of cycles: "), "{reason}");
}

#[test]
fn threads_that_end_meanwhile_are_passed_over_and_a_process_that_ended_is_a_reason() {
    let (source, root) = (Scripted::default(), family());
    source.0.lock().unwrap().gone = vec![8];
    let mut one = probe(&source, &root);
    one.begin().unwrap();
    source.set(Event::Cycles, 9, 4, 1, 1);
    assert_eq!(value(&one.end(), Event::Cycles), 4);
    source.0.lock().unwrap().gone = vec![7, 8, 9];
    let mut none = probe(&source, &root);
    assert!(none.begin().unwrap_err().to_string().contains("has ended"));
    root.remove("proc/7");
    let mut absent = probe(&source, &root);
    assert!(matches!(absent.begin(), Err(Unavailable::Absent { .. })));
    assert!(absent.end().0.values().all(Result::is_err));
}

/// A source beneath which a new thread appears whenever the first counter is opened.
#[derive(Debug)]
struct Restless {
    source: Scripted,
    root: std::path::PathBuf,
    threads: Mutex<std::ops::Range<u32>>,
}

impl Source for Restless {
    fn open(&self, event: Event, thread: u32, scope: Scope) -> io::Result<Box<dyn Open>> {
        let new = |is_first: bool| is_first.then(|| self.threads.lock().unwrap().next());
        if let Some(new) = new(event == Event::ALL[0] && thread == 7).flatten() {
            std::fs::create_dir(self.root.join(format!("proc/7/task/{new}"))).unwrap();
        }
        self.source.open(event, thread, scope)
    }
}

#[test]
fn threads_that_start_while_counters_are_opened_are_not_missed() {
    for (threads, ends_well) in [(100..101, true), (100..1_000, false)] {
        let root = family();
        let source = Scripted::default();
        let restless = Restless {
            source: source.clone(),
            root: root.path().to_owned(),
            threads: Mutex::new(threads),
        };
        let mut probe = CounterProbe::with(Box::new(restless), 7, root.path());
        let attached = probe.attach();
        assert_eq!(attached.is_ok(), ends_well, "{attached:?}");
        assert_eq!(probe.begin().is_ok(), ends_well);
        let reading = of(&probe.end(), Event::Cycles);
        let reason = reading.err().map(|reason| reason.to_string());
        assert_eq!(reason.is_none(), ends_well);
        assert!(reason.is_none_or(|reason| reason.contains("while it stands still")));
        let opened = source.0.lock().unwrap().opened.clone();
        assert!(opened.iter().any(|(_, thread, _)| *thread == 100));
    }
}

#[test]
fn without_a_window_nothing_is_given_and_a_window_ends_once() {
    let (source, root) = (Scripted::default(), family());
    let mut probe = probe(&source, &root);
    probe.attach().unwrap();
    let none = Err(Unavailable::None("no window was opened"));
    assert_eq!(of(&probe.end(), Event::Cycles), none);
    probe.begin().unwrap();
    assert!(of(&probe.end(), Event::Cycles).is_ok());
    assert_eq!(of(&probe.end(), Event::Cycles), none);
}

/// Sleeps and faults in a thread that begins after the counters were attached, and in one that it starts.
fn sleep_and_fault(stage: &Stage) {
    const BLOCK: usize = 4 << 20;
    let work = || {
        for _ in 0..10 {
            std::thread::sleep(std::time::Duration::from_micros(100));
            drop(std::hint::black_box(vec![1_u8; BLOCK]));
        }
    };
    stage.stand_still();
    let (go, gone) = std::sync::mpsc::channel();
    let between_attaching_and_beginning = std::thread::spawn(move || {
        gone.recv().unwrap();
        work();
        std::thread::spawn(work).join().unwrap();
    });
    stage.stand_still();
    go.send(()).unwrap();
    between_attaching_and_beginning.join().unwrap();
    stage.stand_still();
    stage.stand_still();
}

#[test]
fn the_kernel_counts_what_a_real_child_and_its_later_threads_do_or_says_why_not() {
    let name = "counters::perf::tests::the_kernel_counts_what_a_real_child_and_its_later_threads_do_or_says_why_not";
    let mut child = Played::by(name, sleep_and_fault);
    let mut probe = CounterProbe::of(child.pid(), Path::new("/"));
    probe.attach().unwrap();
    child.step();
    let begun = probe.begin();
    child.step();
    let busy = probe.end();
    let _ = probe.begin();
    child.step();
    let idle = probe.end();
    assert_eq!(begun.is_ok(), busy.0.values().any(Result::is_ok));
    let least = BTreeMap::from([
        (Event::TaskClock, 100_000),
        (Event::ContextSwitches, 20),
        (Event::PageFaults, 20),
        (Event::CpuMigrations, 0),
    ]);
    for event in Event::ALL {
        let least = least.get(&event).copied().unwrap_or(1_000);
        match of(&busy, event) {
            Ok(count) => {
                assert!(count.value >= least, "{event:?}: {count:?}");
                assert!(
                    least == 0 || value(&idle, event) < count.value / 2,
                    "{event:?}"
                );
            }
            Err(reason) => assert!(reason.to_string().len() > 30, "{event:?}: {reason}"),
        }
    }
}
