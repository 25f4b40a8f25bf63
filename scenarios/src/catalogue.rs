//! The scenarios that exist, as data: what each is for, how its requests arrive, and its options.

mod keys;
mod value;

use crate::error::{Near, SpecError};
use crate::suite::nearest;

pub(crate) use keys::*;
pub(crate) use value::{Pattern, Think, Value};

/// A scenario in words, for help and listings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Such as `single-stream`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// As it may be written, with whatever it needs.
    pub example: &'static str,
    /// Each option.
    pub options: Vec<DescribedOption>,
}

/// An option of a scenario in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedOption {
    /// Such as `min`.
    pub name: &'static str,
    /// What holds where it is not given; `None` where nothing does, or the cell's own settings do.
    pub default: Option<String>,
    /// A value that may be given.
    pub example: &'static str,
    /// What it means, with its unit.
    pub meaning: &'static str,
}

/// Every scenario, in the order of the listing.
pub fn describe() -> Vec<Description> {
    ENTRIES.iter().map(Entry::describe).collect()
}

/// The scenario of this name.
///
/// # Errors
/// `Unknown`, with the names that exist and the nearest of them.
pub fn described(name: &str) -> Result<Description, SpecError> {
    find(name, name).map(Entry::describe)
}

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) arrival: Arrival,
    /// The option that sets the batch.
    pub(crate) batch: Option<&'static Key>,
    summary: &'static str,
    example: &'static str,
    /// Options that it has of its own, or shares with one other.
    own: &'static [&'static Key],
    /// Options that say when a repeat ends, and what is drawn.
    ends: &'static [&'static Key],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Arrival {
    ClosedLoop,
    /// A closed loop whose requests draw how many samples they carry.
    RandomBatch,
    Offline,
    Open,
    Clients,
}

/// Of scenarios without latencies.
static BY_TIME: &[&Key] = &[&MIN, &MAX, &DURATION, &SEED];
/// Of scenarios that may go on until a percentile is decided.
static BY_TIME_OR_DECISION: &[&Key] = &[&MIN, &MAX, &DURATION, &SEED, &DECIDE, &LIMIT];

static ENTRIES: &[Entry] = &[
    Entry {
        name: "single-stream",
        arrival: Arrival::ClosedLoop,
        batch: None,
        summary: "closed loop: one request in flight, the next as soon as it is done",
        example: "single-stream",
        own: &[],
        ends: BY_TIME_OR_DECISION,
    },
    Entry {
        name: "fixed-batch",
        arrival: Arrival::ClosedLoop,
        batch: Some(&SIZE),
        summary: "closed loop with a set batch, as Efficiency Pentathlon's",
        example: "fixed-batch:size=128",
        own: &[&SIZE],
        ends: BY_TIME_OR_DECISION,
    },
    Entry {
        name: "random-batch",
        arrival: Arrival::RandomBatch,
        batch: Some(&MEAN),
        summary: "closed loop in which each request draws its batch, as Efficiency Pentathlon's",
        example: "random-batch:mean=128",
        own: &[&MEAN],
        ends: BY_TIME_OR_DECISION,
    },
    Entry {
        name: "multi-stream",
        arrival: Arrival::ClosedLoop,
        batch: Some(&STREAMS),
        summary: "closed loop in which each request carries one sample of every stream, as MLPerf's",
        example: "multi-stream:streams=8",
        own: &[&STREAMS],
        ends: BY_TIME_OR_DECISION,
    },
    Entry {
        name: "offline",
        arrival: Arrival::Offline,
        batch: None,
        summary: "all samples available at the start, as fast as possible: throughput only",
        example: "offline:samples=512",
        own: &[&SAMPLES],
        ends: BY_TIME,
    },
    Entry {
        name: "server",
        arrival: Arrival::Open,
        batch: None,
        summary: "open loop: requests are due at times of their own, however long those before them take",
        example: "server:rate=1000,slo=p99<20ms",
        own: &[
            &RATE,
            &ARRIVALS,
            &ON,
            &OFF,
            &TRACE,
            &SLO,
            &BUDGET,
            &WORKERS,
            &MAX_BATCH,
            &BATCH_DELAY,
            &QUEUE,
            &TIMEOUT,
        ],
        ends: BY_TIME_OR_DECISION,
    },
    Entry {
        name: "closed",
        arrival: Arrival::Clients,
        batch: None,
        summary: "closed loop of many clients, each of which thinks between its requests",
        example: "closed:clients=4,think=exp:5ms",
        own: &[
            &CLIENTS,
            &THINK,
            &SLO,
            &WORKERS,
            &MAX_BATCH,
            &BATCH_DELAY,
            &TIMEOUT,
        ],
        ends: BY_TIME_OR_DECISION,
    },
];

/// The scenario that `name`, of `text`, names.
pub(crate) fn find(text: &str, name: &str) -> Result<&'static Entry, SpecError> {
    let names: Vec<&'static str> = ENTRIES.iter().map(|entry| entry.name).collect();
    let found = ENTRIES.iter().find(|entry| entry.name == name);
    found.ok_or_else(|| SpecError::Unknown {
        text: text.to_owned(),
        known: names.join(", "),
        near: Near::of(name, &names),
    })
}

impl Near {
    fn of(word: &str, known: &[&'static str]) -> Self {
        Self(nearest(word, known).filter(|_| !word.is_empty()))
    }
}

impl Entry {
    fn keys(&self) -> impl Iterator<Item = &'static Key> {
        self.own.iter().chain(self.ends).copied()
    }

    /// The option that `part` of `text` gives, with its value.
    pub(crate) fn option(
        &self,
        text: &str,
        part: &str,
    ) -> Result<(&'static Key, Value), SpecError> {
        let (name, value) = part
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| SpecError::Option {
                text: text.to_owned(),
                option: part.to_owned(),
            })?;
        let key = self.keys().find(|key| key.name == name);
        let key = key.ok_or_else(|| self.unknown(text, name))?;
        let read = key.kind.read(value).ok_or_else(|| SpecError::Value {
            text: text.to_owned(),
            key: key.name,
            value: value.to_owned(),
            expected: key.kind.expected(),
        })?;
        Ok((key, read))
    }

    fn unknown(&self, text: &str, key: &str) -> SpecError {
        let known: Vec<&'static str> = self.keys().map(|key| key.name).collect();
        SpecError::Key {
            text: text.to_owned(),
            key: key.to_owned(),
            scenario: self.name,
            known: known.join(", "),
            near: Near::of(key, &known),
        }
    }

    fn describe(&self) -> Description {
        let option = |key: &'static Key| DescribedOption {
            name: key.name,
            default: key.default.as_ref().map(ToString::to_string),
            example: key.kind.example(),
            meaning: key.meaning,
        };
        Description {
            name: self.name,
            summary: self.summary,
            example: self.example,
            options: self.keys().map(option).collect(),
        }
    }
}
