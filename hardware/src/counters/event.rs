//! The counters that are asked for, and which of them mean anything where the kernel may not be watched.

/// One counter of perf_event_open(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Instructions,
    Cycles,
    CacheMisses,
    TaskClock,
    ContextSwitches,
    PageFaults,
    CpuMigrations,
}

/// What of a thread's work is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// In user space and in the kernel.
    All,
    /// In user space.
    User,
}

impl Event {
    pub(super) const ALL: [Self; 7] = [
        Self::Instructions,
        Self::Cycles,
        Self::CacheMisses,
        Self::TaskClock,
        Self::ContextSwitches,
        Self::PageFaults,
        Self::CpuMigrations,
    ];

    /// As the record calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Cycles => "cycles",
            Self::CacheMisses => "cache_misses",
            Self::TaskClock => "task_clock_ns",
            Self::ContextSwitches => "context_switches",
            Self::PageFaults => "page_faults",
            Self::CpuMigrations => "cpu_migrations",
        }
    }

    /// Whether the processor counts it, not the kernel.
    pub(super) fn is_of_hardware(self) -> bool {
        matches!(self, Self::Instructions | Self::Cycles | Self::CacheMisses)
    }

    /// Whether the kernel can leave its own part out; of the task clock it never does.
    pub(super) fn is_split_by_space(self) -> bool {
        self != Self::TaskClock
    }

    /// Whether it happens in user space at all: the others would be counted as none there.
    pub(super) fn happens_in_user_space(self) -> bool {
        !matches!(self, Self::ContextSwitches | Self::CpuMigrations)
    }
}
