//! Whether as many threads execute as were asked for, read from the kernel's account of each thread's time.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use tare_adapter_api::{Adapter, LoadRequest, Session};

use crate::small::{Small, counting};

const SIZE: usize = 256;
const WARM: usize = 20;
const REQUESTS: usize = 200;

/// Other processes may keep a pool's threads from a processor for a whole round: too few are counted again.
const ROUNDS: usize = 10;

/// The share of all time that makes a thread one that executes.
const SHARE: f64 = 0.02;

/// Counts the threads of this process that execute `threads`-threaded requests; nothing else may run in it meanwhile.
///
/// # Errors
/// Where a round counts more, or every one of several rounds counts fewer, or the adapter fails; Linux only.
pub fn threads(adapter: &dyn Adapter, threads: NonZeroUsize) -> Result<(), String> {
    let model = Small::products(SIZE)?;
    let inputs = vec![counting(&[SIZE, SIZE], 0.0)?];
    let request = LoadRequest {
        threads,
        ..model.request(&inputs)
    };
    let loaded = adapter.load(&request).map_err(|error| error.to_string())?;
    let mut session = loaded.session().map_err(|error| error.to_string())?;
    let mut executing = Err("the body did not run".to_owned());
    session.enter(&mut |session| {
        executing = repeat(session, &inputs, WARM)
            .and_then(|()| until_enough(threads.get(), || round(session, &inputs)));
    });
    match executing? {
        count if count == threads.get() => Ok(()),
        count => Err(format!(
            "{count} threads execute where {threads} were asked for"
        )),
    }
}

fn round(session: &mut dyn Session, inputs: &[tare_adapter_api::Tensor]) -> Result<usize, String> {
    let before = times()?;
    repeat(session, inputs, REQUESTS)?;
    Ok(busy(&before, &times()?))
}

/// The first count of `round` that is not below `wanted`, or the last.
fn until_enough(
    wanted: usize,
    mut round: impl FnMut() -> Result<usize, String>,
) -> Result<usize, String> {
    let mut count = round()?;
    for _ in 1..ROUNDS {
        if count >= wanted {
            break;
        }
        count = round()?;
    }
    Ok(count)
}

fn repeat(
    session: &mut dyn Session,
    inputs: &[tare_adapter_api::Tensor],
    count: usize,
) -> Result<(), String> {
    (0..count).try_for_each(|_| session.run(inputs).map_err(|error| error.to_string()))
}

/// Nanoseconds on a processor of each thread of this process (proc(5), `schedstat`, first field).
fn times() -> Result<BTreeMap<String, u64>, String> {
    let tasks = std::fs::read_dir("/proc/self/task").map_err(|error| error.to_string())?;
    let mut times = BTreeMap::new();
    for task in tasks.flatten() {
        let account = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        if let Some(time) = account
            .split_whitespace()
            .next()
            .and_then(|field| field.parse().ok())
        {
            times.insert(task.file_name().to_string_lossy().into_owned(), time);
        }
    }
    if times.is_empty() {
        return Err("the kernel keeps no account of threads' time (schedstat)".to_owned());
    }
    Ok(times)
}

fn busy(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> usize {
    let spent: Vec<u64> = after
        .iter()
        .map(|(thread, time)| time.saturating_sub(before.get(thread).copied().unwrap_or(0)))
        .collect();
    let all: u64 = spent.iter().sum();
    let enough = all as f64 * SHARE;
    spent.iter().filter(|time| **time as f64 > enough).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(times: &[(&str, u64)]) -> BTreeMap<String, u64> {
        times
            .iter()
            .map(|(thread, time)| ((*thread).to_owned(), *time))
            .collect()
    }

    #[test]
    fn threads_count_that_spend_more_than_a_trace() {
        let before = account(&[("1", 100), ("2", 500)]);
        let after = account(&[("1", 1100), ("2", 510), ("3", 900)]);
        assert_eq!(busy(&before, &after), 2);
        assert_eq!(busy(&after, &after), 0);
    }

    #[test]
    fn a_starved_round_is_counted_again_and_one_of_too_many_is_not() {
        let counted = |rounds: &[usize]| {
            let mut left = rounds.iter().copied();
            let count = until_enough(2, || left.next().ok_or_else(|| "no round left".to_owned()));
            (count, left.len())
        };
        assert_eq!(counted(&[1, 2, 3]), (Ok(2), 1));
        assert_eq!(counted(&[3, 2]), (Ok(3), 1));
        assert_eq!(counted(&[1; ROUNDS]), (Ok(1), 0));
    }

    #[test]
    fn this_process_has_an_account() {
        assert!(!times().expect("Linux").is_empty());
    }
}
