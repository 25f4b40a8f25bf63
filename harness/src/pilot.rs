//! The pilot: a short go at each adapter's smallest cell, which decides once a run whether the run delay is read.

use std::collections::BTreeMap;

use tare_units::Nanoseconds;

use crate::plan::Work;

/// Timed requests of a pilot.
pub const PILOT_REQUESTS: u64 = 5;

/// Timed work of a pilot: its requests end it, unless they take longer.
pub const PILOT_DURATION: Nanoseconds = Nanoseconds::from_secs(1);

/// What a pilot gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pilot {
    /// The shortest latency of its requests, without what reading how long its threads waited took of it, or why there is none.
    pub shortest: Result<Nanoseconds, String>,
    /// Whether how long all threads of its process wait can be read at little cost, or why it is not.
    pub waiting: Result<(), String>,
    /// From its worker's start to its end.
    pub took: Nanoseconds,
}

/// Two readings may take this share of the fastest cell at the most.
const AFFORDABLE_SHARE: f64 = 0.01;

/// Of each adapter's single-threaded cells the one with the least arithmetic, by its place in the plan.
pub fn smallest_cells(cells: &[Work]) -> Vec<usize> {
    let mut smallest: BTreeMap<String, usize> = BTreeMap::new();
    for (place, work) in cells.iter().enumerate() {
        if work.planned.cell.threads != 1 {
            continue;
        }
        let key = work.planned.cell.adapter_spec();
        let best = smallest.entry(key).or_insert(place);
        if work.planned.model.flops < cells[*best].planned.model.flops {
            *best = place;
        }
    }
    smallest.into_values().collect()
}

/// The shorter of what the pilots gave so far; why one gave nothing counts only where none gave a time.
pub fn faster(
    known: Result<Nanoseconds, String>,
    new: Result<Nanoseconds, String>,
) -> Result<Nanoseconds, String> {
    match (known, new) {
        (Ok(known), Ok(new)) => Ok(known.min(new)),
        (Ok(time), Err(_)) | (Err(_), Ok(time)) => Ok(time),
        (Err(_), Err(reason)) => Err(reason),
    }
}

/// Whether the run delay is read where a reading takes `reading_ns` and the pilots gave `fastest`, or why it is not.
pub fn decide(reading_ns: f64, fastest: Result<Nanoseconds, String>) -> Result<(), String> {
    match fastest {
        Ok(fastest) if affordable(reading_ns, fastest) => Ok(()),
        Ok(_) => {
            Err("reading the run delay would cost over 1% of the run's fastest cell".to_owned())
        }
        Err(reason) => Err(format!(
            "it is not known what reading the run delay would cost, as no pilot gave a time: {reason}"
        )),
    }
}

/// `latency` without the two readings within it that take `reading_ns` each.
pub fn without_readings(latency: Nanoseconds, reading_ns: f64) -> Nanoseconds {
    latency.saturating_sub(Nanoseconds::from_nanos_f64(2.0 * reading_ns))
}

/// Whether two readings that take `reading_ns` each cost under 1% of a request that takes `fastest`.
pub fn affordable(reading_ns: f64, fastest: Nanoseconds) -> bool {
    2.0 * reading_ns < AFFORDABLE_SHARE * fastest.as_nanos() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_readings_may_take_a_hundredth() {
        assert!(affordable(800.0, Nanoseconds::from_micros(161)));
        assert!(!affordable(800.0, Nanoseconds::from_micros(160)));
        let read = Nanoseconds::from_nanos(10_000);
        let unread = Nanoseconds::from_nanos(8_400);
        assert_eq!(without_readings(read, 800.0), unread);
    }

    #[test]
    fn what_the_pilot_did_not_measure_is_not_called_too_dear() {
        let time = |micros| Ok(Nanoseconds::from_micros(micros));
        let failed = || Err("killed by signal 11".to_owned());
        assert_eq!(decide(800.0, faster(time(200), failed())), Ok(()));
        let dear = decide(800.0, faster(faster(failed(), time(200)), time(100)));
        assert!(dear.expect_err("too dear").contains("over 1%"));
        let unknown = decide(800.0, faster(failed(), failed())).expect_err("not known");
        assert!(
            !unknown.contains("over 1%") && unknown.contains("signal 11"),
            "{unknown}"
        );
    }
}
