//! The pilot: a short go at each adapter's smallest cell, which decides once a run whether the run delay is read.

use std::collections::BTreeMap;

use tare_units::Nanoseconds;

use crate::plan::Work;

/// Timed requests of a pilot.
pub const PILOT_REQUESTS: u64 = 5;

/// Timed work of a pilot: its requests end it, unless they take longer.
pub const PILOT_DURATION: Nanoseconds = Nanoseconds::from_secs(1);

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
    }
}
