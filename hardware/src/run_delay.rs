//! How long a thread was ready to run and did not, as the scheduler counts it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::Unavailable;
use crate::root::{failed, unclear};

/// The run delay of the thread that opened it, from whichever thread it is read.
#[derive(Debug)]
pub struct RunDelay {
    file: File,
    path: PathBuf,
}

/// Two numbers of 20 digits, a count, spaces and a line end.
const LINE: usize = 64;

impl RunDelay {
    /// Of the calling thread.
    ///
    /// # Errors
    /// Where the kernel does not keep or does not show these counters.
    pub fn of_this_thread() -> Result<Self, Unavailable> {
        Self::open(Path::new("/proc/thread-self/schedstat"))
    }

    fn open(path: &Path) -> Result<Self, Unavailable> {
        let opened = Self::opened(path)?;
        match opened.counters()?.turns {
            // A running thread has had its turn; a kernel that keeps no counters answers zeros.
            0 => Err(Unavailable::None(
                "the kernel keeps no scheduler statistics",
            )),
            _ => Ok(opened),
        }
    }

    /// Whether the kernel keeps these counters or not.
    pub(crate) fn opened(path: &Path) -> Result<Self, Unavailable> {
        let path = path.to_owned();
        let file = File::open(&path).map_err(|error| failed(&path, &error))?;
        Ok(Self { file, path })
    }

    /// Time ready to run but not running, since the thread began. Allocates nothing where it succeeds.
    ///
    /// # Errors
    /// Where the thread has ended or the kernel's answer is not understood.
    #[inline]
    pub fn read(&self) -> Result<Nanoseconds, Unavailable> {
        self.counters()
            .map(|counters| Nanoseconds::from_nanos(counters.delay_ns))
    }

    /// Cost of one reading, in nanoseconds.
    ///
    /// # Errors
    /// As [`RunDelay::read`].
    pub fn cost_ns(&self, clock: &impl Clock) -> Result<f64, Unavailable> {
        cost_ns(clock, || self.read().map(|_| ()))
    }

    pub(crate) fn counters(&self) -> Result<Counters, Unavailable> {
        let mut buffer = [0; LINE];
        let length = self
            .file
            .read_at(&mut buffer, 0)
            .map_err(|error| failed(&self.path, &error))?;
        let text = buffer.get(..length).unwrap_or_default();
        Counters::parse(text)
            .ok_or_else(|| unclear(&self.path, "run delay", &String::from_utf8_lossy(text)))
    }
}

/// Cost of `reading`: the smallest mean of 16 batches of 64 consecutive ones, in nanoseconds.
pub(crate) fn cost_ns(
    clock: &impl Clock,
    reading: impl Fn() -> Result<(), Unavailable>,
) -> Result<f64, Unavailable> {
    const BATCHES: usize = 16;
    const READINGS: u32 = 64;
    let mut least = f64::INFINITY;
    for _ in 0..BATCHES {
        let start = clock.now();
        for _ in 0..READINGS {
            reading()?;
        }
        let took = clock.now().saturating_sub(start).as_nanos();
        least = least.min(took as f64 / f64::from(READINGS));
    }
    Ok(least)
}

/// What the scheduler counts of a thread, since it began.
pub(crate) struct Counters {
    pub(crate) delay_ns: u64,
    pub(crate) turns: u64,
}

impl Counters {
    /// `time on a processor, time ready to run, turns`; the first lags by up to a tick, so that it may still be zero.
    fn parse(text: &[u8]) -> Option<Self> {
        let mut fields = text.trim_ascii_end().split(|byte| *byte == b' ');
        number(fields.next()?)?;
        let delay_ns = number(fields.next()?)?;
        let turns = number(fields.next()?)?;
        fields.next().is_none().then_some(Self { delay_ns, turns })
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use tare_clock::{MonotonicClock, SimulatedClock};

    use super::*;
    use crate::fake_root::FakeRoot;

    const FILE: &str = "proc/thread-self/schedstat";

    fn opened(text: &str) -> (FakeRoot, Result<RunDelay, Unavailable>) {
        let root = FakeRoot::with(&[(FILE, text)]);
        let delay = RunDelay::open(&root.path().join(FILE));
        (root, delay)
    }

    #[test]
    fn the_second_number_is_the_delay_and_each_reading_is_a_new_one() {
        let (root, delay) = opened("99545 3460223 2\n");
        let delay = delay.unwrap();
        assert_eq!(delay.read(), Ok(Nanoseconds::from_nanos(3_460_223)));
        root.file(FILE, "18446744073709551615 18446744073709551615 2\n");
        assert_eq!(delay.read(), Ok(Nanoseconds::MAX));
        root.file(FILE, "garbage\n");
        assert_eq!(
            root.plain(&delay.read().unwrap_err()),
            "/proc/thread-self/schedstat gives no run delay: 'garbage'"
        );
    }

    #[test]
    fn what_is_no_triple_of_numbers_is_a_reason() {
        let long = "9".repeat(100);
        for wrong in [
            "",
            "1",
            "1\n",
            "x 1 1",
            "1 x 1",
            "1 -1 1",
            "1  2 3",
            &long,
            "1 18446744073709551616 1",
        ] {
            let (_root, delay) = opened(wrong);
            assert!(matches!(delay, Err(Unavailable::Unclear { .. })), "{wrong}");
        }
    }

    #[test]
    fn a_kernel_that_keeps_no_counters_is_not_taken_for_one_without_delays() {
        assert!(
            opened("0 0 1\n").1.is_ok(),
            "a thread within its first tick"
        );
        let (_root, delay) = opened("0 0 0\n");
        assert_eq!(
            delay.unwrap_err().to_string(),
            "the kernel keeps no scheduler statistics"
        );
        let absent = RunDelay::open(&FakeRoot::new().path().join(FILE));
        assert!(matches!(absent, Err(Unavailable::Absent { .. })));
    }

    #[test]
    fn the_real_delay_never_falls_and_reading_it_takes_time() {
        let delay = RunDelay::of_this_thread().unwrap();
        let mut before = delay.read().unwrap();
        for _ in 0..1_000 {
            let now = delay.read().unwrap();
            assert!(now >= before);
            before = now;
        }
        let cost = delay.cost_ns(&MonotonicClock).unwrap();
        assert!((20.0..1e6).contains(&cost), "{cost}");
        assert_eq!(delay.cost_ns(&SimulatedClock::new()), Ok(0.0));
    }

    #[test]
    fn it_stays_with_the_thread_that_opened_it() {
        let (delay, at_end) = std::thread::spawn(|| {
            let delay = RunDelay::of_this_thread().unwrap();
            let at_end = delay.read().unwrap();
            (delay, at_end)
        })
        .join()
        .unwrap();
        match delay.read() {
            Ok(later) => assert!(later >= at_end),
            Err(reason) => assert!(matches!(reason, Unavailable::Absent { .. }), "{reason}"),
        }
    }
}
