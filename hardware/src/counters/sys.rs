//! The system calls of perf_event_open(2): opening a counter and reading it.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::FromRawFd;

use perf_event_open_sys::{self as perf, bindings as b};

use super::event::{Event, Scope};

/// A counter of one thread and of the threads and processes that it starts from then on.
#[derive(Debug)]
pub(super) struct Counter(File);

/// What a counter says, since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) value: u64,
    /// How long its threads ran, in nanoseconds.
    pub(super) enabled_ns: u64,
    /// How long of that it really counted; less where the hardware has fewer counters than are asked for.
    pub(super) running_ns: u64,
}

impl Counter {
    /// It counts from its opening on.
    pub(super) fn open(event: Event, thread: u32, scope: Scope) -> io::Result<Self> {
        let thread = i32::try_from(thread).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut attributes = attributes(event, scope);
        let flags = b::PERF_FLAG_FD_CLOEXEC as _;
        const ANY_PROCESSOR: i32 = -1;
        const NO_GROUP: i32 = -1;
        // SAFETY: the attributes live through the call, their size stands in them, and they ask for no memory.
        let descriptor = checked(unsafe {
            perf::perf_event_open(&mut attributes, thread, ANY_PROCESSOR, NO_GROUP, flags)
        })?;
        // SAFETY: the call has just given this descriptor, and nobody else has it.
        Ok(Self(unsafe { File::from_raw_fd(descriptor) }))
    }

    pub(super) fn tally(&self) -> io::Result<Tally> {
        let mut bytes = [0; 24];
        (&self.0).read_exact(&mut bytes)?;
        let number = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_ne_bytes(word)
        };
        Ok(Tally {
            value: number(0),
            enabled_ns: number(8),
            running_ns: number(16),
        })
    }
}

impl Tally {
    /// `None` where a number fell.
    pub(super) fn since(self, before: Self) -> Option<Self> {
        Some(Self {
            value: self.value.checked_sub(before.value)?,
            enabled_ns: self.enabled_ns.checked_sub(before.enabled_ns)?,
            running_ns: self.running_ns.checked_sub(before.running_ns)?,
        })
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            value: self.value.saturating_add(other.value),
            enabled_ns: self.enabled_ns.saturating_add(other.enabled_ns),
            running_ns: self.running_ns.saturating_add(other.running_ns),
        }
    }
}

fn attributes(event: Event, scope: Scope) -> b::perf_event_attr {
    let (kind, config) = match event {
        Event::Instructions => (b::PERF_TYPE_HARDWARE, b::PERF_COUNT_HW_INSTRUCTIONS),
        Event::Cycles => (b::PERF_TYPE_HARDWARE, b::PERF_COUNT_HW_CPU_CYCLES),
        Event::CacheMisses => (b::PERF_TYPE_HARDWARE, b::PERF_COUNT_HW_CACHE_MISSES),
        Event::TaskClock => (b::PERF_TYPE_SOFTWARE, b::PERF_COUNT_SW_TASK_CLOCK),
        Event::ContextSwitches => (b::PERF_TYPE_SOFTWARE, b::PERF_COUNT_SW_CONTEXT_SWITCHES),
        Event::PageFaults => (b::PERF_TYPE_SOFTWARE, b::PERF_COUNT_SW_PAGE_FAULTS),
        Event::CpuMigrations => (b::PERF_TYPE_SOFTWARE, b::PERF_COUNT_SW_CPU_MIGRATIONS),
    };
    let mut attributes = b::perf_event_attr {
        type_: kind,
        size: size_of::<b::perf_event_attr>() as u32,
        config: u64::from(config),
        read_format: u64::from(
            b::PERF_FORMAT_TOTAL_TIME_ENABLED | b::PERF_FORMAT_TOTAL_TIME_RUNNING,
        ),
        ..Default::default()
    };
    attributes.set_inherit(1);
    attributes.set_exclude_kernel(u64::from(scope == Scope::User));
    attributes.set_exclude_hv(u64::from(scope == Scope::User));
    attributes
}

fn checked(answer: i32) -> io::Result<i32> {
    match answer {
        -1 => Err(io::Error::last_os_error()),
        answer => Ok(answer),
    }
}
