//! Prints cut-offs for looks at signed ranks, so that all looks together err at most as often as is allowed.
//!
//! Under the null each difference lies on either side as likely, whatever its distance, so the ranks of many made-up series are the
//! joint distribution of all looks. `cargo bench -p tare-gate --bench cutoffs -- ERROR SHAPE LOOK…`: look n of the last N takes
//! a share of the error that grows with (n/N)^SHAPE.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use tare_gate::{Design, NullDistribution};

/// Series that are made up; the total error is then known to ±0.01%.
const SERIES: usize = 1_000_000;

fn main() {
    let given = std::env::args().skip(1).filter(|word| word != "--bench");
    let numbers: Vec<f64> = given.filter_map(|word| word.parse().ok()).collect();
    let [error, shape, looks @ ..] = numbers.as_slice() else {
        println!("give ERROR SHAPE LOOK…, such as 0.0095 0 10 16 25 40 64");
        return;
    };
    let looks: Vec<usize> = looks.iter().map(|look| *look as usize).collect();
    let sums = series(&looks);
    let nulls: Vec<NullDistribution> = looks
        .iter()
        .map(|look| NullDistribution::of(Design::Paired, *look))
        .collect();
    let last = looks.last().copied().unwrap_or(1) as f64;
    let cut_offs = |level: f64| -> Vec<Option<u64>> {
        let each = nulls.iter().zip(&looks);
        each.map(|(null, look)| null.cut_off(level * (*look as f64 / last).powf(*shape)))
            .collect()
    };
    let (mut low, mut high) = (0.0, *error);
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if total(&sums, &cut_offs(middle)) <= *error {
            low = middle;
        } else {
            high = middle;
        }
    }
    let found = cut_offs(low);
    for (place, look) in looks.iter().enumerate() {
        let own = found[place].map_or(0.0, |most| nulls[place].at_most(most));
        println!(
            "{look:4} blocks: at most {:?}, alone {:.3}%",
            found[place],
            100.0 * own
        );
    }
    println!("together {:.3}%", 100.0 * total(&sums, &found));
}

fn total(sums: &[Vec<u64>], cut_offs: &[Option<u64>]) -> f64 {
    let errs = |path: &&Vec<u64>| {
        path.iter()
            .zip(cut_offs)
            .any(|(sum, most)| most.is_some_and(|most| *sum <= most))
    };
    sums.iter().filter(errs).count() as f64 / sums.len() as f64
}

/// The sum of ranks on one side at each look.
fn series(looks: &[usize]) -> Vec<Vec<u64>> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let most = looks.last().copied().unwrap_or_default();
    let mut one = || {
        let distances: Vec<u64> = (0..most).map(|_| random.next_u64()).collect();
        let at = |look: &usize| {
            let mut seen = distances[..*look].to_vec();
            seen.sort_unstable();
            let ranks = seen.iter().zip(1_u64..);
            ranks
                .filter(|(distance, _)| **distance & 1 == 1)
                .map(|(_, rank)| rank)
                .sum()
        };
        looks.iter().map(at).collect()
    };
    (0..SERIES).map(|_| one()).collect()
}
