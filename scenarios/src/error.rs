//! Why a scenario is refused: its spelling, or limits that it cannot keep.

/// Why the text is no scenario, or does not fit the batches asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No scenario has this name.
    #[error("'{text}' names no scenario: write name[:key=value,…] with one of {known}")]
    Unknown {
        /// What was written.
        text: String,
        /// The names that exist.
        known: String,
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
    #[error("'{key}' in '{text}' is no option of {scenario}: it has {known}")]
    Key {
        /// What was written.
        text: String,
        /// The option.
        key: String,
        /// The scenario.
        scenario: &'static str,
        /// The options that exist.
        known: String,
    },
    /// An option's value is not a positive whole number.
    #[error("'{value}' for '{key}' in '{text}' is not a whole number from 1 to {max}")]
    Value {
        /// What was written.
        text: String,
        /// The option.
        key: &'static str,
        /// Its value.
        value: String,
        /// The largest value allowed.
        max: u64,
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
    /// The batch is not the one that the scenario sets.
    #[error(transparent)]
    Batch(SpecError),
}
