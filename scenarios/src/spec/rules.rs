//! Which options of a scenario go together.

use std::collections::BTreeMap;

use crate::catalogue::{self, Arrival, Entry, Key, Pattern, Value};
use crate::error::SpecError;

/// Pairs that say the same thing twice.
static EXCLUSIVE: &[(&Key, &Key)] = &[
    (&catalogue::MIN, &catalogue::SAMPLES),
    (&catalogue::MAX, &catalogue::SAMPLES),
    (&catalogue::DURATION, &catalogue::SAMPLES),
    (&catalogue::RATE, &catalogue::TRACE),
    (&catalogue::ARRIVALS, &catalogue::TRACE),
    (&catalogue::DECIDE, &catalogue::DURATION),
];

/// An option that means nothing unless what follows holds, and how that is written.
type Need = (&'static Key, fn(&Options) -> bool, &'static str);

type Options = BTreeMap<&'static str, Value>;

static NEEDS: &[Need] = &[
    (
        &catalogue::LIMIT,
        |given| has(given, &catalogue::DECIDE),
        "decide",
    ),
    (&catalogue::ON, is_bursty, "arrivals=bursty"),
    (&catalogue::OFF, is_bursty, "arrivals=bursty"),
    (&catalogue::BUDGET, is_searched, "rate=max"),
    (&catalogue::BATCH_DELAY, batches, "max_batch of 2 or more"),
];

pub(super) fn check(text: &str, entry: &Entry, options: &Options) -> Result<(), SpecError> {
    let both = |pair: &&(&Key, &Key)| has(options, pair.0) && has(options, pair.1);
    if let Some((first, second)) = EXCLUSIVE.iter().find(both) {
        return Err(exclusive(text, first.name, second.name));
    }
    let vain = |need: &&Need| has(options, need.0) && !need.1(options);
    if let Some((key, _, needs)) = NEEDS.iter().find(vain) {
        return Err(SpecError::Needs {
            text: text.to_owned(),
            key: key.name,
            needs,
        });
    }
    if is_searched(options) && has(options, &catalogue::DECIDE) {
        return Err(exclusive(text, "rate=max", catalogue::DECIDE.name));
    }
    if let Some((what, remedy)) = lacking(entry, options) {
        return Err(SpecError::Lacks {
            text: text.to_owned(),
            what,
            remedy,
        });
    }
    has_room_for_a_batch(text, entry, options)?;
    waits_long_enough(text, options)
}

/// No more requests are put together than may wait, or each batch waits in vain for its last ones. The clients of a closed
/// loop are the queue.
fn has_room_for_a_batch(text: &str, entry: &Entry, options: &Options) -> Result<(), SpecError> {
    let count = |key: &Key| {
        let given = options.get(key.name).and_then(Value::count);
        given.or(key.default.as_ref().and_then(Value::count))
    };
    let most_waiting = match entry.arrival {
        Arrival::Open => count(&catalogue::QUEUE),
        Arrival::Clients => count(&catalogue::CLIENTS),
        Arrival::ClosedLoop | Arrival::RandomBatch | Arrival::Offline => None,
    };
    let counts = most_waiting.zip(count(&catalogue::MAX_BATCH));
    let Some((most, max_batch)) = counts.filter(|(most, max_batch)| most < max_batch) else {
        return Ok(());
    };
    let text = text.to_owned();
    Err(match entry.arrival {
        Arrival::Clients => SpecError::FewClients {
            text,
            clients: most,
            max_batch,
        },
        _ => SpecError::SmallQueue {
            text,
            queue: most,
            max_batch,
        },
    })
}

/// Requests do not wait for others until they have failed, or only those of full batches are ever begun.
fn waits_long_enough(text: &str, options: &Options) -> Result<(), SpecError> {
    let time = |key: &Key| options.get(key.name).and_then(Value::time);
    let times = time(&catalogue::BATCH_DELAY).zip(time(&catalogue::TIMEOUT));
    match times.filter(|(delay, timeout)| delay >= timeout) {
        Some((delay, timeout)) => Err(SpecError::LongDelay {
            text: text.to_owned(),
            delay,
            timeout,
        }),
        None => Ok(()),
    }
}

fn exclusive(text: &str, first: &'static str, second: &'static str) -> SpecError {
    SpecError::Exclusive {
        text: text.to_owned(),
        first,
        second,
    }
}

/// What must be said and is not, and what would say it.
fn lacking(entry: &Entry, options: &Options) -> Option<(&'static str, &'static str)> {
    let has = |key| has(options, key);
    match entry.arrival {
        Arrival::Open if !has(&catalogue::RATE) && !has(&catalogue::TRACE) => Some((
            "when requests are due",
            "rate=N in requests a second, trace=FILE, or rate=max with slo",
        )),
        Arrival::Open if is_searched(options) && !has(&catalogue::SLO) => Some((
            "what the highest rate must keep",
            "an objective such as slo=p99<20ms",
        )),
        Arrival::Clients if !has(&catalogue::CLIENTS) => {
            Some(("how many clients there are", "clients=N"))
        }
        _ => None,
    }
}

fn has(options: &Options, key: &Key) -> bool {
    options.contains_key(key.name)
}

fn is_bursty(options: &Options) -> bool {
    options.get(catalogue::ARRIVALS.name) == Some(&Value::Pattern(Pattern::Bursty))
}

fn is_searched(options: &Options) -> bool {
    options.get(catalogue::RATE.name) == Some(&Value::Highest)
}

fn batches(options: &Options) -> bool {
    matches!(options.get(catalogue::MAX_BATCH.name), Some(Value::Count(most)) if *most > 1)
}
