//! The scenarios that exist, as data: what each is for, how its requests arrive, and its options.

use std::collections::BTreeMap;

use crate::error::SpecError;

/// A scenario in words, for help and listings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Such as `single-stream`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Each option as `key=default` (or the key alone where it has no default) and what it means.
    pub options: Vec<(String, &'static str)>,
}

/// Every scenario, in the order of the listing.
pub fn describe() -> Vec<Description> {
    ENTRIES.iter().map(Entry::describe).collect()
}

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) arrival: Arrival,
    /// The option that sets the batch.
    pub(crate) batch: Option<&'static Key>,
    summary: &'static str,
    keys: &'static [&'static Key],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Arrival {
    ClosedLoop,
    Offline,
}

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// The value where the option is not given; 0 where it then has none.
    pub(crate) default: u64,
    meaning: &'static str,
}

/// Six is the least number of samples whose median has a 95% order-statistics interval: 1 − 2·2⁻⁶ = 96.9%.
pub(crate) const MIN: Key = Key {
    name: "min",
    default: 6,
    meaning: "requests at the least, even where the time is over",
};

pub(crate) const SAMPLES: Key = Key {
    name: "samples",
    default: 0,
    meaning: "samples in all, rounded up to whole batches; without it, as many as fit in the duration",
};

const SIZE: Key = Key {
    name: "size",
    default: 128,
    meaning: "samples a request carries",
};

const STREAMS: Key = Key {
    name: "streams",
    default: 8,
    meaning: "streams, each of which puts one sample into every request",
};

const MAX_VALUE: u64 = 1_000_000_000;

const ENTRIES: &[Entry] = &[
    Entry {
        name: "single-stream",
        arrival: Arrival::ClosedLoop,
        batch: None,
        summary: "closed loop: one request in flight, the next as soon as it is done",
        keys: &[&MIN],
    },
    Entry {
        name: "fixed-batch",
        arrival: Arrival::ClosedLoop,
        batch: Some(&SIZE),
        summary: "closed loop with a set batch, as Efficiency Pentathlon's",
        keys: &[&MIN, &SIZE],
    },
    Entry {
        name: "multi-stream",
        arrival: Arrival::ClosedLoop,
        batch: Some(&STREAMS),
        summary: "closed loop in which each request carries one sample of every stream, as MLPerf's",
        keys: &[&MIN, &STREAMS],
    },
    Entry {
        name: "offline",
        arrival: Arrival::Offline,
        batch: None,
        summary: "all samples available at the start, as fast as possible: throughput only",
        keys: &[&MIN, &SAMPLES],
    },
];

pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

pub(crate) fn names() -> String {
    let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
    names.join(", ")
}

impl Entry {
    /// The option that `part` of `text` gives, with its value.
    pub(crate) fn option(&self, text: &str, part: &str) -> Result<(&'static Key, u64), SpecError> {
        let (name, value) = part
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| SpecError::Option {
                text: text.to_owned(),
                option: part.to_owned(),
            })?;
        let key = self.keys.iter().find(|key| key.name == name);
        let key = *key.ok_or_else(|| self.unknown(text, name))?;
        let number = value.parse().ok();
        let number = number.filter(|number| (1..=MAX_VALUE).contains(number));
        let number = number.ok_or_else(|| SpecError::Value {
            text: text.to_owned(),
            key: key.name,
            value: value.to_owned(),
            max: MAX_VALUE,
        })?;
        Ok((key, number))
    }

    /// Refuses `min` beside `samples`, which is exact.
    pub(crate) fn compatible(
        &self,
        text: &str,
        options: &BTreeMap<&'static str, u64>,
    ) -> Result<(), SpecError> {
        if options.contains_key(MIN.name) && options.contains_key(SAMPLES.name) {
            return Err(SpecError::Exclusive {
                text: text.to_owned(),
                first: MIN.name,
                second: SAMPLES.name,
            });
        }
        Ok(())
    }

    fn unknown(&self, text: &str, key: &str) -> SpecError {
        let known: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        SpecError::Key {
            text: text.to_owned(),
            key: key.to_owned(),
            scenario: self.name,
            known: known.join(", "),
        }
    }

    fn describe(&self) -> Description {
        let option = |key: &&'static Key| {
            let written = match key.default {
                0 => key.name.to_owned(),
                default => format!("{}={default}", key.name),
            };
            (written, key.meaning)
        };
        Description {
            name: self.name,
            summary: self.summary,
            options: self.keys.iter().map(option).collect(),
        }
    }
}
