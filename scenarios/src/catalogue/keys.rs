//! The options that scenarios share or have of their own.

use tare_units::Nanoseconds;

use super::value::{Kind, Pattern, Think, Value};

/// An option: its name, what it holds, and what it means.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What holds where it is not given.
    pub(crate) default: Option<Value>,
    pub(crate) meaning: &'static str,
}

/// A count that nothing needs to be larger than.
const MANY: u64 = 1_000_000_000;
/// Each request has its sample in memory.
const MOST_REQUESTS: u64 = 100_000_000;
/// Drawn sizes have a table in memory of some √mean entries.
const MOST_MEAN: u64 = 1_000_000;
/// Each client, worker and place in the queue has its own memory.
const MOST_CLIENTS: u64 = 1_000_000;
const MOST_WORKERS: u64 = 4_096;

const fn count(name: &'static str, most: u64, default: Option<u64>, meaning: &'static str) -> Key {
    let default = match default {
        Some(default) => Some(Value::Count(default)),
        None => None,
    };
    let kind = Kind::Count { least: 1, most };
    key(name, kind, default, meaning)
}

const fn key(name: &'static str, kind: Kind, default: Option<Value>, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        default,
        meaning,
    }
}

/// Six is the least number of samples whose median has a 95% order-statistics interval: 1 − 2·2⁻⁶ = 96.9%.
pub(crate) const FEWEST: u64 = 6;

pub(crate) static MIN: Key = count(
    "min",
    MOST_REQUESTS,
    Some(FEWEST),
    "requests at the least, even where the time is over; of a trace none unless it is given",
);
pub(crate) static MAX: Key = count(
    "max",
    MOST_REQUESTS,
    None,
    "requests at the most; without it, as --max-requests says",
);
pub(crate) static DURATION: Key = key(
    "duration",
    Kind::Time,
    None,
    "timed work of a repeat; without it, as --duration says",
);
pub(crate) static SEED: Key = key(
    "seed",
    Kind::Count {
        least: 0,
        most: u64::MAX,
    },
    None,
    "seed of what is drawn, such as arrivals; without it, as --seed says",
);
pub(crate) static DECIDE: Key = key(
    "decide",
    Kind::Percentile,
    None,
    "go on until this percentile of the latency is decided",
);
pub(crate) static LIMIT: Key = key(
    "limit",
    Kind::Time,
    Some(Value::Time(Nanoseconds::from_secs(60))),
    "with decide: timed work of a repeat at the most",
);

pub(crate) static SAMPLES: Key = count(
    "samples",
    MANY,
    None,
    "samples in all, rounded up to whole batches; without it, as many as fit in the duration",
);
pub(crate) static SIZE: Key = count("size", MANY, Some(128), "samples a request carries");
pub(crate) static MEAN: Key = count(
    "mean",
    MOST_MEAN,
    Some(128),
    "samples a request carries on average: each draws its own from a Poisson distribution, at least 1",
);
pub(crate) static STREAMS: Key = count(
    "streams",
    MANY,
    Some(8),
    "streams, each of which puts one sample into every request",
);

pub(crate) static RATE: Key = key(
    "rate",
    Kind::Rate,
    None,
    "requests that are due a second on average; max searches the highest rate that keeps slo",
);
pub(crate) static ARRIVALS: Key = key(
    "arrivals",
    Kind::Pattern,
    Some(Value::Pattern(Pattern::Poisson)),
    "poisson: independent of each other; constant: evenly spaced; bursty: Poisson in phases, with nothing between them",
);
pub(crate) static ON: Key = key(
    "on",
    Kind::Time,
    Some(Value::Time(Nanoseconds::from_millis(100))),
    "with arrivals=bursty: how long a phase with arrivals is; the first is at the start",
);
pub(crate) static OFF: Key = key(
    "off",
    Kind::Time,
    Some(Value::Time(Nanoseconds::from_millis(100))),
    "with arrivals=bursty: how long nothing arrives between two phases; the rate is the mean over both",
);
pub(crate) static TRACE: Key = key(
    "trace",
    Kind::File,
    None,
    "replay the arrivals of this file, a line each in seconds from the start, in place of rate and arrivals",
);
pub(crate) static BUDGET: Key = key(
    "budget",
    Kind::Time,
    Some(Value::Time(Nanoseconds::from_secs(60))),
    "with rate=max: how long the whole search may take",
);
pub(crate) static QUEUE: Key = count(
    "queue",
    MOST_CLIENTS,
    Some(1_024),
    "requests that may wait; one more is rejected, which is a failure",
);

pub(crate) static CLIENTS: Key = count(
    "clients",
    MOST_CLIENTS,
    None,
    "clients, each of which issues a request, waits for it, thinks, and issues the next",
);
pub(crate) static THINK: Key = key(
    "think",
    Kind::Think,
    Some(Value::Think(Think::Constant(Nanoseconds::ZERO))),
    "how long a client thinks before its next request; exp:5ms draws each think time with a mean of 5 ms",
);

pub(crate) static WORKERS: Key = count(
    "workers",
    MOST_WORKERS,
    Some(1),
    "sessions that share the weights and serve requests at the same time, each with the cell's threads",
);
pub(crate) static MAX_BATCH: Key = count(
    "max_batch",
    MANY,
    Some(1),
    "waiting requests that are executed together at the most",
);
pub(crate) static BATCH_DELAY: Key = key(
    "batch_delay",
    Kind::Pause,
    Some(Value::Time(Nanoseconds::ZERO)),
    "with max_batch: how long a request waits for others, from when it was due",
);
pub(crate) static TIMEOUT: Key = key(
    "timeout",
    Kind::Time,
    None,
    "a request that was not begun this long after it was due has failed; without it, it waits",
);
pub(crate) static SLO: Key = key(
    "slo",
    Kind::Objective,
    None,
    "objective for the latency, such as p99<20ms; what is done within its time is goodput",
);
