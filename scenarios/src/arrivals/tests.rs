//! Arrivals have the distribution, the rate and the order that their pattern says, and the same ones for the same seed.

use super::*;

const SECOND: f64 = 1e9;

fn rate(per_s: f64) -> RequestRate {
    RequestRate::from_per_s(per_s).unwrap()
}

fn first(mut arrivals: Arrivals, count: usize) -> Vec<u64> {
    (0..count).map_while(|_| arrivals.next()).collect()
}

fn poisson(per_s: f64, seed: u64, count: usize) -> Vec<u64> {
    first(Arrivals::poisson(rate(per_s), Seed::new(seed, 0)), count)
}

fn gaps(times: &[u64]) -> Vec<f64> {
    let before = std::iter::once(0).chain(times.iter().copied());
    let gaps = before
        .zip(times)
        .map(|(before, time)| (time - before) as f64);
    gaps.collect()
}

/// The largest distance between the distribution of `values` and `distribution` (Kolmogorov 1933).
fn distance(mut values: Vec<f64>, distribution: impl Fn(f64) -> f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let count = values.len() as f64;
    let apart = values.iter().enumerate().map(|(place, value)| {
        let expected = distribution(*value);
        let (below, above) = (place as f64 / count, (place + 1) as f64 / count);
        (expected - below).abs().max((above - expected).abs())
    });
    apart.fold(0.0, f64::max)
}

/// Of `count` values that do have the distribution, one set in a thousand is further from it (Smirnov 1948).
fn critical(count: usize) -> f64 {
    1.949 / (count as f64).sqrt()
}

#[test]
fn gaps_between_poisson_arrivals_are_exponential_and_independent() {
    for seed in 0..20 {
        for per_s in [0.5, 1_000.0, 200_000.0] {
            let count = 20_000;
            let gaps = gaps(&poisson(per_s, seed, count));
            let mean = SECOND / per_s;
            let apart = distance(gaps.clone(), |gap| 1.0 - (-gap / mean).exp());
            assert!(apart < critical(count), "{per_s} {seed}: {apart}");
            let off = |pair: &[f64]| (pair[0] - mean) * (pair[1] - mean);
            let correlation = gaps.windows(2).map(off).sum::<f64>() / (mean * mean * count as f64);
            assert!(
                correlation.abs() < 4.0 / (count as f64).sqrt(),
                "{per_s} {seed}: {correlation}"
            );
        }
    }
}

#[test]
fn the_test_of_distribution_finds_what_is_not_exponential() {
    let count = 20_000;
    let even = vec![1.0; count];
    assert!(distance(even, |gap| 1.0 - f64::exp(-gap)) > critical(count));
    let slower = gaps(&poisson(1_000.0, 1, count));
    let apart = distance(slower, |gap| 1.0 - (-gap / (SECOND / 1_050.0)).exp());
    assert!(
        apart > critical(count),
        "five percent in the rate are seen: {apart}"
    );
}

#[test]
fn poisson_counts_within_a_time_have_their_mean_as_variance() {
    let (seconds, per_s) = (2_000, 50.0);
    let times = poisson(per_s, 3, 120_000);
    let mut counts = vec![0.0; seconds];
    for time in &times {
        if let Some(count) = counts.get_mut((*time as f64 / SECOND) as usize) {
            *count += 1.0;
        }
    }
    let mean = counts.iter().sum::<f64>() / seconds as f64;
    let variance = counts
        .iter()
        .map(|count| (count - mean).powi(2))
        .sum::<f64>()
        / seconds as f64;
    assert!(
        (mean - per_s).abs() < 4.0 * (per_s / seconds as f64).sqrt(),
        "{mean}"
    );
    assert!(
        (variance / mean - 1.0).abs() < 4.0 * (2.0 / seconds as f64).sqrt(),
        "{variance}"
    );
}

#[test]
fn constant_arrivals_stand_at_their_exact_times() {
    let thirds = first(Arrivals::constant(rate(3.0)), 4);
    assert_eq!(thirds, [0, 333_333_333, 666_666_666, 1_000_000_000]);
    let slow = first(Arrivals::constant(rate(0.000_001)), 2);
    assert_eq!(slow, [0, 1_000_000_000_000_000]);
    let times = first(Arrivals::constant(rate(7.3)), 730_001);
    assert_eq!(
        times[730_000],
        100_000 * 1_000_000_000,
        "no error adds up in a day"
    );
    let fast = first(Arrivals::constant(rate(1e9)), 5);
    assert_eq!(fast, [0, 1, 2, 3, 4]);
}

#[test]
fn bursts_lie_in_their_phases_with_the_rate_as_their_mean() {
    for (on_ms, off_ms, per_s) in [(100, 100, 1_000.0), (10, 90, 2_000.0), (500, 1, 100.0)] {
        let (on, off) = (
            Nanoseconds::from_millis(on_ms),
            Nanoseconds::from_millis(off_ms),
        );
        let bursty = Arrivals::bursty(rate(per_s), on, off, Seed::new(4, 0));
        let times = first(bursty, 100_000);
        let cycle = on.as_nanos() + off.as_nanos();
        assert!(times.is_sorted());
        assert!(times.iter().all(|time| time % cycle < on.as_nanos()));
        let cycles = times[times.len() - 1] / cycle;
        let within = times.iter().filter(|time| **time < cycles * cycle).count() as f64;
        let mean = within / (cycles as f64 * cycle as f64 / SECOND);
        assert!(
            (mean / per_s - 1.0).abs() < 4.0 / within.sqrt(),
            "{on_ms}/{off_ms}: {mean}"
        );
        let busy: Vec<u64> = times
            .iter()
            .map(|time| time - time / cycle * off.as_nanos())
            .collect();
        let gap = SECOND / per_s * on.as_nanos() as f64 / cycle as f64;
        let apart = distance(gaps(&busy), |between| 1.0 - (-between / gap).exp());
        assert!(
            apart < critical(times.len()),
            "exponential within the phases: {apart}"
        );
    }
}

#[test]
fn a_trace_is_replayed_as_it_is_and_then_ends() {
    let trace = Trace::parse("0.5\n0.5\n2\n", "a.txt").unwrap();
    let mut replayed = Arrivals::replayed(&trace);
    let times: Vec<Option<u64>> = (0..4).map(|_| replayed.next()).collect();
    assert_eq!(
        times,
        [
            Some(500_000_000),
            Some(500_000_000),
            Some(2_000_000_000),
            None
        ]
    );
}

#[test]
fn the_same_seed_gives_the_same_times_and_another_one_others() {
    assert_eq!(poisson(1_000.0, 8, 1_000), poisson(1_000.0, 8, 1_000));
    assert_ne!(poisson(1_000.0, 8, 10), poisson(1_000.0, 9, 10));
    let repeat = |repeat| first(Arrivals::poisson(rate(1_000.0), Seed::new(8, repeat)), 10);
    assert_ne!(repeat(0), repeat(1));
}

#[test]
fn the_times_of_a_seed_stay_for_ever() {
    // As an implementation of its own of the same generator and logarithm gives them.
    let expected = [
        2_041_732, 2_817_112, 3_232_695, 3_548_614, 5_077_372, 5_714_909,
    ];
    assert_eq!(poisson(1_000.0, 0, 6), expected);
}
