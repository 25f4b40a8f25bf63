//! Between two timestamps nothing is allocated, by whichever thread.

#[path = "allocations/sys.rs"]
mod sys;

mod sessions;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sessions::{Acting, Eager, Even, PATIENCE, Went, engine, go, no_inputs, setup, sleep};
use sys::{Counted, allocations, next_round, take_part};
use tare_harness::serve::Setup;
use tare_harness::serve::dispatch::Dispatch;
use tare_harness::serve::slots::Counts;
use tare_scenarios::Schedule;
use tare_units::Nanoseconds;

#[global_allocator]
static COUNTED: Counted = Counted;

/// Executions after which everything that is needed once is there.
const BEGUN: u64 = 10;

/// Allocations up to an execution, the tenth unless it says otherwise, and up to the last.
#[derive(Default)]
struct Seen {
    first: AtomicU64,
    last: AtomicU64,
}

impl Seen {
    fn look(&self, number: u64, begun: u64) {
        let now = allocations();
        if number == begun {
            self.first.store(now, Ordering::SeqCst);
        }
        self.last.fetch_max(now, Ordering::SeqCst);
    }
}

/// Serves `schedule` by executions that take `time`, the first one `first`, and asserts that from execution `begun` to the
/// last nothing is allocated.
fn assert_none(
    name: &str,
    setup: Setup,
    (begun, first, time): (u64, Nanoseconds, Nanoseconds),
    schedule: &mut impl Schedule,
) -> Went {
    let seen = Arc::new(Seen::default());
    let looking = Arc::clone(&seen);
    next_round();
    let loaded = Acting::new(move |number, _| {
        take_part();
        let time = if number == 0 { first } else { time };
        if time > Nanoseconds::ZERO {
            sleep(time);
        }
        looking.look(number, begun);
        Ok(())
    });
    let mut engine = engine(&loaded, no_inputs(), setup);
    let went = go(&mut engine, schedule, PATIENCE);
    assert!(went.served.worked.batches > begun + 1, "{name}");
    let [first, last] = [&seen.first, &seen.last].map(|seen| seen.load(Ordering::SeqCst));
    let before = allocations();
    drop(std::hint::black_box(Box::new(first)));
    assert!(allocations() > before, "the allocator counts");
    assert_eq!(last - first, 0, "{name}");
    went
}

fn every(micros: u64, count: u64) -> Even {
    Even {
        distance: Nanoseconds::from_micros(micros),
        count,
    }
}

fn batching(setup: Setup, max_batch: usize, delay: Nanoseconds) -> Setup {
    Setup {
        dispatch: Dispatch {
            max_batch,
            batch_delay: delay,
            ..setup.dispatch
        },
        ..setup
    }
}

const NONE: Nanoseconds = Nanoseconds::ZERO;

fn one_by_one() {
    for (spins, servers) in [(false, 1), (false, 2), (true, 1)] {
        let setup = Setup {
            spins,
            ..setup(servers, 10_000)
        };
        let at_once = (BEGUN, NONE, NONE);
        let mut clients = Eager {
            clients: 3,
            count: 5_000,
            most_in_flight: 0,
        };
        let went = assert_none("clients", setup, at_once, &mut clients);
        assert_eq!(went.counts.done, 5_000);
        let went = assert_none("an open loop", setup, at_once, &mut every(20, 5_000));
        assert_eq!(went.counts.done, 5_000);
    }
}

fn together() {
    let delay = Nanoseconds::from_micros(300);
    for servers in [1, 2] {
        let setup = batching(setup(servers, 10_000), 8, delay);
        let went = assert_none("batches", setup, (BEGUN, NONE, NONE), &mut every(20, 5_000));
        assert_eq!(went.counts.done, 5_000);
        assert!(went.served.worked.batches < 4_000, "some were together");
    }
    // All that waits while the first is executed makes one batch, of more requests than were ever put together before.
    let all = batching(setup(1, 40_000), 40_000, NONE);
    let wait = Nanoseconds::from_millis(100);
    let went = assert_none("a large batch", all, (0, wait, NONE), &mut every(5, 30_000));
    assert_eq!(went.counts.done, 30_000);
    assert!(went.served.issued.most_waiting > 4_096);
}

fn too_many() {
    let slow = (BEGUN, NONE, Nanoseconds::from_micros(200));
    let full = assert_none("a full queue", setup(1, 3), slow, &mut every(20, 5_000));
    let Counts { done, rejected, .. } = full.counts;
    assert!(
        rejected > 1_000 && done + rejected == 5_000,
        "{:?}",
        full.counts
    );
    let impatient = Setup {
        dispatch: Dispatch {
            timeout: Some(Nanoseconds::from_millis(2)),
            ..setup(1, 10_000).dispatch
        },
        ..setup(1, 10_000)
    };
    for setup in [impatient, batching(impatient, 4, NONE)] {
        let went = assert_none("a timeout", setup, slow, &mut every(20, 5_000));
        let Counts {
            done, timed_out, ..
        } = went.counts;
        assert!(
            timed_out > 100 && done + timed_out == 5_000,
            "{:?}",
            went.counts
        );
    }
}

// One test alone in its process: rounds follow each other.
#[test]
fn serving_allocates_nothing_from_the_first_request_to_the_last() {
    one_by_one();
    together();
    too_many();
}
