//! Looks at doubling numbers of requests hold the truth together as often as one interval does alone.

mod common;

use common::queue::{sojourns, truth};
use common::{DEVIATION_NS, MEDIAN_NS, Noise};
use tare_statistics::{DECIDED_WITHIN, Decision, Distribution, Looked, Looks, Percentile};
use tare_units::Nanoseconds;

const SERIES: u64 = 400;

/// Looks at a series until `last`; the intervals that were seen.
fn all_looks(samples: &[Nanoseconds], percentile: Percentile) -> Vec<Looked> {
    let mut looks = Looks::new(percentile, 0.0);
    let mut seen = Vec::new();
    while looks.next() <= samples.len() as u64 {
        let part = &samples[..looks.next() as usize];
        // As the last, it tells what it saw; the looks go on all the same.
        if let Decision::NotDecided(looked) = looks.look(part.iter().copied(), true) {
            seen.push(looked);
        }
    }
    seen
}

fn holds(looked: &Looked, truth_ns: f64) -> bool {
    let within = |low: Nanoseconds, high: Nanoseconds| {
        (low.as_nanos() as f64..=high.as_nanos() as f64).contains(&truth_ns)
    };
    looked.estimate.is_ok_and(|one| within(one.low, one.high))
}

fn percent(count: u64) -> f64 {
    100.0 * count as f64 / SERIES as f64
}

#[test]
fn all_looks_together_hold_the_truth_in_95_of_100_series_and_unshared_ones_do_not() {
    for phi in [0.0, 0.6] {
        let (mut shared, mut unshared, mut looks) = (0, 0, 0);
        for seed in 0..SERIES {
            let samples = Noise::new(seed).autoregressive(phi, 16_384);
            let seen = all_looks(&samples, Percentile::P90);
            looks = looks.max(told_count(&seen));
            let told = seen.iter().filter(|looked| looked.estimate.is_ok());
            shared += u64::from(told.clone().all(|looked| holds(looked, P90_NS)));
            let alone = |looked: &Looked| {
                let part = &samples[..looked.count as usize];
                let estimate = Distribution::of(part).percentile(Percentile::P90);
                let estimate = estimate.expect("reported").expect("decided");
                holds(
                    &Looked {
                        estimate: Ok(estimate),
                        ..*looked
                    },
                    P90_NS,
                )
            };
            unshared += u64::from(told.into_iter().all(alone));
        }
        let [shared, unshared] = [shared, unshared].map(percent);
        println!("{looks} looks at {phi}: shared {shared}%, unshared {unshared}%");
        assert!(looks >= 6 && shared >= 94.0, "{phi}: {shared}%");
        assert!(unshared < 90.0, "{phi}: {unshared}%");
    }
}

const P90_NS: f64 = MEDIAN_NS + 1.281_551_565_544_600_4 * DEVIATION_NS;

fn told_count(seen: &[Looked]) -> usize {
    seen.iter().filter(|looked| looked.estimate.is_ok()).count()
}

/// The decision over a series that grows as it is looked at, up to `most`.
fn decided(percentile: Percentile, most: u64, samples: &[Nanoseconds]) -> Decision {
    let mut looks = Looks::new(percentile, 2.0 * DECIDED_WITHIN);
    loop {
        let count = looks.next().min(most);
        let part = &samples[..count as usize];
        match looks.look(part.iter().copied(), count == most) {
            Decision::More { .. } => {}
            done => return done,
        }
    }
}

#[test]
fn the_interval_at_which_looks_end_holds_the_truth_in_a_queue() {
    let truth = truth(0.5, 0.99);
    let (mut held, mut ended) = (0, Vec::new());
    for seed in 0..SERIES {
        let samples = sojourns(&mut Noise::new(seed), 0.5, 200_000);
        let Decision::Decided(looked) = decided(Percentile::P99, 200_000, &samples) else {
            panic!("200,000 requests decide a p99 at half load")
        };
        let estimate = looked.estimate.expect("decided");
        assert!(estimate.relative() <= 2.0 * DECIDED_WITHIN);
        ended.push(looked.count);
        held += u64::from(holds(&looked, truth));
    }
    ended.sort_unstable();
    println!(
        "{}% hold; {} to {}",
        percent(held),
        ended[0],
        ended[ended.len() - 1]
    );
    assert!(percent(held) >= 94.0, "{}%", percent(held));
}

#[test]
fn what_is_not_known_well_enough_at_the_limit_is_not_decided() {
    let samples = sojourns(&mut Noise::new(1), 0.9, 2_000);
    let Decision::NotDecided(looked) = decided(Percentile::P99, 2_000, &samples) else {
        panic!("2,000 requests decide no p99 at this load")
    };
    assert_eq!(looked.count, 2_000);
}
