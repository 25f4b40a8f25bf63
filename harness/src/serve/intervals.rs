//! From how many requests on the interval of a percentile holds what it says, where the queue is empty at first.

use tare_results::{Latency, Missing};
use tare_statistics::Percentile as Rank;

/// Time constants of the queue that a repeat must last for, times the root of the share of requests beyond the percentile:
/// the rarer these are, the longer it takes until they are met as often as they come. By simulation of M/M/1 and M/D/1 queues
/// that are empty at first (`tests/coverage.rs`), intervals of fewer requests hold the truth less often than they say.
const CONSTANTS: f64 = 100.0;
/// Requests beyond the percentile at the least, however low the load is.
const BEYOND: f64 = 20.0;

/// The fewest requests at `load`, the share of the servers' time that they need, whose interval of `percentile` holds that of
/// a queue which has been served for ever; `None` where there is no such queue.
///
/// An M/M/1 queue forgets how it began with the time constant 1/(μ·(1 − √ρ)²) (Morse, "Stochastic properties of waiting
/// lines", 1955), in which ρ/(1 − √ρ)² requests arrive; with a constant service time it is shorter.
pub fn fewest(percentile: Rank, load: f64) -> Option<u64> {
    if !(0.0..1.0).contains(&load) {
        return None;
    }
    let beyond = 1.0 - percentile.fraction();
    let constant = load / (1.0 - load.sqrt()).powi(2);
    let needed = (CONSTANTS * constant / beyond.sqrt()).max(BEYOND / beyond);
    Some(needed.round() as u64)
}

/// Takes the ends of intervals from `latency` that are of fewer requests at this `load` than [`fewest`] says, and says so in
/// `missing`.
pub fn withhold(latency: &mut Latency, load: f64, missing: &mut Missing) {
    let count = latency.count;
    for (rank, name, percentile) in [
        (Rank::P50, "p50", &mut latency.p50),
        (Rank::P90, "p90", &mut latency.p90),
        (Rank::P95, "p95", &mut latency.p95),
        (Rank::P99, "p99", &mut latency.p99),
        (Rank::P99_9, "p99_9", &mut latency.p99_9),
    ] {
        let needed = fewest(rank, load);
        let is_enough = needed.is_some_and(|needed| count >= needed);
        let Some(percentile) = percentile.as_mut().filter(|_| !is_enough) else {
            continue;
        };
        (percentile.low_ns, percentile.high_ns) = (None, None);
        for end in ["low_ns", "high_ns"] {
            let path = format!("latency.{name}.{end}");
            let reason = || reason(count, load, needed);
            missing.entry(path).or_insert_with(reason);
        }
    }
}

fn reason(count: u64, load: f64, needed: Option<u64>) -> String {
    match needed {
        Some(needed) => format!(
            "the queue was empty at first, and {count} requests that need {:.0}% of the workers' time do not tell how long it \
             becomes: {needed} would; raise --duration, or lower the rate",
            100.0 * load
        ),
        None => format!(
            "the queue was empty at first, and {count} requests that need all of the workers' time or more make it longer the \
             more they are; lower the rate"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::built;

    #[test]
    fn the_nearer_the_load_is_to_one_and_the_rarer_what_is_beyond_the_more_requests_are_needed() {
        let near = |rank, load, expected: f64| {
            let found = fewest(rank, load).expect("a queue") as f64;
            assert!((found / expected - 1.0).abs() < 0.01, "{load}: {found}");
        };
        near(Rank::P50, 0.25, 141.0);
        near(Rank::P90, 0.25, 316.0);
        near(Rank::P90, 0.5, 1_843.0);
        near(Rank::P99, 0.81, 81_000.0);
        for (rank, least) in [(Rank::P50, 40.0), (Rank::P90, 200.0), (Rank::P99, 2_000.0)] {
            near(rank, 0.01, least);
        }
        for load in [1.0, 1.3, f64::NAN, -0.1, f64::INFINITY] {
            assert_eq!(fewest(Rank::P50, load), None, "{load}");
        }
    }

    /// Whether median and p90 of so many requests have their intervals, and why not.
    fn left(count: u64, load: f64) -> [(bool, Option<String>); 2] {
        let (mut latency, mut missing) = (built::latency(2e6), Missing::new());
        latency.count = count;
        withhold(&mut latency, load, &mut missing);
        assert!(!missing.contains_key("latency.p99.low_ns"), "there is none");
        [("p50", latency.p50), ("p90", latency.p90)].map(|(name, percentile)| {
            let percentile = percentile.expect("a value");
            assert_eq!(percentile.low_ns.is_some(), percentile.high_ns.is_some());
            let reason = missing.remove(&format!("latency.{name}.high_ns"));
            (percentile.low_ns.is_some(), reason)
        })
    }

    #[test]
    fn an_interval_of_too_few_requests_at_its_load_is_withheld_with_how_many_would_do() {
        let [p50, p90] = left(500, 0.01);
        assert_eq!((p50, p90), ((true, None), (true, None)));
        let [p50, p90] = left(500, 0.4);
        assert_eq!(p50, (true, None));
        let needed = fewest(Rank::P90, 0.4).expect("a queue");
        let reason = p90.1.expect("a reason");
        assert!(!p90.0 && reason.contains("500 requests that need 40%"));
        assert!(reason.contains(&format!("{needed} would")), "{reason}");
        for load in [1.2, f64::NAN] {
            for (is_there, reason) in left(500, load) {
                assert!(!is_there && reason.is_some_and(|why| why.contains("lower the rate")));
            }
        }
    }
}
