//! The counter probe: what the processor and the kernel count for a process and all that it starts, in a window.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::path::Path;

use rustix::io::Errno;
use tare_results::Count;

use super::event::{Event, Scope};
use super::refusal::{nonsense, refusal, unread};
use super::sys::{Counter, Tally};
use crate::process_memory::tree;
use crate::root::Root;
use crate::{Probe, Unavailable};

/// Counts through perf_event_open(2) for every thread of a process tree, each counter apart from the others.
///
/// A thread's counters cover what it starts later. So they are cheapest and surest where [`CounterProbe::attach`] finds
/// the process standing still and with few threads. They count from then on until the probe is dropped, and a window is
/// the difference of two readings: to switch them on and off would interrupt every processor that a thread was last on.
#[derive(Debug)]
pub struct CounterProbe {
    root: Root,
    pid: u32,
    source: Box<dyn Source>,
    attached: Option<BTreeMap<Event, Result<Counting, Unavailable>>>,
    window: Result<(), Unavailable>,
}

const NO_WINDOW: Unavailable = Unavailable::None("no window was opened");

/// What a window gives, by the names of [`tare_results::Counters`].
#[derive(Debug, Clone, PartialEq)]
pub struct CounterReading(pub(super) BTreeMap<&'static str, Result<Count, Unavailable>>);

/// Where counters come from.
pub(super) trait Source: Debug {
    fn open(&self, event: Event, thread: u32, scope: Scope) -> io::Result<Box<dyn Open>>;
}

/// An open counter.
pub(super) trait Open: Debug {
    fn read(&self) -> io::Result<Tally>;
}

/// One event's counters, one for each thread.
#[derive(Debug)]
struct Counting {
    scope: Scope,
    counters: Vec<Box<dyn Open>>,
    before: Vec<Tally>,
}

#[derive(Debug)]
struct Kernel;

impl Source for Kernel {
    fn open(&self, event: Event, thread: u32, scope: Scope) -> io::Result<Box<dyn Open>> {
        Ok(Box::new(Counter::open(event, thread, scope)?))
    }
}

impl Open for Counter {
    fn read(&self) -> io::Result<Tally> {
        self.tally()
    }
}

/// Whether instructions can be counted here, by opening that counter for this thread.
///
/// # Errors
/// Why not.
pub fn counts_instructions() -> Result<(), Unavailable> {
    let own = std::process::id();
    let probe = CounterProbe::of(own, Path::new("/"));
    probe.open(Event::Instructions, &[own]).map(|_| ())
}

impl CounterProbe {
    /// Of process `pid` and what it starts; threads are found under `root` (`/` but for tests).
    pub fn of(pid: u32, root: &Path) -> Self {
        Self::with(Box::new(Kernel), pid, root)
    }

    pub(super) fn with(source: Box<dyn Source>, pid: u32, root: &Path) -> Self {
        Self {
            root: Root::new(root),
            pid,
            source,
            attached: None,
            window: Err(NO_WINDOW),
        }
    }

    /// Opens the counters; a window that begins without this does so itself.
    ///
    /// # Errors
    /// Where the process has ended, or starts threads meanwhile. What the kernel refuses is an error of that counter.
    pub fn attach(&mut self) -> Result<(), Unavailable> {
        const ATTEMPTS: usize = 3;
        for _ in 0..ATTEMPTS {
            let threads = self.threads()?;
            let attached = Event::ALL.map(|event| (event, self.open(event, &threads)));
            if self
                .threads()?
                .iter()
                .all(|thread| threads.contains(thread))
            {
                self.attached = Some(attached.into());
                return Ok(());
            }
        }
        Err(Unavailable::None(
            "the process started threads while its counters were opened; open them while it stands still",
        ))
    }

    fn threads(&self) -> Result<Vec<u32>, Unavailable> {
        let mut threads = tree::threads(&self.root, self.pid)?;
        for pid in tree::descendants(&self.root, self.pid)? {
            threads.extend(tree::threads(&self.root, pid).unwrap_or_default());
        }
        Ok(threads)
    }

    /// In the kernel too where that is allowed, else in user space alone where the event happens there.
    fn open(&self, event: Event, threads: &[u32]) -> Result<Counting, Unavailable> {
        let mut scope = Scope::All;
        let mut counters = Vec::new();
        for thread in threads {
            let mut opened = self.source.open(event, *thread, scope);
            let is_first = counters.is_empty() && event.happens_in_user_space();
            if is_first && opened.as_ref().is_err_and(is_forbidden) {
                scope = Scope::User;
                opened = self.source.open(event, *thread, scope);
            }
            match opened {
                Ok(counter) => counters.push(counter),
                Err(error) if Errno::from_io_error(&error) == Some(Errno::SRCH) => {}
                Err(error) => return Err(refusal(event, &error, self.paranoid())),
            }
        }
        let before = vec![Tally::default(); counters.len()];
        let ended = || refusal(event, &Errno::SRCH.into(), None);
        let counting = Counting {
            scope,
            counters,
            before,
        };
        (!counting.counters.is_empty())
            .then_some(counting)
            .ok_or_else(ended)
    }

    fn counting(&self, event: Event) -> Result<&Counting, Unavailable> {
        let attached = self.attached.as_ref().ok_or(NO_WINDOW)?;
        let counting = attached.get(&event).ok_or(NO_WINDOW)?;
        counting.as_ref().map_err(Clone::clone)
    }

    fn paranoid(&self) -> Option<i64> {
        let text = self.root.text("proc/sys/kernel/perf_event_paranoid").ok()?;
        text.trim().parse().ok()
    }
}

fn is_forbidden(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::ACCESS | Errno::PERM)
    )
}

