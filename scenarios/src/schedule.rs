//! The one question a load generator asks, what to do now, and the answers to it.

use tare_units::Nanoseconds;

/// When requests are issued: pure, so that the same times and counts always give the same steps.
pub trait Schedule {
    /// What to do at `now`, given what was done. Never allocates.
    ///
    /// Both times are on one clock, and neither `now` nor a count of `progress` ever decreases from one call to the next.
    /// Requests that ended at different times are told one call after the other, each with its own `ended`.
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step;

    /// Whether completions change what is issued when; an open loop heeds none, and is not woken for any.
    fn heeds_completions(&self) -> bool {
        true
    }
}

/// What a load generator does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Issue a request now.
    Issue {
        /// When it was due; under an open loop its latency counts from here.
        scheduled: Nanoseconds,
        /// How many samples it carries.
        samples: u64,
    },
    /// Nothing is due before this time; ask again then, or once a request has completed.
    WaitUntil(Nanoseconds),
    /// Nothing is due before a request completes; answered only while one is in flight.
    WaitForCompletion,
    /// Nothing more is issued; what is still in flight is waited for.
    Done,
}

/// What was done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// When the schedule began; its times count from here.
    pub started: Nanoseconds,
    /// Requests issued.
    pub issued: u64,
    /// Of these, requests that ended, failed ones too.
    pub completed: u64,
    /// When the last of these ended, however late it was heard of; the start where none did.
    pub ended: Nanoseconds,
}

impl Progress {
    /// Nothing done yet.
    pub const fn starting_at(started: Nanoseconds) -> Self {
        Self {
            started,
            issued: 0,
            completed: 0,
            ended: started,
        }
    }

    /// Requests issued and not yet ended.
    pub const fn in_flight(&self) -> u64 {
        self.issued - self.completed
    }
}
