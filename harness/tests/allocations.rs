//! Between two timestamps nothing is allocated, by whichever thread.

#[path = "allocations/sys.rs"]
mod sys;

mod sessions;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sessions::{Acting, Eager, Even, PATIENCE, engine, go, no_inputs, setup};
use sys::{Counted, allocations, next_round, take_part};
use tare_harness::serve::Setup;
use tare_units::Nanoseconds;

#[global_allocator]
static COUNTED: Counted = Counted;

/// Allocations from the tenth request to the 4,990th of 5,000.
#[derive(Default)]
struct Seen {
    first: AtomicU64,
    last: AtomicU64,
}

impl Seen {
    fn look(&self, number: u64) {
        match number {
            10 => self.first.store(allocations(), Ordering::SeqCst),
            4_990 => self.last.store(allocations(), Ordering::SeqCst),
            _ => {}
        }
    }
}

// One test alone in its process: rounds follow each other.
#[test]
fn serving_allocates_nothing_from_the_first_request_to_the_last() {
    for (spins, servers) in [(false, 1), (false, 2), (true, 1)] {
        let setup = Setup {
            spins,
            ..setup(servers, 10_000)
        };
        for clients in [false, true] {
            let seen = Arc::new(Seen::default());
            let looking = Arc::clone(&seen);
            next_round();
            let loaded = Acting::new(move |number, _| {
                take_part();
                looking.look(number);
                Ok(())
            });
            let mut engine = engine(&loaded, no_inputs(), setup);
            let went = match clients {
                true => {
                    let mut eager = Eager {
                        clients: 3,
                        count: 5_000,
                        most_in_flight: 0,
                    };
                    go(&mut engine, &mut eager, PATIENCE)
                }
                false => {
                    let mut even = Even {
                        distance: Nanoseconds::from_micros(20),
                        count: 5_000,
                    };
                    go(&mut engine, &mut even, PATIENCE)
                }
            };
            assert_eq!(went.counts.done, 5_000);
            let [first, last] = [&seen.first, &seen.last].map(|seen| seen.load(Ordering::SeqCst));
            let before = allocations();
            drop(std::hint::black_box(Box::new(first)));
            assert!(allocations() > before, "the allocator counts");
            assert_eq!(last - first, 0, "{servers} servers, clients: {clients}");
        }
    }
}
