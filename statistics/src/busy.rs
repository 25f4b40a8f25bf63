//! How long something was busy, where its pieces of work may overlap.

use tare_units::Nanoseconds;

/// The length of the union of `intervals`, each from its start to its end; one that ends before it starts counts nothing.
pub fn busy_time(intervals: &[(Nanoseconds, Nanoseconds)]) -> Nanoseconds {
    let mut sorted = intervals.to_vec();
    sorted.sort_unstable();
    let (mut busy, mut until) = (Nanoseconds::ZERO, Nanoseconds::ZERO);
    for (start, end) in sorted {
        busy = busy + end.saturating_sub(start.max(until));
        until = until.max(end);
    }
    busy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(intervals: &[(u64, u64)]) -> u64 {
        let ns = Nanoseconds::from_nanos;
        let intervals: Vec<_> = intervals
            .iter()
            .map(|(start, end)| (ns(*start), ns(*end)))
            .collect();
        busy_time(&intervals).as_nanos()
    }

    #[test]
    fn what_overlaps_counts_once_and_gaps_do_not_count() {
        assert_eq!(busy(&[(10, 20), (15, 30), (40, 50)]), 30);
        assert_eq!(busy(&[(10, 20), (20, 30)]), 20);
    }

    #[test]
    fn order_does_not_matter_and_what_lies_within_another_adds_nothing() {
        assert_eq!(busy(&[(40, 50), (12, 14), (10, 20)]), 20);
        assert_eq!(busy(&[(10, 20), (10, 20)]), 10);
    }

    #[test]
    fn nothing_and_what_runs_backwards_are_no_time() {
        assert_eq!(busy(&[]), 0);
        assert_eq!(busy(&[(20, 10)]), 0);
    }
}
