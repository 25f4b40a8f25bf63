//! What a worker pays to describe its samples, and the timed loop to learn whether it is warm.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use tare_statistics::{Distribution, SteadyState};
use tare_units::Nanoseconds;

fn a_million(slow_runs: u64) -> Vec<Nanoseconds> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let sample = |index: u64| {
        let slow = (index / slow_runs).is_multiple_of(2) && slow_runs > 1;
        Nanoseconds::from_nanos(1_000 + 500 * u64::from(slow) + random.next_u64() % 1_000)
    };
    (0..1_000_000).map(sample).collect()
}

fn distribution(c: &mut Criterion) {
    let mut group = c.benchmark_group("distribution of 1 M samples");
    group.sample_size(10);
    for (name, slow_runs) in [("independent", 1), ("in runs of 10,000", 10_000)] {
        let samples = a_million(slow_runs);
        group.bench_function(name, |b| b.iter(|| Distribution::of(black_box(&samples))));
    }
    group.finish();
}

fn steady(c: &mut Criterion) {
    let drifting = |rule: &mut SteadyState| {
        for request in 0..1_000_000_u64 {
            rule.feed(Nanoseconds::from_nanos(black_box(50 + request / 1_000)));
        }
        rule.warmth()
    };
    c.bench_function("1 M latencies fed to the steady-state rule", |b| {
        b.iter(|| drifting(&mut SteadyState::new()));
    });
}

criterion_group!(benches, distribution, steady);
criterion_main!(benches);