impl Counting {
    fn begin(&mut self) -> io::Result<()> {
        for (counter, before) in self.counters.iter().zip(&mut self.before) {
            *before = counter.read()?;
        }
        Ok(())
    }

    fn end(&self, event: Event) -> Result<Count, Unavailable> {
        let mut total = Tally::default();
        for (counter, before) in self.counters.iter().zip(&self.before) {
            let now = counter.read().map_err(|error| unread(event, &error))?;
            let gain = now.since(*before);
            let gain = gain.filter(|gain| gain.running_ns <= gain.enabled_ns);
            total = total.plus(gain.ok_or_else(|| nonsense(event, *before, now))?);
        }
        self.count(event, total)
    }

    /// Where counters took turns, what one saw stands for the time that it did not see.
    fn count(&self, event: Event, total: Tally) -> Result<Count, Unavailable> {
        let (enabled, running) = (total.enabled_ns, total.running_ns);
        if enabled > 0 && running == 0 {
            return Err(Unavailable::None(
                "the counter never had its turn on the processor; end other profilers, or the kernel's watchdog \
                 (`sysctl kernel.nmi_watchdog=0`)",
            ));
        }
        let scaled =
            u128::from(total.value) * u128::from(enabled.max(1)) / u128::from(running.max(1));
        Ok(Count {
            value: u64::try_from(scaled).unwrap_or(u64::MAX),
            counted_share: if enabled == 0 {
                1.0
            } else {
                running as f64 / enabled as f64
            },
            user_space_only: self.scope == Scope::User && event.is_split_by_space(),
        })
    }
}

impl Probe for CounterProbe {
    type Reading = CounterReading;

    fn check(&self) -> Result<(), Unavailable> {
        let threads = [std::process::id()];
        let opened = Event::ALL.map(|event| self.open(event, &threads));
        first_reason(opened.into_iter())
    }

    fn begin(&mut self) -> Result<(), Unavailable> {
        self.window = match self.attached {
            Some(_) => Ok(()),
            None => self.attach(),
        };
        self.window.clone()?;
        let attached = self.attached.iter_mut().flatten();
        let begun = attached.map(|(event, counting)| {
            let begun = counting.as_mut().map_err(|reason| reason.clone())?.begin();
            let begun = begun.map_err(|error| unread(*event, &error));
            if let Err(reason) = &begun {
                *counting = Err(reason.clone());
            }
            begun
        });
        first_reason(begun.collect::<Vec<_>>().into_iter())
    }

    fn end(&mut self) -> CounterReading {
        let window = std::mem::replace(&mut self.window, Err(NO_WINDOW));
        let readings = Event::ALL.map(|event| {
            let counting = window.clone().and_then(|()| self.counting(event));
            let count = counting.and_then(|counting| counting.end(event));
            (event.name(), count)
        });
        CounterReading(readings.into())
    }
}

/// Nothing is wrong as long as one counter counts.
fn first_reason<T>(
    mut opened: impl Iterator<Item = Result<T, Unavailable>>,
) -> Result<(), Unavailable> {
    let mut reason = Ok(());
    for one in opened.by_ref() {
        match one {
            Ok(_) => return Ok(()),
            Err(why) => reason = reason.and(Err(why)),
        }
    }
    reason
}

#[cfg(test)]
mod tests;
