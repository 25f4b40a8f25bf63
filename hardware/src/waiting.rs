//! How long threads of a process waited for a core that others had, all of them together.

use std::fs;
use std::path::Path;

use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::Unavailable;
use crate::root::failed;
use crate::run_delay::{Counters, RunDelay};

/// A thread that is woken up waits 1.6 µs for its core where nobody else has it, and more while a processor leaves its sleep; a
/// slice that another thread is given takes milliseconds. So much of each turn is called waking up.
const WAKING: Nanoseconds = Nanoseconds::from_micros(10);
/// What the sum begins from: it may fall by the waking that was counted too much.
const BASE: u64 = 1 << 62;

/// The threads that a process had when this was opened.
#[derive(Debug)]
pub struct Waiting {
    threads: Vec<RunDelay>,
}

impl Waiting {
    /// Of all threads that this process has now; those that begin later are not among them.
    ///
    /// # Errors
    /// Where the kernel does not keep or does not show these counters.
    pub fn of_this_process() -> Result<Self, Unavailable> {
        Self::open(Path::new("/proc/self/task"))
    }

    fn open(tasks: &Path) -> Result<Self, Unavailable> {
        let entries = fs::read_dir(tasks).map_err(|error| failed(tasks, &error))?;
        let mut threads = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed(tasks, &error))?;
            let file = entry.path().join("schedstat");
            match RunDelay::opened(&file) {
                Ok(thread) => threads.push(thread),
                // It ended between two looks.
                Err(Unavailable::Absent { .. }) if entry.path().join("comm").exists() => {
                    return Err(failed(&file, &std::io::ErrorKind::NotFound.into()));
                }
                Err(Unavailable::Absent { .. }) => {}
                Err(reason) => return Err(reason),
            }
        }
        let counters: Result<Vec<Counters>, Unavailable> =
            threads.iter().map(RunDelay::counters).collect();
        match counters?.iter().all(|counters| counters.turns == 0) {
            true => Err(Unavailable::None(
                "the kernel keeps no scheduler statistics",
            )),
            false => Ok(Self { threads }),
        }
    }

    /// What the threads waited beyond waking up, from an arbitrary beginning: only how much it grows says something, and where it
    /// falls, nobody waited. Allocates nothing where it succeeds.
    ///
    /// # Errors
    /// Where a thread has ended or the kernel's answer is not understood.
    pub fn read(&self) -> Result<Nanoseconds, Unavailable> {
        let mut sum = BASE;
        for thread in &self.threads {
            let Counters { delay_ns, turns } = thread.counters()?;
            let waking = WAKING.as_nanos().saturating_mul(turns);
            sum = sum.saturating_add(delay_ns).saturating_sub(waking);
        }
        Ok(Nanoseconds::from_nanos(sum))
    }

    /// Cost of one reading, in nanoseconds.
    ///
    /// # Errors
    /// As [`Waiting::read`].
    pub fn cost_ns(&self, clock: &impl Clock) -> Result<f64, Unavailable> {
        crate::run_delay::cost_ns(clock, || self.read().map(|_| ()))
    }
}

#[cfg(test)]
mod tests {
    use tare_clock::{MonotonicClock, SimulatedClock};

    use super::*;
    use crate::fake_root::FakeRoot;

    const FIRST: &str = "task/1/schedstat";
    const SECOND: &str = "task/2/schedstat";

    #[test]
    fn it_grows_by_what_all_threads_waited_less_waking_up() {
        let root = FakeRoot::with(&[(FIRST, "1 1000 5\n"), (SECOND, "1 2000 0\n")]);
        let waiting = Waiting::open(&root.path().join("task")).unwrap();
        let before = waiting.read().unwrap();
        root.file(FIRST, "1 5001000 7\n")
            .file(SECOND, "1 4002000 10\n");
        let grown = waiting.read().unwrap().saturating_sub(before);
        assert_eq!(grown, Nanoseconds::from_nanos(9_000_000 - 120_000));
        let before = waiting.read().unwrap();
        root.file(SECOND, "1 4102000 110\n");
        let woken = waiting.read().unwrap().saturating_sub(before);
        assert_eq!(woken, Nanoseconds::ZERO, "100 turns of 1 µs are waking up");
    }

    #[test]
    fn without_counters_or_with_ones_that_are_not_understood_there_is_a_reason() {
        let open = |root: &FakeRoot| Waiting::open(&root.path().join("task"));
        let zeros = FakeRoot::with(&[(FIRST, "0 0 0\n"), (SECOND, "0 0 0\n")]);
        let reason = open(&zeros).unwrap_err();
        assert_eq!(
            reason,
            Unavailable::None("the kernel keeps no scheduler statistics")
        );
        let garbage = FakeRoot::with(&[(FIRST, "1 1 1\n"), (SECOND, "garbage\n")]);
        assert!(matches!(open(&garbage), Err(Unavailable::Unclear { .. })));
        let unshown = FakeRoot::with(&[("task/1/comm", "tare\n")]);
        assert!(matches!(open(&unshown), Err(Unavailable::Absent { .. })));
        assert!(open(&FakeRoot::new()).is_err());
    }

    #[test]
    fn a_thread_that_waits_for_the_core_of_another_is_seen_from_beside() {
        let waiting = Waiting::of_this_process().unwrap();
        assert!(waiting.read().unwrap() > Nanoseconds::ZERO);
        assert_eq!(waiting.cost_ns(&SimulatedClock::new()), Ok(0.0));
        assert!(waiting.cost_ns(&MonotonicClock).unwrap() > 20.0);
    }
}
