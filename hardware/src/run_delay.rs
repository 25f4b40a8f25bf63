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
        let path = path.to_owned();
        let file = File::open(&path).map_err(|error| failed(&path, &error))?;
        let opened = Self { file, path };
        match opened.counters()? {
            // A running thread has run; a kernel that keeps no counters answers zeros.
            (0, _) => Err(Unavailable::None(
                "the kernel keeps no scheduler statistics",
            )),
            _ => Ok(opened),
        }
    }

    /// Time ready to run but not running, since the thread began. Allocates nothing where it succeeds.
    ///
    /// # Errors
    /// Where the thread has ended or the kernel's answer is not understood.
    #[inline]
    pub fn read(&self) -> Result<Nanoseconds, Unavailable> {
        self.counters()
            .map(|(_, delay)| Nanoseconds::from_nanos(delay))
    }

    /// Cost of one reading: the smallest mean of 16 batches of 64 consecutive readings, in nanoseconds.
    ///
    /// # Errors
    /// As [`RunDelay::read`].
    pub fn cost_ns(&self, clock: &impl Clock) -> Result<f64, Unavailable> {
        const BATCHES: usize = 16;
        const READINGS: u32 = 64;
        let mut least = f64::INFINITY;
        for _ in 0..BATCHES {
            let start = clock.now();
            for _ in 0..READINGS {
                std::hint::black_box(self.read()?);
            }
            let took = clock.now().saturating_sub(start).as_nanos();
            least = least.min(took as f64 / f64::from(READINGS));
        }
        Ok(least)
    }

    fn counters(&self) -> Result<(u64, u64), Unavailable> {
        let mut buffer = [0; LINE];
        let length = self
            .file
            .read_at(&mut buffer, 0)
            .map_err(|error| failed(&self.path, &error))?;
        let text = buffer.get(..length).unwrap_or_default();
        two_numbers(text)
            .ok_or_else(|| unclear(&self.path, "run delay", &String::from_utf8_lossy(text)))
    }
}

/// The first two of a line's numbers; each must be followed by a space or the line's end.
fn two_numbers(text: &[u8]) -> Option<(u64, u64)> {
    let mut fields = text.split(|byte| byte.is_ascii_whitespace());
    Some((number(fields.next()?)?, number(fields.next()?)?))
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
