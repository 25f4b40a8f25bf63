//! Why a scenario is refused: its spelling, or limits that it cannot keep.

use std::fmt;

use tare_units::Nanoseconds;

/// Why the text is no scenario, or does not fit the batches asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No scenario has this name.
    #[error("'{text}' names no scenario: write name[:key=value,…] with one of {known}{near}")]
    Unknown {
        /// What was written.
        text: String,
        /// The names that exist.
        known: String,
        /// The name that was probably meant.
        near: Near,
    },
    /// An option is not `key=value`.
    #[error("'{option}' in '{text}' is not an option: write key=value")]
    Option {
        /// What was written.
        text: String,
        /// The part that is wrong.
        option: String,
    },
    /// The scenario has no such option.
    #[error("'{key}' in '{text}' is no option of {scenario}: it has {known}{near}")]
    Key {
        /// What was written.
        text: String,
        /// The option.
        key: String,
        /// The scenario.
        scenario: &'static str,
        /// The options that exist.
        known: String,
        /// The option that was probably meant.
        near: Near,
    },
    /// An option's value is not of its kind, or out of range.
    #[error("'{value}' for '{key}' in '{text}' is not {expected}")]
    Value {
        /// What was written.
        text: String,
        /// The option.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// An option is given twice.
    #[error("option '{key}' stands twice in '{text}': give it once")]
    Twice {
        /// What was written.
        text: String,
        /// The option.
        key: &'static str,
    },
    /// Two options contradict each other.
    #[error("'{text}' gives both '{first}' and '{second}', which exclude each other: give one")]
    Exclusive {
        /// What was written.
        text: String,
        /// One option.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// An option means nothing without another.
    #[error(
        "'{key}' in '{text}' has a meaning only with {needs}: give that too, or leave {key} out"
    )]
    Needs {
        /// What was written.
        text: String,
        /// The option.
        key: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// A batch would wait for more requests than may wait.
    #[error(
        "'{text}' executes up to {max_batch} requests together, and no more than {queue} may wait: give queue={max_batch} or \
         more, or a smaller max_batch"
    )]
    SmallQueue {
        /// What was written.
        text: String,
        /// Requests that may wait.
        queue: u64,
        /// Requests that are executed together at the most.
        max_batch: u64,
    },
    /// A batch would wait for more requests than there are clients.
    #[error(
        "'{text}' executes up to {max_batch} requests together, and its {clients} clients have no more than {clients} in \
         flight: give clients={max_batch} or more, or a smaller max_batch"
    )]
    FewClients {
        /// What was written.
        text: String,
        /// Those that there are.
        clients: u64,
        /// Requests that are executed together at the most.
        max_batch: u64,
    },
    /// Requests that wait for others would fail meanwhile.
    #[error(
        "'{text}' lets requests wait {delay} for others, and those that waited {timeout} have failed: give a batch_delay \
         shorter than timeout, or a longer timeout"
    )]
    LongDelay {
        /// What was written.
        text: String,
        /// How long a request waits for others.
        delay: Nanoseconds,
        /// How long it may wait.
        timeout: Nanoseconds,
    },
    /// The scenario means nothing without an option.
    #[error("'{text}' does not say {what}: give {remedy}")]
    Lacks {
        /// What was written.
        text: String,
        /// What is not said.
        what: &'static str,
        /// What says it.
        remedy: &'static str,
    },
    /// The batch asked for is not the one that the scenario sets.
    #[error(
        "batch {asked} contradicts scenario '{scenario}', which sets the batch to {own}: \
         leave the batch out, or set {key}={asked} in the scenario"
    )]
    Batch {
        /// The scenario as written.
        scenario: String,
        /// The batch it sets.
        own: u64,
        /// The batch asked for.
        asked: u64,
        /// The option that sets it.
        key: &'static str,
    },
}

/// The known word that was probably meant, as the end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near(pub Option<&'static str>);

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(near) => write!(f, "; the nearest is '{near}'"),
            None => Ok(()),
        }
    }
}

/// Why a repeat cannot be scheduled within its limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// A limit is zero.
    #[error("the {what} is 0: it must be at least 1")]
    Zero {
        /// Which limit.
        what: &'static str,
    },
    /// The scenario asks for more requests than the limit allows.
    #[error(
        "scenario '{scenario}' asks for {requests} requests and at most {max_requests} are allowed: \
         ask for less, or raise the maximum of requests"
    )]
    TooFew {
        /// The scenario as written.
        scenario: String,
        /// What it asks for.
        requests: u64,
        /// What is allowed.
        max_requests: u64,
    },
    /// The trace has fewer arrivals than the scenario asks for.
    #[error(
        "scenario '{scenario}' asks for {requests} requests and its trace has {arrivals}: \
         ask for less, or give a longer trace"
    )]
    ShortTrace {
        /// The scenario as written.
        scenario: String,
        /// What it asks for.
        requests: u64,
        /// What there is.
        arrivals: u64,
    },
    /// No arrival of the trace lies within the duration.
    #[error(
        "scenario '{scenario}' replays a trace whose first arrival is at {first}, and its duration is {duration}: \
         give a longer {key}="
    )]
    LateTrace {
        /// The scenario as written.
        scenario: String,
        /// When the first request arrives, from the start.
        first: Nanoseconds,
        /// How long requests are due.
        duration: Nanoseconds,
        /// The option that says so.
        key: &'static str,
    },
    /// The scenario replays a file that nobody has read.
    #[error("scenario '{scenario}' replays a trace that was not read: read its file first")]
    NoTrace {
        /// The scenario as written.
        scenario: String,
    },
    /// The rate is searched, and there is none yet.
    #[error("scenario '{scenario}' searches its rate: schedule it at a rate")]
    NoRate {
        /// The scenario as written.
        scenario: String,
    },
    /// The batch is not the one that the scenario sets.
    #[error(transparent)]
    Batch(SpecError),
}
